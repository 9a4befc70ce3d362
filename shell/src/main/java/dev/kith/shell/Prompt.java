package dev.kith.shell;

import dev.kith.shell.language.Quoted;
import dev.kith.shell.language.Statement;
import dev.kith.shell.language.SyntaxException;
import dev.kith.shell.remote.Cell;
import dev.kith.shell.remote.RemoteException;
import dev.kith.shell.remote.Reply;
import dev.kith.shell.remote.Session;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.jline.reader.Candidate;
import org.jline.reader.EndOfFileException;
import org.jline.reader.LineReader;
import org.jline.reader.LineReaderBuilder;
import org.jline.reader.ParsedLine;
import org.jline.reader.UserInterruptException;
import org.jline.reader.impl.DefaultParser;
import org.jline.terminal.Terminal;

/** Lines from a person at a terminal, with history and completion. Nothing that goes wrong with one line ends it. */
final class Prompt {
    /** Lines that the history keeps, in memory and in its file. */
    private static final int HISTORY_LINES_MAX = 5_000;

    private final Terminal terminal;
    private final Session session;
    private final Runner runner;

    Prompt(Terminal terminal, Session session, Runner runner) {
        this.terminal = terminal;
        this.session = session;
        this.runner = runner;
    }

    /** Runs until the person leaves. */
    void run(Path history) {
        LineReader reader = LineReaderBuilder.builder()
                .terminal(terminal)
                .appName("kith")
                .parser(new Words())
                .completer((_, line, candidates) -> complete(line, candidates))
                .variable(LineReader.HISTORY_FILE, history)
                .variable(LineReader.HISTORY_SIZE, HISTORY_LINES_MAX)
                .variable(LineReader.HISTORY_FILE_SIZE, HISTORY_LINES_MAX)
                .option(LineReader.Option.DISABLE_EVENT_EXPANSION, true)
                .option(LineReader.Option.CASE_INSENSITIVE, true)
                .build();
        String prompt = "%s %s> ".formatted(session.agent().name().toLowerCase(Locale.ROOT), session.endpoint());
        terminal.writer()
                .println("Version %s at %s. HELP lists the statements."
                        .formatted(session.serverVersion(), session.endpoint()));
        boolean leave = false;
        while (!leave) {
            try {
                leave = runner.run(reader.readLine(prompt)) == Runner.Outcome.LEAVE;
            } catch (UserInterruptException _) {
                terminal.writer().println("QUIT leaves");
            } catch (EndOfFileException _) {
                return;
            } catch (SyntaxException | RemoteException wrong) {
                terminal.writer().println("Error: " + wrong.getMessage());
                terminal.flush();
            }
        }
    }

    private void complete(ParsedLine line, List<Candidate> candidates) {
        int start = line.cursor() - line.wordCursor();
        new Completion(session.agent(), this::stores)
                .candidates(line.line().substring(0, start))
                .forEach(word -> candidates.add(new Candidate(word)));
    }

    /** The names of the stores; none when they cannot be had, since completion is no place to complain. */
    private List<String> stores() {
        try {
            Reply reply = session.run(List.of(new Statement.ListStores(Optional.empty())))
                    .getFirst();
            if (!(reply instanceof Reply.Many(String _, var rows, var _))) {
                return List.of();
            }
            return rows.stream()
                    .map(row -> row.get("name"))
                    .filter(Cell.Text.class::isInstance)
                    .map(name -> Quoted.name(((Cell.Text) name).text()))
                    .toList();
        } catch (RemoteException unreachable) {
            return List.of();
        }
    }

    /** Words between blanks and signs. Quotation marks are the language's matter, and backslashes too. */
    private static final class Words extends DefaultParser {
        Words() {
            setQuoteChars(new char[0]);
            setEscapeChars(new char[0]);
        }

        @Override
        public boolean isDelimiterChar(CharSequence buffer, int at) {
            return super.isDelimiterChar(buffer, at) || Completion.SIGNS.indexOf(buffer.charAt(at)) >= 0;
        }
    }
}
