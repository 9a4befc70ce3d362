package dev.kith.bench;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/** What a process prints, line by line, for one thread that never waits longer than it wants to. */
final class Lines {
    /** Stands for the end of the output; no program prints it. */
    private static final String END = "\u0004";

    private final String program;
    private final BlockingQueue<String> lines = new LinkedBlockingQueue<>();

    Lines(String program, Process process) {
        this.program = program;
        Thread.ofVirtual().name("bench-output-of-" + program).start(() -> pump(process));
    }

    private void pump(Process process) {
        try (BufferedReader reader =
                new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8))) {
            for (String line = reader.readLine(); line != null; line = reader.readLine()) {
                lines.add(line);
            }
        } catch (IOException gone) {
            // A process that ended is told by the end of its lines below.
        }
        lines.add(END);
    }

    /**
     * The next line.
     *
     * @throws IllegalStateException when the process ended, or none came in so many seconds
     */
    String next(long seconds) {
        String line;
        try {
            line = lines.poll(seconds, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted while " + program + " worked", e);
        }
        if (line == null) {
            throw new IllegalStateException(program + " said nothing for " + seconds + " s");
        }
        if (line.equals(END)) {
            throw new IllegalStateException(program + " ended; what it said stands above");
        }
        return line;
    }
}
