package dev.kith.doors.http;

import java.time.Duration;

/**
 * What one HTTP port accepts. The constants are the defaults and say why.
 *
 * @param connections open connections; for a further one the one that has been without a request for longest is ended
 * @param requests requests in progress, fewer than connections; a further one is answered with 503
 * @param headers how long the line and headers of a request may take to arrive
 * @param idle a connection on which nothing moves for so long is ended
 * @param grace bodies must move at {@link #RATE_MIN} on average, looked at after so much waiting for the peer
 */
public record HttpLimits(int connections, int requests, Duration headers, Duration idle, Duration grace) {
    /** As many as the ZeroMQ door; each costs some 10 kB. */
    public static final int CONNECTIONS = 4_096;
    /** Each has a virtual thread and its share of the room. */
    public static final int REQUESTS = 1_024;
    /** A peer that is there sends its headers at once. */
    public static final Duration HEADERS = Duration.ofSeconds(10);
    /** Clients that ask again within it save a connection; browsers open new ones without a word. */
    public static final Duration IDLE = Duration.ofSeconds(30);

    public static final Duration GRACE = Duration.ofSeconds(10);

    /** Bytes of a request's line and headers together: eight times what a browser sends. */
    static final int HEADER_BYTES = 16 << 10;
    /** Bytes a second of a body in either direction: a tenth of the slowest mobile network. */
    static final long RATE_MIN = 1 << 10;
    /** The same while others want for room or for a place: what a request holds meanwhile may be 100 MB. */
    static final long RATE_MIN_SHORT = 64 << 10;

    public static final HttpLimits DEFAULT = new HttpLimits(CONNECTIONS, REQUESTS, HEADERS, IDLE, GRACE);

    public HttpLimits {
        if (requests < 1 || connections <= requests || headers.toMillis() < 1 || idle.toMillis() < 1) {
            throw new IllegalArgumentException("HTTP limits out of range: %d connections, %d requests, %s, %s"
                    .formatted(connections, requests, headers, idle));
        }
    }
}
