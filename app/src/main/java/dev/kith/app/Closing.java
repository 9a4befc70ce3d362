package dev.kith.app;

import dev.kith.storage.StorageException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.function.Function;

/** What must be closed, the last opened first. One that fails does not keep the others open. Safe on any thread. */
final class Closing implements AutoCloseable {
    private static final Logger LOG = System.getLogger(Closing.class.getName());

    private final Deque<AutoCloseable> open = new ArrayDeque<>();

    /**
     * Opens what has many parts; those that are open already are closed where a later one fails.
     *
     * @throws StartException where the data cannot be used, too
     */
    static <T> T opened(Function<Closing, T> opening) {
        Closing parts = new Closing();
        try {
            return opening.apply(parts);
        } catch (StorageException failed) {
            parts.close();
            throw new StartException(String.valueOf(failed.getMessage()), failed);
        } catch (RuntimeException failed) {
            parts.close();
            throw failed;
        }
    }

    synchronized <T extends AutoCloseable> T add(T part) {
        open.push(part);
        return part;
    }

    /** Closes everything; a second call finds nothing left to do. */
    @Override
    public synchronized void close() {
        while (!open.isEmpty()) {
            try {
                open.pop().close();
            } catch (InterruptedException stopped) {
                Thread.currentThread().interrupt();
            } catch (Exception fault) {
                LOG.log(Level.ERROR, "A part of the server did not close", fault);
            }
        }
    }
}
