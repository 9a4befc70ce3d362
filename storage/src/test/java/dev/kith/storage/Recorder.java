package dev.kith.storage;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;

/** Collects the whole mutations of a log, and writes such ones. One thread. */
final class Recorder implements RecordLog.Visitor {

    static final long COLLECTION = 7;
    static final InstantSource CLOCK = InstantSource.fixed(Instant.ofEpochMilli(1_700_000_000_000L));

    /** Files of 2 KiB, so that small tests roll. */
    static final LogOptions SMALL = new LogOptions(2048, 128, 512);

    private final List<Mutation> whole = new ArrayList<>();
    private final List<Long> abandoned = new ArrayList<>();
    private final ByteArrayOutputStream parts = new ByteArrayOutputStream();
    private @Nullable RecordHeader last;

    /** A mutation with the bodies of its parts, one after the other. */
    record Mutation(long sequence, int parts, ByteBuffer body) {

        static Mutation random(long sequence, int parts, int bytes, long seed) {
            byte[] body = new byte[bytes];
            new SplittableRandom(seed * 31 + sequence).nextBytes(body);
            return new Mutation(sequence, parts, ByteBuffer.wrap(body));
        }

        /** What it takes in a log. */
        long bytes() {
            long sum = 0;
            for (int part = 0; part < parts; part++) {
                sum += RecordFormat.bytes(part(part).remaining());
            }
            return sum;
        }

        void appendTo(RecordLog log) {
            log.reserve(bytes());
            for (int part = 0; part < parts; part++) {
                log.append(entry(part), part(part));
            }
        }

        RecordLog.Entry entry(int part) {
            return new RecordLog.Entry(1, 0, 0, sequence, part, parts);
        }

        ByteBuffer part(int part) {
            int share = body.remaining() / parts;
            int from = part * share;
            return body.slice(from, part == parts - 1 ? body.remaining() - from : share);
        }

        @Override
        public String toString() {
            return "%d(%d bytes, %x)".formatted(sequence, body.remaining(), body.hashCode());
        }
    }

    @Override
    public void record(RecordHeader header, ByteBuffer body) {
        if (header.part() == 0) {
            parts.reset();
        }
        byte[] bytes = new byte[body.remaining()];
        body.get(bytes);
        parts.writeBytes(bytes);
        last = header;
        if (header.last()) {
            whole.add(new Mutation(header.sequence(), header.parts(), ByteBuffer.wrap(parts.toByteArray())));
            last = null;
        }
    }

    @Override
    public void abandon(long sequence) {
        if (last == null || last.sequence() != sequence) {
            throw new AssertionError("abandon " + sequence + " after " + last);
        }
        last = null;
        abandoned.add(sequence);
    }

    List<Mutation> whole() {
        if (last != null) {
            throw new AssertionError("a mutation is neither whole nor abandoned: " + last);
        }
        return whole;
    }

    List<Long> abandoned() {
        return abandoned;
    }

    RecordLog open(Directory folder) {
        return open(folder, RecordLog.Tip.START);
    }

    RecordLog open(Directory folder, RecordLog.Tip start) {
        return RecordLog.open(new RecordLog.Place(folder, COLLECTION, start), SMALL, CLOCK, this);
    }

    static RecordLog create(Directory folder) {
        folder.create();
        return RecordLog.create(new RecordLog.Place(folder, COLLECTION), SMALL, CLOCK);
    }

    /** What a log holds; it is let go without a change. */
    static List<Mutation> read(Directory folder) {
        Recorder recorder = new Recorder();
        LogReplay.run(new RecordLog.Place(folder, COLLECTION), recorder);
        return recorder.whole();
    }
}
