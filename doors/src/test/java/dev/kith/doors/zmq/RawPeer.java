package dev.kith.doors.zmq;

import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.Map;

/** A peer that speaks ZMTP 3.0 byte by byte, so that it can also speak it wrongly. */
public final class RawPeer implements AutoCloseable {
    private static final int MORE = 1;
    private static final int LARGE = 2;
    private static final int COMMAND = 4;
    private static final int GREETING_BYTES = 64;
    private static final int PATIENCE_MILLIS = 10_000;

    private final Socket socket;
    private final DataOutputStream out;
    private final DataInputStream in;

    RawPeer(int port) throws IOException {
        socket = new Socket(InetAddress.getLoopbackAddress(), port);
        socket.setSoTimeout(PATIENCE_MILLIS);
        socket.setTcpNoDelay(true);
        out = new DataOutputStream(socket.getOutputStream());
        in = new DataInputStream(socket.getInputStream());
    }

    /** A peer that has introduced itself as a DEALER. */
    public static RawPeer dealer(int port) throws IOException {
        RawPeer peer = new RawPeer(port);
        peer.send(greeting("NULL", 3));
        peer.in.readNBytes(GREETING_BYTES);
        peer.send(ready(Map.of("Socket-Type", "DEALER")));
        peer.readFrame();
        return peer;
    }

    static byte[] greeting(String mechanism, int version) {
        byte[] greeting = new byte[GREETING_BYTES];
        greeting[0] = (byte) 0xFF;
        greeting[9] = 0x7F;
        greeting[10] = (byte) version;
        byte[] name = mechanism.getBytes(StandardCharsets.US_ASCII);
        System.arraycopy(name, 0, greeting, 12, name.length);
        return greeting;
    }

    static byte[] ready(Map<String, String> properties) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        DataOutputStream data = new DataOutputStream(bytes);
        data.writeByte(5);
        data.writeBytes("READY");
        for (var property : properties.entrySet()) {
            data.writeByte(property.getKey().length());
            data.writeBytes(property.getKey());
            data.writeInt(property.getValue().length());
            data.writeBytes(property.getValue());
        }
        return frame(COMMAND, bytes.toByteArray());
    }

    static byte[] frame(int flags, byte[] content) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        DataOutputStream data = new DataOutputStream(bytes);
        if (content.length > 255) {
            data.write(head(flags, content.length));
        } else {
            data.writeByte(flags);
            data.writeByte(content.length);
        }
        data.write(content);
        return bytes.toByteArray();
    }

    /** The head of a frame that declares a length, whatever follows it. */
    static byte[] head(int flags, long length) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        DataOutputStream data = new DataOutputStream(bytes);
        data.writeByte(flags | LARGE);
        data.writeLong(length);
        return bytes.toByteArray();
    }

    static byte[] delimiter() throws IOException {
        return frame(MORE, new byte[0]);
    }

    void send(byte[]... parts) throws IOException {
        for (byte[] part : parts) {
            out.write(part);
        }
        out.flush();
    }

    void request(byte[] body) throws IOException {
        send(delimiter(), frame(0, body));
    }

    /** The next frame's content. */
    byte[] readFrame() throws IOException {
        int flags = in.readUnsignedByte();
        int length = (flags & LARGE) == 0 ? in.readUnsignedByte() : Math.toIntExact(in.readLong());
        return in.readNBytes(length);
    }

    /** The body of the next reply, whose delimiter is passed over. */
    byte[] readReply() throws IOException {
        byte[] delimiter = readFrame();
        if (delimiter.length != 0) {
            throw new IOException("no delimiter: " + Arrays.toString(delimiter));
        }
        return readFrame();
    }

    /** The reply to a request. */
    public byte[] ask(byte[] body) throws IOException {
        request(body);
        return readReply();
    }

    /** Whether the other side has ended the connection. */
    boolean isEnded() throws IOException {
        try {
            while (in.read() >= 0) {
                // What still comes is passed over.
            }
            return true;
        } catch (java.net.SocketTimeoutException stillOpen) {
            return false;
        } catch (IOException reset) {
            return true;
        }
    }

    boolean isEndedWithin(Duration patience) throws IOException {
        socket.setSoTimeout(Math.toIntExact(patience.toMillis()));
        return isEnded();
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }
}
