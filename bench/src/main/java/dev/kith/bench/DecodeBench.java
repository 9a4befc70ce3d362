package dev.kith.bench;

import com.sun.management.ThreadMXBean;
import dev.kith.doors.faissx.FaissxDoor;
import dev.kith.doors.zmq.RequestHandler;
import dev.kith.service.Caller;
import dev.kith.service.Command;
import dev.kith.service.Service;
import dev.kith.vectors.CollectionInfo;
import dev.kith.vectors.CollectionName;
import dev.kith.vectors.CollectionSpec;
import dev.kith.vectors.Durability;
import dev.kith.vectors.Metric;
import dev.kith.vectors.Put;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.InstantSource;
import java.util.Optional;
import java.util.UUID;

/**
 * What handling an add of 1,000 × 128 allocates beyond the frame it came in, from its bytes to the reply, when storing
 * costs nothing: bytes over those of the vectors as float32.
 */
final class DecodeBench {
    private static final int ROWS = 1_000;
    private static final int DIMENSION = 128;
    private static final String INDEX = "bench";
    private static final int WARM_UP = 200;
    private static final int ROUNDS = 51;

    private DecodeBench() {}

    /** Knows one collection and forgets what is stored. */
    private static final class Forgetful implements Service {
        private long stored;

        @Override
        @SuppressWarnings("unchecked") // Each command answers its own R, which the switch cannot tell the compiler.
        public <R> R handle(Caller caller, Command<R> command) {
            return (R)
                    switch (command) {
                        case Command.Find find -> Optional.of(info());
                        case Command.Store(var collection, Put put) -> {
                            stored += put.vectors().count();
                            yield new Put.Result(new long[0], new boolean[0], stored);
                        }
                        default -> throw new IllegalStateException("not asked here: " + command);
                    };
        }

        private CollectionInfo info() {
            return new CollectionInfo(
                    1,
                    new CollectionName(Caller.TENANT_DEFAULT, "faissx", INDEX),
                    CollectionSpec.floats(DIMENSION, Metric.L2),
                    stored,
                    0,
                    0,
                    0,
                    Durability.NONE,
                    "exact",
                    Optional.empty(),
                    Optional.empty());
        }
    }

    static void run(Report report) {
        report.heading("what an add of %,d vectors of %d allocates".formatted(ROWS, DIMENSION));
        Forgetful service = new Forgetful();
        FaissxDoor door = new FaissxDoor(
                service, new FaissxDoor.Settings(Optional.empty(), "bench", InstantSource.system(), UUID::randomUUID));
        byte[] body = addRequest();
        ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        double[] allocated = new double[ROUNDS];
        long replies = 0;
        for (int i = -WARM_UP; i < ROUNDS; i++) {
            long before = threads.getCurrentThreadAllocatedBytes();
            replies += door.handle(body, RequestHandler.Memory.UNCOUNTED).remaining();
            if (i >= 0) {
                allocated[i] = threads.getCurrentThreadAllocatedBytes() - before;
            }
        }
        if (service.stored != (long) ROWS * (WARM_UP + ROUNDS) || replies == 0) {
            throw new IllegalStateException("the door stored " + service.stored + " vectors");
        }
        Stats bytes = new Stats(allocated);
        double vectors = (double) ROWS * DIMENSION * Float.BYTES;
        report.line("%s bytes beyond a frame of %,d bytes; the vectors alone %,.0f", bytes, body.length, vectors);
        report.ratio("decode-allocation", bytes.median() / vectors);
    }

    /** The request as every published client sends it: msgpack, each component a float64. */
    private static byte[] addRequest() {
        ByteBuffer out = ByteBuffer.allocate(ROWS * (DIMENSION * 9 + 3) + 100);
        out.put((byte) 0x83);
        text(out, "action");
        text(out, "add_vectors");
        text(out, "index_id");
        text(out, INDEX);
        text(out, "vectors");
        out.put((byte) 0xDC).putShort((short) ROWS);
        for (int row = 0; row < ROWS; row++) {
            out.put((byte) 0xDC).putShort((short) DIMENSION);
            for (int column = 0; column < DIMENSION; column++) {
                out.put((byte) 0xCB).putDouble((float) Math.sin(row * (double) DIMENSION + column));
            }
        }
        byte[] body = new byte[out.position()];
        out.flip().get(body);
        return body;
    }

    /** A text of fewer than 32 bytes. */
    private static void text(ByteBuffer out, String text) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        out.put((byte) (0xA0 | bytes.length)).put(bytes);
    }
}
