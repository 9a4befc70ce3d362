package dev.kith.shell;

import dev.kith.shell.language.Agent;
import dev.kith.shell.language.Parser;
import dev.kith.shell.language.Statement;
import java.util.List;
import java.util.Locale;

/** What a line asks: of the shell itself, or of the server. */
sealed interface Line {
    record Leave() implements Line {}

    record HelpFor(String word) implements Line {}

    record HelpForAll() implements Line {}

    record Statements(List<Statement> statements) implements Line {}

    /**
     * Reads a line.
     *
     * @throws dev.kith.shell.language.SyntaxException if it means nothing
     */
    static Line of(String line, Agent agent) {
        String[] words = line.strip().toLowerCase(Locale.ROOT).split("\\s+", 3);
        return switch (words[0]) {
            case "quit", "exit", "exit()" -> new Leave();
            case "help" -> words.length == 1 ? new HelpForAll() : new HelpFor(words[1]);
            default -> new Statements(Parser.parse(line, agent));
        };
    }
}
