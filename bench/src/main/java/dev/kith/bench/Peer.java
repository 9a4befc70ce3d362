package dev.kith.bench;

import java.io.BufferedWriter;
import java.io.IOException;
import java.io.OutputStreamWriter;
import java.io.UncheckedIOException;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * A Python process that does one command when it is told to and sleeps otherwise; {@code peers/lines.py} is its other
 * end. Owned by one thread.
 */
final class Peer implements AutoCloseable {
    /** No command of any bench takes longer; a peer that does hangs. */
    private static final long REPLY_SECONDS = 300;

    private static final long END_SECONDS = 5;

    private final String name;
    private final Process process;
    private final Writer commands;
    private final Lines replies;

    /**
     * Starts a program of {@code bench/peers}.
     *
     * @param threads what OpenMP and OpenBLAS may use: limiting one does not limit the other
     */
    Peer(Path python, Path program, int threads) {
        this(
                String.valueOf(program.getFileName()),
                List.of(python.toString(), "-u", program.toString()),
                Map.of(
                        "OMP_NUM_THREADS",
                        Integer.toString(threads),
                        "OPENBLAS_NUM_THREADS",
                        Integer.toString(threads),
                        "OMP_WAIT_POLICY",
                        "passive",
                        "PYTHONDONTWRITEBYTECODE",
                        "1"));
    }

    /** Starts any program that speaks as those of {@code bench/peers} do, with more in its environment. */
    Peer(String name, List<String> command, Map<String, String> environment) {
        this.name = name;
        ProcessBuilder builder = new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT);
        builder.environment().putAll(environment);
        try {
            process = builder.start();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        commands = new BufferedWriter(new OutputStreamWriter(process.getOutputStream(), StandardCharsets.UTF_8));
        replies = new Lines(name, process);
    }

    /** Runs one command and waits for its reply. */
    Map<String, String> ask(String command, Object... arguments) {
        tell(command, arguments);
        return hear();
    }

    /** The one number of a reply that has one. */
    double number(String field, String command, Object... arguments) {
        String value = ask(command, arguments).get(field);
        if (value == null) {
            throw new IllegalStateException(name + ": " + command + " gave no " + field);
        }
        return Double.parseDouble(value);
    }

    /** Starts a command; {@link #hear} must follow. */
    void tell(String command, Object... arguments) {
        List<String> words = new ArrayList<>(List.of(command));
        for (Object argument : arguments) {
            words.add(argument.toString());
        }
        try {
            commands.write(String.join("\t", words) + "\n");
            commands.flush();
        } catch (IOException e) {
            throw new UncheckedIOException(name + " is gone", e);
        }
    }

    /** Waits for the reply to what was told last. */
    Map<String, String> hear() {
        return hear(REPLY_SECONDS);
    }

    /** Waits so many seconds for the reply to a command that takes long. */
    Map<String, String> hear(long seconds) {
        String reply = replies.next(seconds);
        if (!reply.startsWith("ok")) {
            throw new IllegalStateException(name + ": " + reply);
        }
        Map<String, String> values = new HashMap<>();
        for (String field : reply.split("\t", -1)) {
            int equals = field.indexOf('=');
            if (equals > 0) {
                values.put(field.substring(0, equals), field.substring(equals + 1));
            }
        }
        return values;
    }

    @Override
    public void close() {
        Processes.end(process, END_SECONDS);
    }
}
