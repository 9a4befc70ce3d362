package dev.kith.doors.zmq;

import dev.kith.doors.room.Room;
import java.time.Duration;

/**
 * What one ZeroMQ door accepts. The constants are the defaults and say why.
 *
 * @param frameBytes largest frame, 1 kB to 1 GiB; the transport ends a connection that declares a larger one
 * @param inFlightBytes requests, results and replies that may be in memory at once, at least two of {@code frameBytes}
 * @param connections open connections; for a further one the longest idle one is ended
 * @param pipeline requests of one peer that wait or run; later ones are answered with an error, in order
 * @param handshake how long a connection may take to introduce itself, at least 1 ms
 * @param stall a message under way must bring a part in every such period, or its connection is ended
 */
public record ZmqLimits(
        long frameBytes, long inFlightBytes, int connections, int pipeline, Duration handshake, Duration stall) {
    /** 256 MiB: 10,000 vectors of 2,900 components as float64, the widest that clients send in one batch. */
    public static final long FRAME_BYTES = 256L << 20;
    /** 1 GiB: four of the largest frames, or a thousand of the usual ones. */
    public static final long IN_FLIGHT_BYTES = 1L << 30;
    /** Each connection costs some 20 kB of buffers; more than this on one door is an accident or an attack. */
    public static final int CONNECTIONS = 4_096;
    /** Far above what a pipelining client needs to hide a network's latency. */
    public static final int PIPELINE = 256;
    /** A peer that is there answers within a round trip. */
    public static final Duration HANDSHAKE = Duration.ofSeconds(5);
    /** Longer than any pause of a network that recovers, shorter than an operator's patience. */
    public static final Duration STALL = Duration.ofSeconds(10);

    /** Slower than this, no usual batch arrives while its client still waits. */
    static final long BYTES_PER_SECOND_MIN = 256 << 10;

    private static final long FRAME_BYTES_MIN = 1_000;
    private static final long FRAME_BYTES_MAX = 1L << 30;
    /** Beside what is counted there are the heap's own needs, and copies on their way to the disk. */
    private static final int HEAP_SHARE = 4;
    /** So long a request waits for room: those who hold it without moving are ended after two stalls. */
    private static final int STALLS_WAITED = 3;

    public ZmqLimits {
        require(frameBytes >= FRAME_BYTES_MIN && frameBytes <= FRAME_BYTES_MAX, "frame bytes", frameBytes);
        require(inFlightBytes >= 2 * frameBytes, "bytes in flight (at least two frames)", inFlightBytes);
        require(connections >= 1, "connections", connections);
        require(pipeline >= 1, "pipeline", pipeline);
        require(handshake.toMillis() >= 1 && handshake.toMillis() <= Integer.MAX_VALUE, "handshake", handshake);
        require(stall.toMillis() >= 1, "stall", stall);
    }

    /** The defaults, with the bytes in flight held to a quarter of the heap; a frame to half of those. */
    public static ZmqLimits forHeap(long heapBytes) {
        long inFlight = Math.clamp(heapBytes / HEAP_SHARE, 2 * FRAME_BYTES_MIN, IN_FLIGHT_BYTES);
        return new ZmqLimits(Math.min(FRAME_BYTES, inFlight / 2), inFlight, CONNECTIONS, PIPELINE, HANDSHAKE, STALL);
    }

    /** The room for as many bytes in flight; a request waits for it as long as peers may hold it without moving. */
    public Room room() {
        return new Room(inFlightBytes, stall.multipliedBy(STALLS_WAITED));
    }

    private static void require(boolean holds, String what, Object value) {
        if (!holds) {
            throw new IllegalArgumentException("ZeroMQ limit out of range: %s = %s".formatted(what, value));
        }
    }
}
