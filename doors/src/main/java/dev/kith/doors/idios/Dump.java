package dev.kith.doors.idios;

import dev.kith.doors.http.Answer;
import dev.kith.doors.http.HttpRefusal;
import dev.kith.doors.http.HttpRequest;
import dev.kith.doors.http.Lease;
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
    /** Entries of the first batch; what each batch weighs says how many the next may have. */
    private static final int FIRST_ENTRIES = 16;
    /** So that a first heavy batch after light ones, which is in memory before it is weighed, is not much. */
    private static final int BATCH_ENTRIES_MAX = 128;
    /** Text of a batch; one that has more takes more room. */
    private static final int BATCH_BYTES = 2 << 20;
    /** Batches that are being made into text or wait to be sent. */
    private static final int WINDOW = 3;
    /** Memory of a batch, over the bytes of its text: that, what it was copied from, and its entries. */
    private static final int COPIES = 3;
    /** Room that a dump takes. */
    private static final long ROOM_BYTES = (long) COPIES * WINDOW * BATCH_BYTES;
    /** Most characters of a component and its comma, and usual ones of an entry besides what it has. */
    private static final int COMPONENT_CHARS = 25;

    private static final int ENTRY_CHARS = 64;
    /** First capacity of a batch's text; it grows where it must. */
    private static final int TEXT_BYTES_MAX = 2 * BATCH_BYTES;

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
        Lease lease = request.payload().lease();
        lease.take(ROOM_BYTES);
        Run run = new Run(source, limit, lease);
        Batch first = run.next();
        return Answer.stream(Answer.JSON, out -> run.write(first, out));
    }

    /**
     * Entries that are written together.
     *
     * @param bytes about what their text will have
     */
    private record Batch(List<Entry> entries, long bytes) {
        /** Room that it takes beyond that of usual ones. */
        private long room() {
            return COPIES * Math.max(0, bytes - BATCH_BYTES);
        }
    }

    /** A batch that is being made into text, and the room that goes back when that is sent. */
    private record Writing(Future<byte[]> text, long room) {}

    /** One dump; used by its request's thread. */
    private final class Run {
        private final Source source;
        private final Lease lease;
        private long left;
        private int batchEntries = FIRST_ENTRIES;

        Run(Source source, long limit, Lease lease) {
            this.source = source;
            this.left = limit;
            this.lease = lease;
        }

        private Batch next() {
            int count = (int) Math.min(left, batchEntries);
            List<Entry> entries = count == 0 ? List.of() : source.next(count);
            left -= entries.size();
            Batch batch =
                    new Batch(entries, entries.stream().mapToLong(Dump::bytes).sum());
            if (!entries.isEmpty()) {
                batchEntries = Math.clamp((long) BATCH_BYTES * entries.size() / batch.bytes(), 1, BATCH_ENTRIES_MAX);
            }
            lease.take(batch.room());
            return batch;
        }

        private void write(Batch first, OutputStream out) throws IOException {
            out.write('[');
            Deque<Writing> window = new ArrayDeque<>();
            boolean begun = false;
            for (Batch batch = first; !batch.entries().isEmpty(); batch = nextOfBegun()) {
                Batch read = batch;
                boolean leads = !begun;
                window.add(new Writing(workers.submit(() -> text(read, leads)), read.room()));
                begun = true;
                if (window.size() == WINDOW) {
                    send(window.remove(), out);
                }
            }
            while (!window.isEmpty()) {
                send(window.remove(), out);
            }
            out.write(']');
        }

        /** The next batch of an answer that has begun, which can only break off where there is no room. */
        private Batch nextOfBegun() throws IOException {
            try {
                return next();
            } catch (HttpRefusal full) {
                throw new IOException("There is no room for the rest of a dump", full);
            }
        }

        private void send(Writing writing, OutputStream out) throws IOException {
            out.write(done(writing.text()));
            lease.giveBack(writing.room());
        }
    }

    /** About what the text of an entry has; more only where much of it is escaped. */
    private static long bytes(Entry entry) {
        return ENTRY_CHARS
                + entry.url().length()
                + entry.metadata().map(Dump::bytes).orElse(0L)
                + (long) COMPONENT_CHARS * entry.vector().length;
    }

    private static long bytes(Value value) {
        return switch (value) {
            case Value.Null _, Value.Bool _, Value.Int _, Value.Real _ -> COMPONENT_CHARS;
            case Value.Text(String text) -> COMPONENT_CHARS + text.length();
            case Value.Bytes(byte[] bytes) -> COMPONENT_CHARS + 2L * bytes.length;
            case Value.Items(var items) ->
                COMPONENT_CHARS + items.stream().mapToLong(Dump::bytes).sum();
            case Value.Fields(var fields) ->
                COMPONENT_CHARS
                        + fields.entrySet().stream()
                                .mapToLong(field -> field.getKey().length() + bytes(field.getValue()))
                                .sum();
        };
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

    private static byte[] text(Batch batch, boolean first) {
        List<Entry> entries = batch.entries();
        JsonOut out = new JsonOut((int) Math.min(batch.bytes(), TEXT_BYTES_MAX));
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
