package dev.kith.doors.idios;

import dev.kith.doors.http.Answer;
import dev.kith.doors.http.HttpRequest;
import dev.kith.images.Images;
import dev.kith.images.Images.Entry;
import dev.kith.service.Caller;
import dev.kith.vectors.Value;
import java.io.IOException;
import java.io.OutputStream;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Future;

/**
 * Writes entries with their vectors, as many as are asked for in a memory that is bounded: a batch is read while those
 * before it are being written as text, on other threads, and sent in order.
 */
final class Dump {
    /** Entries of the first batch; what they weigh says how many the next may have. */
    private static final int FIRST_ENTRIES = 16;

    private static final int BATCH_ENTRIES_MAX = 256;
    /** Text of a batch. */
    private static final int BATCH_BYTES = 2 << 20;
    /** Batches that are being made into text or wait to be sent. */
    private static final int WINDOW = 3;
    /** Room that a dump takes: its batches as text, twice since they grow, and as entries. */
    private static final long ROOM_BYTES = 3L * WINDOW * BATCH_BYTES;

    private final Images images;
    private final Models models;
    private final ExecutorService workers;

    Dump(Images images, Models models, ExecutorService workers) {
        this.images = images;
        this.models = models;
        this.workers = workers;
    }

    /** Entries one after the other; used by its request's thread. */
    interface Source {
        /** At most so many more; none at the end. */
        List<Entry> next(int count);
    }

    /** Entries after a cursor, at most so many. */
    interface Reader {
        List<Entry> read(String cursor, int count);
    }

    /** One page, as the original has it. */
    Answer page(HttpRequest request) {
        Page page = Page.read(request, models);
        return answer(request, pages(request, page.model(), page.cursor()), page.limit());
    }

    /** All entries after {@code cursor}, or all there are, as one array. */
    Answer all(HttpRequest request) {
        Checks checks = new Checks();
        String model = models.of(request, checks);
        checks.finish();
        String cursor = request.query().getOrDefault("cursor", "");
        return answer(request, pages(request, model, cursor), Long.MAX_VALUE)
                .with("Content-Disposition", "attachment; filename=\"dump.json\"");
    }

    private Source pages(HttpRequest request, String model, String cursor) {
        Caller caller = Lists.caller(request);
        return pages((after, count) -> images.entries(caller, model, after, count), cursor);
    }

    /** All that a reader has after a cursor. */
    static Source pages(Reader reader, String cursor) {
        return new Source() {
            private String after = cursor;
            private boolean ended;

            @Override
            public List<Entry> next(int count) {
                List<Entry> entries = ended ? List.of() : reader.read(after, count);
                ended = entries.size() < count;
                after = entries.isEmpty() ? after : entries.getLast().url();
                return entries;
            }
        };
    }

    /** The first entries are read before anything is sent, so that what is refused has its own status. */
    Answer answer(HttpRequest request, Source source, long limit) {
        request.payload().lease().take(ROOM_BYTES);
        Run run = new Run(source, limit);
        List<Entry> first = run.next();
        return Answer.stream(Answer.JSON, out -> run.write(first, out));
    }

    /** One dump; used by its request's thread. */
    private final class Run {
        private final Source source;
        private long left;
        private int batchEntries = FIRST_ENTRIES;

        Run(Source source, long limit) {
            this.source = source;
            this.left = limit;
        }

        private List<Entry> next() {
            int count = (int) Math.min(left, batchEntries);
            List<Entry> entries = count == 0 ? List.of() : source.next(count);
            left -= entries.size();
            return entries;
        }

        private void write(List<Entry> first, OutputStream out) throws IOException {
            out.write('[');
            Deque<Future<byte[]>> window = new ArrayDeque<>();
            boolean begun = false;
            for (List<Entry> entries = first; !entries.isEmpty(); ) {
                if (!begun) {
                    byte[] text = text(entries, true);
                    batchEntries = Math.clamp((long) BATCH_BYTES * entries.size() / text.length, 1, BATCH_ENTRIES_MAX);
                    out.write(text);
                    begun = true;
                } else {
                    List<Entry> batch = entries;
                    window.add(workers.submit(() -> text(batch, false)));
                }
                if (window.size() == WINDOW) {
                    out.write(done(window.remove()));
                }
                entries = next();
            }
            while (!window.isEmpty()) {
                out.write(done(window.remove()));
            }
            out.write(']');
        }
    }

    private static byte[] done(Future<byte[]> text) throws IOException {
        try {
            return text.get();
        } catch (InterruptedException stopped) {
            Thread.currentThread().interrupt();
            throw new IOException("The server stops", stopped);
        } catch (ExecutionException fault) {
            throw new IllegalStateException("Entries could not be written", fault);
        }
    }

    private static byte[] text(List<Entry> entries, boolean first) {
        JsonOut out = new JsonOut(BATCH_BYTES);
        for (int i = 0; i < entries.size(); i++) {
            if (i > 0 || !first) {
                out.raw(',');
            }
            write(out, entries.get(i));
        }
        return out.bytes();
    }

    static JsonOut write(JsonOut out, Entry entry) {
        out.raw("{\"url\":").text(entry.url()).raw(",\"metadata\":");
        out.value(entry.metadata().<Value>map(fields -> fields).orElse(Value.NULL));
        return out.raw(",\"embedding\":").vector(entry.vector()).raw('}');
    }
}
