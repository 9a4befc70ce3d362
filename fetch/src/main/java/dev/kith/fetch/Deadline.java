package dev.kith.fetch;

import java.io.IOException;
import java.net.Socket;
import java.time.Duration;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * The end of one fetch. Time limits of single reads do not bound a handshake or a line that arrives byte by byte, so
 * when the time is over the socket is closed under whoever waits for it.
 */
final class Deadline implements AutoCloseable {
    private final long endNs;
    private final ScheduledFuture<?> alarm;
    private @Nullable Socket socket;
    private boolean over;

    Deadline(ScheduledThreadPoolExecutor timer, Duration time) {
        endNs = System.nanoTime() + time.toNanos();
        alarm = timer.schedule(this::end, time.toNanos(), TimeUnit.NANOSECONDS);
    }

    /** The socket in use from now on. */
    synchronized void guard(Socket next) throws IOException {
        socket = next;
        if (over) {
            next.close();
        }
    }

    private synchronized void end() {
        over = true;
        if (socket != null) {
            try {
                socket.close();
            } catch (IOException closed) {
                // It is of no more use, which is what was wanted.
            }
        }
    }

    boolean isOver() {
        return endNs - System.nanoTime() <= 0;
    }

    /** Milliseconds until then, at least 1: zero means "for ever" to a socket. */
    int remainingMs() {
        return (int) Math.max(1, TimeUnit.NANOSECONDS.toMillis(endNs - System.nanoTime()));
    }

    @Override
    public void close() {
        alarm.cancel(false);
    }
}
