package dev.kith.doors.grpc;

import java.time.Duration;

/**
 * What one gRPC door accepts. The constants are the defaults and say why.
 *
 * @param messageBytes largest request message; a larger one is refused before it is in memory
 * @param connections open TCP connections; one more is accepted and closed at once
 * @param callsPerConnection calls of one connection in progress; a client holds further ones back by itself
 * @param handshake how long a connection may take until it speaks HTTP/2
 * @param idle a connection without calls for so long is asked to go; clients connect again by themselves
 * @param stall a request under way must bring a part in every such period, or it is ended
 */
public record GrpcLimits(
        int messageBytes, int connections, int callsPerConnection, Duration handshake, Duration idle, Duration stall) {
    /** The original's: some 19,000 vectors of 128 components in one request. */
    public static final int MESSAGE_BYTES = 10_048_576;
    /** Half of what a Java array can hold: beyond it, decoding could not succeed. */
    public static final int MESSAGE_BYTES_MAX = 1 << 30;
    /** The original's. */
    public static final int CONNECTIONS = 512;
    /** More than any client's pool of workers on one connection. */
    public static final int CALLS_PER_CONNECTION = 256;
    /** A peer that is there answers within a round trip; TLS takes two. */
    public static final Duration HANDSHAKE = Duration.ofSeconds(10);
    /** Longer than the pauses of a program that is used all day. */
    public static final Duration IDLE = Duration.ofHours(1);

    /** Longer than any pause of a network that recovers, shorter than an operator's patience. */
    public static final Duration STALL = Duration.ofSeconds(10);

    /** The part: what the slowest networks bring. The largest usual request is there within ten minutes. */
    static final long BYTES_PER_SECOND_MIN = 16 << 10;
    /** Bytes of the headers of one call: a token, a trace id and some room. */
    static final int HEADER_BYTES = 16 << 10;
    /** Streams that a peer may reset in {@link #RESETS_SECONDS}: above what cancelled searches of a busy client are. */
    static final int RESETS = 2_000;

    static final int RESETS_SECONDS = 10;
    /** After so much silence the peer is asked whether it is there. */
    static final Duration KEEP_ALIVE = Duration.ofMinutes(2);

    static final Duration KEEP_ALIVE_TIMEOUT = Duration.ofSeconds(20);
    /** Pings of a peer that come faster than this are an attack. */
    static final Duration PINGS_APART = Duration.ofSeconds(5);

    public GrpcLimits {
        require(messageBytes >= 1 && messageBytes <= MESSAGE_BYTES_MAX, "message bytes", messageBytes);
        require(connections >= 1, "connections", connections);
        require(callsPerConnection >= 1, "calls of a connection", callsPerConnection);
        require(handshake.toMillis() >= 1, "handshake", handshake);
        require(idle.toSeconds() >= 1, "idle", idle);
        require(stall.toMillis() >= 1, "stall", stall);
    }

    /** The defaults, with these two limits, which the original lets its users choose. */
    public static GrpcLimits of(int messageBytes, int connections) {
        return new GrpcLimits(messageBytes, connections, CALLS_PER_CONNECTION, HANDSHAKE, IDLE, STALL);
    }

    private static void require(boolean holds, String what, Object value) {
        if (!holds) {
            throw new IllegalArgumentException("gRPC limit out of range: %s = %s".formatted(what, value));
        }
    }
}
