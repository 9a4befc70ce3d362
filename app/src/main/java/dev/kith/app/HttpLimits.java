package dev.kith.app;

/**
 * Bounds of the JDK's HTTP server, which takes them from system properties when it is first used. A program around us
 * that has set its own keeps them.
 */
final class HttpLimits {
    /** Open connections: scrapers, probes and some browsers. */
    private static final int CONNECTIONS_MAX = 256;
    /** Headers of a request. */
    private static final int HEADERS_MAX = 64;
    /** Bytes of a request's line and headers together: eight times what a browser sends. */
    private static final int HEADER_BYTES_MAX = 16 * 1024;
    /** Seconds for a whole request to arrive. */
    private static final int REQUEST_SECONDS_MAX = 10;
    /** Seconds that an idle connection is kept. */
    private static final int IDLE_SECONDS_MAX = 30;
    /** Bytes of an unread body that are passed over to keep a connection. */
    private static final int DRAIN_BYTES_MAX = 16 * 1024;

    private HttpLimits() {}

    static void apply() {
        set("jdk.httpserver.maxConnections", CONNECTIONS_MAX);
        set("sun.net.httpserver.maxReqHeaders", HEADERS_MAX);
        set("sun.net.httpserver.maxReqHeaderSize", HEADER_BYTES_MAX);
        set("sun.net.httpserver.maxReqTime", REQUEST_SECONDS_MAX);
        set("sun.net.httpserver.idleInterval", IDLE_SECONDS_MAX);
        set("sun.net.httpserver.drainAmount", DRAIN_BYTES_MAX);
    }

    private static void set(String property, int value) {
        if (System.getProperty(property) == null) {
            System.setProperty(property, Integer.toString(value));
        }
    }
}
