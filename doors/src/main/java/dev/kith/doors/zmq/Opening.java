package dev.kith.doors.zmq;

import java.net.ProtocolException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What two peers of ZMTP 3.0 say to each other besides messages, with the NULL mechanism: both send a greeting of fixed
 * size and a READY command with properties; later a peer may ask with PING whether we are there. Stateless.
 */
final class Opening {
    /** Bytes of a greeting: signature 10, version 2, mechanism 20, as-server 1, zeros 31. */
    static final int GREETING_BYTES = 64;

    static final byte COMMAND = 4;

    private static final int SIGNATURE_END = 9;
    private static final int VERSION = 10;
    private static final int MECHANISM = 12;
    private static final int MECHANISM_BYTES = 20;
    private static final byte VERSION_MIN = 3;
    private static final byte[] NULL = Arrays.copyOf(ascii("NULL"), MECHANISM_BYTES);
    private static final byte[] READY = named("READY");
    private static final byte[] PING = named("PING");
    private static final byte[] PONG = named("PONG");
    /** A PING's time to live, which we do not need: the system asks silent peers itself. */
    private static final int TTL_BYTES = 2;
    /** The peers that a ROUTER may have. */
    private static final List<String> PARTNERS = List.of("REQ", "DEALER", "ROUTER");

    private static final String SOCKET_TYPE = "socket-type";

    private Opening() {}

    private static byte[] ascii(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }

    /** A name as commands and properties begin with it: its length, then its characters. */
    private static byte[] named(String name) {
        byte[] text = ascii(name);
        return ByteBuffer.allocate(1 + text.length)
                .put((byte) text.length)
                .put(text)
                .array();
    }

    static byte[] greeting() {
        byte[] greeting = new byte[GREETING_BYTES];
        greeting[0] = (byte) 0xFF;
        greeting[SIGNATURE_END - 1] = 1;
        greeting[SIGNATURE_END] = 0x7F;
        greeting[VERSION] = VERSION_MIN;
        System.arraycopy(NULL, 0, greeting, MECHANISM, NULL.length);
        return greeting;
    }

    /** Refuses what cannot become a greeting of ours, as soon as that shows in its first {@code known} bytes. */
    static void requireGreeting(byte[] greeting, int known) throws ProtocolException {
        if (greeting[0] != (byte) 0xFF || (known > SIGNATURE_END && (greeting[SIGNATURE_END] & 1) == 0)) {
            throw new ProtocolException("not ZeroMQ");
        }
        if (known > VERSION && greeting[VERSION] < VERSION_MIN) {
            throw new ProtocolException("a peer older than ZMTP 3");
        }
        if (known == GREETING_BYTES
                && !Arrays.equals(greeting, MECHANISM, MECHANISM + MECHANISM_BYTES, NULL, 0, MECHANISM_BYTES)) {
            throw new ProtocolException("another mechanism than NULL");
        }
    }

    /** Our READY command, as a whole frame. */
    static byte[] ready() {
        return command(READY, properties(Map.of("Socket-Type", "ROUTER", "Identity", "")));
    }

    private static byte[] command(byte[] name, byte[] content) {
        return ByteBuffer.allocate(2 + name.length + content.length)
                .put(COMMAND)
                .put((byte) (name.length + content.length))
                .put(name)
                .put(content)
                .array();
    }

    private static byte[] properties(Map<String, String> properties) {
        ByteBuffer out = ByteBuffer.allocate(Byte.MAX_VALUE);
        properties.forEach(
                (name, value) -> out.put(named(name)).putInt(value.length()).put(ascii(value)));
        return Arrays.copyOf(out.array(), out.position());
    }

    /** Refuses a command that is not a READY of a peer that we can answer. */
    static void requireReady(byte[] command) throws ProtocolException {
        if (!isNamed(command, READY)) {
            throw new ProtocolException("a handshake that does not begin with READY");
        }
        ByteBuffer in = ByteBuffer.wrap(command).position(READY.length);
        String type = "";
        while (in.hasRemaining()) {
            String name = text(in, in.get() & 0xFF);
            String value = text(in, in.remaining() < Integer.BYTES ? -1 : in.getInt());
            type = name.equalsIgnoreCase(SOCKET_TYPE) ? value : type;
        }
        if (!PARTNERS.contains(type)) {
            throw new ProtocolException("a socket of another type than " + PARTNERS);
        }
    }

    private static String text(ByteBuffer in, int length) throws ProtocolException {
        if (length < 0 || length > in.remaining()) {
            throw new ProtocolException("a property longer than its command");
        }
        byte[] bytes = new byte[length];
        in.get(bytes);
        return new String(bytes, StandardCharsets.ISO_8859_1);
    }

    /** The answer to a command that comes after the handshake, as a whole frame, where it deserves one. */
    static Optional<byte[]> answerTo(byte[] command) {
        int context = PING.length + TTL_BYTES;
        // A context has at most 16 bytes; one that would not fit a short frame is not worth an answer.
        return isNamed(command, PING) && command.length >= context && command.length < Byte.MAX_VALUE
                ? Optional.of(command(PONG, Arrays.copyOfRange(command, context, command.length)))
                : Optional.empty();
    }

    private static boolean isNamed(byte[] command, byte[] name) {
        return command.length >= name.length && Arrays.equals(command, 0, name.length, name, 0, name.length);
    }
}
