package dev.kith.doors.grpc;

import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Duration;

/**
 * Warnings of what strangers send. Each may be worth a line, and thousands a second are not: of those of a period the
 * first are written, and of the others how many there were. Safe on any thread.
 */
final class FewLines {
    /** More than a day brings where nobody attacks. */
    static final int MOST = 20;

    private static final Duration PERIOD = Duration.ofSeconds(10);

    private final Logger log;
    private long beganNanos = System.nanoTime();
    private long said;

    FewLines(Logger log) {
        this.log = log;
    }

    synchronized void say(String line) {
        said++;
        if (said <= MOST) {
            log.log(Level.WARNING, line);
        }
    }

    /** To be asked now and then, so that what was left out is told soon after. */
    synchronized void settle(long nowNanos) {
        if (nowNanos - beganNanos < PERIOD.toNanos()) {
            return;
        }
        if (said > MOST) {
            log.log(Level.WARNING, "%d more lines like these were left out".formatted(said - MOST));
        }
        said = 0;
        beganNanos = nowNanos;
    }
}
