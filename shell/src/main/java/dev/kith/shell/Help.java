package dev.kith.shell;

import dev.kith.shell.language.Agent;
import dev.kith.shell.language.Verb;
import java.util.List;
import java.util.Optional;

/** What HELP answers. */
final class Help {
    private static final String MORE = """

            Statements of one line, with semicolons between them, are sent together. Words are in any case.
            A condition is key = value, key != value, key IN (value, ..), key NOT IN (value, ..), or conditions in
            parentheses with AND or OR between them. Text may be in quotes, 'so' or "so", and then hold any character.
            HELP statement shows its form. QUIT, EXIT or the end of the input leave.""";

    private Help() {}

    static String all(Agent agent) {
        List<Verb> verbs = Verb.of(agent);
        int widest = verbs.stream().mapToInt(verb -> verb.name().length()).max().orElse(0);
        StringBuilder text = new StringBuilder();
        for (Verb verb : verbs) {
            String purpose = verb.purpose();
            int sentence = purpose.indexOf(". ");
            text.append(verb.name())
                    .append(" ".repeat(widest - verb.name().length() + 2))
                    .append(sentence < 0 ? purpose : purpose.substring(0, sentence + 1))
                    .append('\n');
        }
        return text.append(MORE).toString();
    }

    static String of(String word, Agent agent) {
        Optional<Verb> verb = Verb.of(word).filter(one -> one.isFor(agent));
        return verb.map(one -> one.form() + "\n" + one.purpose())
                .orElseGet(() -> "There is no statement %s; HELP lists those that there are.".formatted(word));
    }
}
