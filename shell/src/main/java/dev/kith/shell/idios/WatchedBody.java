package dev.kith.shell.idios;

import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.time.Duration;
import java.util.concurrent.locks.LockSupport;

/**
 * A body that is given up when nothing of it comes for too long: its stream is closed under whoever reads it, whose
 * read then fails. Once the headers have come, the JDK's client waits for the rest for ever. One thread reads; one of
 * its own watches, until this is closed.
 */
final class WatchedBody extends FilterInputStream {
    private final Duration silenceMax;
    private final Thread watch;
    private volatile long heardAt = System.nanoTime();
    private volatile boolean givenUp;

    WatchedBody(InputStream body, Duration silenceMax) {
        super(body);
        this.silenceMax = silenceMax;
        this.watch = Thread.ofVirtual().name("kith-transfer-watch").start(this::watch);
    }

    private void watch() {
        while (!Thread.currentThread().isInterrupted()) {
            long left = silenceMax.toNanos() - (System.nanoTime() - heardAt);
            if (left <= 0) {
                giveUp();
                return;
            }
            LockSupport.parkNanos(left);
        }
    }

    private void giveUp() {
        givenUp = true;
        try {
            in.close();
        } catch (IOException failed) {
            // Whoever reads hears that it was given up.
        }
    }

    @Override
    public int read() throws IOException {
        byte[] one = new byte[1];
        return read(one, 0, 1) < 0 ? -1 : one[0] & 255;
    }

    @Override
    public int read(byte[] into, int from, int length) throws IOException {
        try {
            int count = in.read(into, from, length);
            heardAt = System.nanoTime();
            if (givenUp) {
                throw silent();
            }
            return count;
        } catch (IOException failed) {
            throw givenUp ? silent() : failed;
        }
    }

    private IOException silent() {
        return new IOException("nothing came for %d s".formatted(silenceMax.toSeconds()));
    }

    @Override
    public void close() throws IOException {
        watch.interrupt();
        super.close();
    }
}
