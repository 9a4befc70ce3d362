package dev.kith.doors.zmq;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.function.BooleanSupplier;
import java.util.function.UnaryOperator;

/** What the tests of the transport share: servers on loopback ports, and waiting with a bound. */
final class Servers {
    static final Duration PATIENCE = Duration.ofSeconds(10);

    private Servers() {}

    /** Answers with what the function makes of the body, and refusals with their text. */
    static RequestHandler handler(UnaryOperator<byte[]> answer) {
        return new RequestHandler() {
            @Override
            public ByteBuffer handle(byte[] body, Memory memory) {
                return ByteBuffer.wrap(answer.apply(body));
            }

            @Override
            public ByteBuffer refuse(Refusal refusal) {
                return ByteBuffer.wrap(refusal.toString().getBytes(StandardCharsets.UTF_8));
            }
        };
    }

    static ZmqServer start(ZmqLimits limits, UnaryOperator<byte[]> answer) {
        return ZmqServer.start(new ZmqServer.Binding("test", "127.0.0.1", 0), limits, work(limits, handler(answer)));
    }

    static ZmqServer.Work work(ZmqLimits limits, RequestHandler handler) {
        return new ZmqServer.Work(
                handler, Thread.ofVirtual().name("test-request-", 0).factory(), limits.room());
    }

    static ZmqLimits limits() {
        return ZmqLimits.forHeap(Runtime.getRuntime().maxMemory());
    }

    static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    static String text(byte[] bytes) {
        return new String(bytes, StandardCharsets.UTF_8);
    }

    /** Waits until something holds; returns whether it does. */
    static boolean eventually(BooleanSupplier holds) throws InterruptedException {
        long end = System.nanoTime() + PATIENCE.toNanos();
        while (!holds.getAsBoolean()) {
            if (System.nanoTime() > end) {
                return false;
            }
            Thread.sleep(5);
        }
        return true;
    }
}
