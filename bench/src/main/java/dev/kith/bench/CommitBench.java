package dev.kith.bench;

import dev.kith.engine.Engine;
import dev.kith.engine.EngineOptions;
import dev.kith.storage.FileDirectory;
import dev.kith.vectors.CollectionName;
import dev.kith.vectors.CollectionSpec;
import dev.kith.vectors.Metric;
import dev.kith.vectors.Put;
import dev.kith.vectors.VectorBlock;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;

/**
 * Durable commits a second, one vector each, beside what the disk can force: the same number of writers, each with its
 * own preallocated file. Writers of one collection share forces, so one collection can pass the disk's own figure.
 */
final class CommitBench {
    private static final int DIMENSION = 128;
    /** Bytes between two forces of the raw figure: about a record of one vector. */
    private static final int RAW_BYTES = 1_024;

    private static final int RAW_FILE_BYTES = 16 << 20;

    private final Report report;
    private final Place place;
    private final Effort effort;

    /** How many rounds, and how many seconds each side of a round takes. */
    record Effort(int rounds, double seconds) {
        static final Effort FULL = new Effort(5, 3);
        static final Effort QUICK = new Effort(3, 0.8);
    }

    CommitBench(Report report, Place place, Effort effort) {
        this.report = report;
        this.place = place;
        this.effort = effort;
    }

    void run() {
        report.heading(
                "durable commits of one vector of %d; the peer is the bare disk, a write of %,d bytes and a force"
                        .formatted(DIMENSION, RAW_BYTES));
        Path folder = place.folder("commits");
        try (Engine engine =
                Engine.open(EngineOptions.durable(FileDirectory.open(folder.resolve("data")), 4L << 30, 2))) {
            against(engine, 1, 1);
            against(engine, 1, 16);
            against(engine, 64, 64);
        }
        place.delete(folder);
    }

    private void against(Engine engine, int collections, int writers) {
        List<CollectionName> names = new ArrayList<>();
        for (int i = 0; i < collections; i++) {
            CollectionName name = new CollectionName("default", "bench", collections + "-" + writers + "-" + i);
            engine.create(name, CollectionSpec.floats(DIMENSION, Metric.L2));
            names.add(name);
        }
        Callers.Call put = (writer, turn) -> {
            float[] vector = new float[DIMENSION];
            vector[turn % DIMENSION] = writer + 1;
            engine.put(names.get(writer % collections), Put.append(new VectorBlock.Floats(vector, 1, DIMENSION)));
        };
        Callers.Until until = Callers.Until.seconds(effort.seconds());
        try (RawFiles files = new RawFiles(place.folder("raw"), Math.min(collections, writers))) {
            Duel duel = Duel.of(
                    effort.rounds(),
                    () -> Callers.perSecond(writers, until, put),
                    () -> Callers.perSecond(files.count(), until, files::writeAndForce));
            report.duel("commits-%dc-%dw".formatted(collections, writers), "a second", duel);
        }
    }

    /** Files that are as large as they will be, so that a force has data alone to write. */
    private static final class RawFiles implements AutoCloseable {
        private final List<FileChannel> channels = new ArrayList<>();

        RawFiles(Path folder, int count) {
            try {
                for (int i = 0; i < count; i++) {
                    FileChannel channel = FileChannel.open(
                            folder.resolve(Integer.toString(i)),
                            StandardOpenOption.CREATE_NEW,
                            StandardOpenOption.WRITE);
                    channel.write(ByteBuffer.allocate(RAW_FILE_BYTES / count), 0);
                    channel.force(true);
                    channels.add(channel);
                }
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }

        int count() {
            return channels.size();
        }

        void writeAndForce(int writer, int turn) {
            int places = RAW_FILE_BYTES / count() / RAW_BYTES;
            try {
                FileChannel channel = channels.get(writer);
                channel.write(ByteBuffer.allocateDirect(RAW_BYTES), (long) (turn % places) * RAW_BYTES);
                channel.force(false);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }

        @Override
        public void close() {
            for (FileChannel channel : channels) {
                try {
                    channel.close();
                } catch (IOException e) {
                    throw new UncheckedIOException(e);
                }
            }
        }
    }
}
