package dev.kith.images.amqp;

import com.rabbitmq.client.AMQP;
import com.rabbitmq.client.LongString;
import com.rabbitmq.client.Method;
import com.rabbitmq.client.impl.AMQImpl;
import com.rabbitmq.client.impl.Frame;
import com.rabbitmq.client.impl.LongStringHelper;
import java.io.ByteArrayInputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;

/** A broker that lets a client in, gives it a queue for replies, and then reads no more, as one without memory does. */
final class HeldBackBroker implements AutoCloseable {
    private static final int FRAME_BYTES_MAX = 128 << 10;
    private static final int HEADER_BYTES = 8;

    private final ServerSocket server;
    private final CountDownLatch end = new CountDownLatch(1);

    HeldBackBroker() throws IOException {
        server = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
        var _ = Thread.ofVirtual().name("test-broker").start(this::serve);
    }

    String url() {
        return "amqp://guest:guest@127.0.0.1:" + server.getLocalPort();
    }

    private void serve() {
        try (Socket socket = server.accept()) {
            DataInputStream in = new DataInputStream(socket.getInputStream());
            DataOutputStream out = new DataOutputStream(socket.getOutputStream());
            in.readNBytes(HEADER_BYTES);
            LongString plain = LongStringHelper.asLongString("PLAIN");
            send(out, 0, new AMQImpl.Connection.Start(0, 9, Map.of(), plain, LongStringHelper.asLongString("en_US")));
            boolean consumed = false;
            while (!consumed) {
                Frame frame = Frame.readFrom(in, () -> FRAME_BYTES_MAX);
                if (frame.getType() == AMQP.FRAME_METHOD) {
                    Method method =
                            AMQImpl.readMethodFrom(new DataInputStream(new ByteArrayInputStream(frame.getPayload())));
                    Optional<com.rabbitmq.client.impl.Method> answer = answer(method);
                    if (answer.isPresent()) {
                        send(out, frame.getChannel(), answer.get());
                    }
                    consumed = method instanceof AMQP.Basic.Consume;
                }
            }
            end.await();
        } catch (IOException | InterruptedException ended) {
            // By the test.
        }
    }

    private static Optional<com.rabbitmq.client.impl.Method> answer(Method asked) {
        return switch (asked) {
            case AMQP.Connection.StartOk _ -> Optional.of(new AMQImpl.Connection.Tune(0, FRAME_BYTES_MAX, 0));
            case AMQP.Connection.Open _ -> Optional.of(new AMQImpl.Connection.OpenOk(""));
            case AMQP.Channel.Open _ -> Optional.of(new AMQImpl.Channel.OpenOk(LongStringHelper.asLongString("")));
            case AMQP.Queue.Declare _ -> Optional.of(new AMQImpl.Queue.DeclareOk("replies", 0, 0));
            case AMQP.Basic.Consume _ -> Optional.of(new AMQImpl.Basic.ConsumeOk("consumer"));
            default -> Optional.empty();
        };
    }

    private static void send(DataOutputStream out, int channel, com.rabbitmq.client.impl.Method method)
            throws IOException {
        method.toFrame(channel).writeTo(out);
        out.flush();
    }

    @Override
    public void close() throws IOException {
        end.countDown();
        server.close();
    }
}
