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

    /** What a call takes of the heap of which nothing has come but its headers. */
    private static final long CALL_BYTES = 2 << 10;
    /** One part of the heap in so many is for those of one door. */
    private static final int CALLS_SHARE = 8;

    private static final int CALLS_MIN = 4;

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

    /**
     * The same with as few calls a connection as a heap has place for, where all connections have theirs open at once
     * and send nothing: a hundred thousand streams, for which no memory of the room is asked, would fill a small one.
     * A client is told and holds further calls back.
     *
     * @param bytes of the heap
     */
    public GrpcLimits forHeap(long bytes) {
        long calls = bytes / CALLS_SHARE / CALL_BYTES / connections;
        int fitting = Math.clamp(calls, Math.min(CALLS_MIN, callsPerConnection), callsPerConnection);
        return new GrpcLimits(messageBytes, connections, fitting, handshake, idle, stall);
    }

    private static void require(boolean holds, String what, Object value) {
        if (!holds) {
            throw new IllegalArgumentException("gRPC limit out of range: %s = %s".formatted(what, value));
        }
    }
}
