package dev.kith.app;

import java.util.logging.LogManager;

/**
 * A log manager that keeps its handlers until the very end. The JDK's own takes them away when the process begins to
 * stop, and what happens while stopping would not be logged. Public because the JDK makes it by its name.
 */
public final class KeptLogs extends LogManager {
    @Override
    public void reset() {
        // Nothing: see above.
    }
}
