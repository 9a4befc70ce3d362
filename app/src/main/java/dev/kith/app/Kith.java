package dev.kith.app;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.SequencedMap;
import java.util.stream.Collectors;

/**
 * A running server. {@link #start} also serves inside another Java program, which keeps its own logging and signals and
 * must run with {@code --add-modules jdk.incubator.vector} to be fast. Safe on any thread.
 */
public final class Kith implements AutoCloseable {
    private final SequencedMap<String, Integer> ports;
    private final Closing parts;

    Kith(SequencedMap<String, Integer> ports, Closing parts) {
        this.ports = new LinkedHashMap<>(ports);
        this.parts = parts;
    }

    /**
     * Opens the data and the doors; returns when all of them listen.
     *
     * @throws StartException when a port or the data folder cannot be had
     */
    public static Kith start(Config config) {
        return Wiring.wire(config);
    }

    /** The ports that are listened on, by the names of the ready line. */
    public Map<String, Integer> ports() {
        return new LinkedHashMap<>(ports);
    }

    /** {@code ready faissx=45678 idios=4213}: what programs that start a server wait for. */
    String readyLine() {
        return ports.entrySet().stream()
                .map(port -> port.getKey() + "=" + port.getValue())
                .collect(Collectors.joining(" ", "ready ", ""));
    }

    /** Stops accepting, finishes requests, forces the logs, lets go of everything. A second call does nothing. */
    @Override
    public void close() {
        parts.close();
    }
}
