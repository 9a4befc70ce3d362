package dev.kith.shell;

import dev.kith.shell.language.Agent;
import dev.kith.shell.language.SyntaxException;
import dev.kith.shell.remote.Endpoint;
import dev.kith.shell.remote.RemoteException;
import dev.kith.shell.remote.Session;
import java.io.ByteArrayInputStream;
import java.io.Console;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.jline.terminal.Terminal;
import org.jline.terminal.TerminalBuilder;

/** The shell as a command: takes its lines from where it was told, and answers an exit code. */
public final class Shell {
    /** All lines were run, whatever the server answered to single statements. */
    public static final int OK = 0;
    /** A line means nothing, the server could not be asked, or there was no input. */
    public static final int FAILED = 1;

    /** Where lines come from. */
    public sealed interface Input {
        /** A person, if there is one at a terminal; else standard input. */
        record Anyone(Path history) implements Input {}

        /** Standard input. */
        record Piped() implements Input {}

        /** The command line itself. */
        record Given(List<String> lines) implements Input {}

        /** Files, one after the other. */
        record Scripts(List<Path> files) implements Input {}
    }

    /**
     * How lines are run and answers shown.
     *
     * @param json one line of JSON for each answer instead of tables
     * @param strict whether a script ends, as failed, at the first statement that the server refuses
     */
    public record Manner(boolean json, boolean strict) {}

    public record Streams(InputStream in, PrintStream out, PrintStream err) {}

    private final Endpoint endpoint;
    private final Agent agent;
    private final Manner manner;
    private final Streams streams;

    public Shell(Endpoint endpoint, Agent agent, Manner manner, Streams streams) {
        this.endpoint = endpoint;
        this.agent = agent;
        this.manner = manner;
        this.streams = streams;
    }

    /** Runs all lines; answers the exit code. */
    public int run(Input input) {
        try {
            return switch (input) {
                case Input.Anyone(Path history) -> anyone(history);
                case Input.Piped() -> script(new Lines(streams.in()));
                case Input.Given(List<String> lines) ->
                    script(new Lines(
                            new ByteArrayInputStream(String.join("\n", lines).getBytes(StandardCharsets.UTF_8))));
                case Input.Scripts(List<Path> files) -> scripts(files);
            };
        } catch (IOException failed) {
            return fail(failed.toString());
        } catch (RemoteException failed) {
            return fail(String.valueOf(failed.getMessage()));
        }
    }

    private int anyone(Path history) throws IOException {
        if (Optional.ofNullable(System.console()).filter(Console::isTerminal).isEmpty()) {
            return script(new Lines(streams.in()));
        }
        try (Session session = Session.open(endpoint, agent);
                Terminal terminal = TerminalBuilder.builder().system(true).build()) {
            Screen screen = manner.json() ? new JsonScreen(streams.out()) : new TableScreen(streams.out(), true);
            new Prompt(terminal, session, new Runner(session, screen, streams.out())).run(history);
            return OK;
        }
    }

    private int scripts(List<Path> files) throws IOException {
        for (Path file : files) {
            int code = script(new Lines(Files.newInputStream(file)));
            if (code != OK) {
                streams.err().println("kith shell: stopped in " + file);
                return code;
            }
        }
        return OK;
    }

    /** There is a connection only once there is a line, so that nothing to do is said even where nobody listens. */
    private int script(Lines input) throws IOException {
        try (Lines lines = input) {
            Optional<String> line = lines.next();
            if (line.isEmpty()) {
                return fail("No input provided");
            }
            try (Session session = Session.open(endpoint, agent)) {
                Screen screen = manner.json() ? new JsonScreen(streams.out()) : new TableScreen(streams.out(), false);
                Runner runner = new Runner(session, screen, streams.out());
                for (; line.isPresent(); line = lines.next()) {
                    Runner.Outcome outcome = runner.run(line.get());
                    if (outcome == Runner.Outcome.LEAVE) {
                        return OK;
                    }
                    if (outcome == Runner.Outcome.REFUSED && manner.strict()) {
                        return fail("line %d: the server refused a statement".formatted(lines.number()));
                    }
                }
                return OK;
            } catch (SyntaxException wrong) {
                return fail("line %d, %s".formatted(lines.number(), wrong.getMessage()));
            }
        }
    }

    private int fail(String message) {
        streams.err().println("kith shell: " + message);
        return FAILED;
    }
}
