package dev.kith.shell;

import dev.kith.shell.remote.Reply;
import dev.kith.shell.remote.Session;
import java.io.PrintStream;
import java.util.List;

/** Does what a line asks, and shows what comes of it. */
final class Runner {
    enum Outcome {
        DONE,
        REFUSED,
        LEAVE
    }

    private final Session session;
    private final Screen screen;
    private final PrintStream out;

    Runner(Session session, Screen screen, PrintStream out) {
        this.session = session;
        this.screen = screen;
        this.out = out;
    }

    /**
     * Runs one line; its statements go to the server together.
     *
     * @throws dev.kith.shell.language.SyntaxException if the line means nothing
     * @throws dev.kith.shell.remote.RemoteException if the server could not be asked
     */
    Outcome run(String line) {
        return switch (Line.of(line, session.agent())) {
            case Line.Leave() -> Outcome.LEAVE;
            case Line.HelpForAll() -> {
                out.println(Help.all(session.agent()));
                yield Outcome.DONE;
            }
            case Line.HelpFor(String word) -> {
                out.println(Help.of(word, session.agent()));
                yield Outcome.DONE;
            }
            case Line.Statements(var statements) -> {
                List<Reply> replies = statements.isEmpty() ? List.of() : session.run(statements);
                replies.forEach(screen::show);
                boolean refused = replies.stream().anyMatch(Reply.Refusal.class::isInstance);
                yield refused ? Outcome.REFUSED : Outcome.DONE;
            }
        };
    }
}
