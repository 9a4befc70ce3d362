package dev.kith.shell;

import dev.kith.shell.language.Agent;
import dev.kith.shell.language.Index;
import dev.kith.shell.language.Model;
import dev.kith.shell.language.Processing;
import dev.kith.shell.language.Statement;
import dev.kith.shell.language.Verb;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Supplier;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** What may come next in a line, by the last word that stands whole before it; a guess, not a parse. */
final class Completion {
    private static final List<String> CLAUSES = List.of(
            "IN",
            "SCHEMA",
            "WHERE",
            "WITH",
            "USING",
            "IF",
            "NOT",
            "EXISTS",
            "DIMENSION",
            "PREDICATES",
            "MERGE",
            "NONE",
            "NONLINEARALGORITHMINDEX",
            "LIMIT",
            "CURSOR",
            "AND",
            "OR");
    private static final List<String> CLAUSES_AI =
            List.of("QUERYMODEL", "INDEXMODEL", "STOREORIGINAL", "PREPROCESSACTION", "EXECUTIONPROVIDER");
    private static final List<String> OWN = List.of("HELP", "QUIT");

    /** The signs that end a word, besides blanks. */
    static final String SIGNS = ";(),[]{}=:";

    private final Agent agent;
    private final Supplier<List<String>> stores;

    /** Stores are asked for only where one may come. */
    Completion(Agent agent, Supplier<List<String>> stores) {
        this.agent = agent;
        this.stores = stores;
    }

    /**
     * All that may stand at the end of a line.
     *
     * @param before the line up to the word that is completed
     */
    List<String> candidates(String before) {
        String statement = before.substring(before.lastIndexOf(';') + 1).strip();
        if (statement.isEmpty()) {
            return Stream.concat(Verb.of(agent).stream().map(Verb::name), OWN.stream())
                    .toList();
        }
        String[] words = statement.split("[\\s" + Pattern.quote(SIGNS) + "]+", -1);
        String last = lastOf(words);
        return switch (last) {
            case "HELP" -> Verb.of(agent).stream().map(Verb::name).toList();
            case "GETSTORE", "DROPSTORE", "CLEARSTORE", "LISTSTOREENTRIES" -> stores.get();
            case "IN" -> statement.endsWith("(") ? List.of() : stores.get();
            case "USING" -> names(Statement.Algorithm.class);
            case "QUERYMODEL", "INDEXMODEL" -> Model.flags();
            case "PREPROCESSACTION" -> names(Processing.Action.class);
            case "EXECUTIONPROVIDER" -> names(Processing.Provider.class);
            case "NONLINEARALGORITHMINDEX", "CREATENONLINEARALGORITHMINDEX", "DROPNONLINEARALGORITHMINDEX" ->
                names(Index.Kind.class);
            default ->
                agent == Agent.AI
                        ? Stream.concat(CLAUSES.stream(), CLAUSES_AI.stream()).toList()
                        : CLAUSES;
        };
    }

    private static String lastOf(String[] words) {
        Optional<String> last =
                Arrays.stream(words).filter(word -> !word.isEmpty()).reduce((_, word) -> word);
        return last.orElse("").toUpperCase(Locale.ROOT);
    }

    private static <E extends Enum<E>> List<String> names(Class<E> set) {
        return Arrays.stream(set.getEnumConstants())
                .map(one -> one.name().toLowerCase(Locale.ROOT))
                .toList();
    }
}
