package dev.kith.bench.rivals;

import dev.kith.vectors.Metric;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.logging.Level;
import java.util.logging.Logger;
import java.util.regex.Pattern;

/**
 * {@code RivalMain kith|lucene|jvector FOLDER}: runs one rival. One command a line on standard input, words apart by
 * tabs; one reply a line on standard output, {@code ok name=value …} or {@code error text}. Between commands it sleeps.
 */
public final class RivalMain {
    /** Held, since a logger that nobody holds forgets its level. */
    private static final Logger ROOT_LOG = Logger.getLogger("");

    private RivalMain() {}

    private interface Command {
        Map<String, Object> run(String[] arguments) throws IOException;
    }

    public static void main(String[] arguments) throws IOException {
        // The libraries tell at start which vector instructions they found; what matters of it is in about.
        ROOT_LOG.setLevel(Level.WARNING);
        Path folder = Path.of(arguments[1]);
        Trial trial = new Trial(() -> switch (arguments[0]) {
            case "kith" -> new KithRival();
            case "lucene" -> new LuceneRival(folder);
            case "jvector" -> new JVectorRival();
            default -> throw new IllegalArgumentException("no rival is called " + arguments[0]);
        });
        serve(commands(trial), System.out);
    }

    private static Map<String, Command> commands(Trial trial) {
        return Map.of(
                "about",
                words -> trial.about(),
                "load",
                words -> trial.load(
                        new FloatFile(Path.of(words[3]), number(words[2]), Metric.valueOf(words[1])),
                        Path.of(words[4])),
                "build",
                words -> trial.build(
                        new Rival.Plan(number(words[1]), number(words[2]), number(words[3]), number(words[4]))),
                "answer",
                words -> trial.answer(ask(words), Path.of(words[5])),
                "search",
                words -> trial.search(ask(words), number(words[5])),
                "latency",
                words -> trial.latency(ask(words)),
                "building",
                words -> trial.building(ask(words)),
                "halved",
                words -> trial.halved(
                        ask(words),
                        Pattern.compile(",")
                                .splitAsStream(words[5])
                                .mapToInt(RivalMain::number)
                                .toArray()));
    }

    /** Every searching command begins with: ef, first query, count, k. */
    private static Trial.Ask ask(String[] words) {
        return new Trial.Ask(number(words[1]), number(words[2]), number(words[3]), number(words[4]));
    }

    private static int number(String word) {
        return Integer.parseInt(word);
    }

    private static void serve(Map<String, Command> commands, PrintStream out) throws IOException {
        BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        for (String line = in.readLine(); line != null; line = in.readLine()) {
            String[] words = line.split("\t", -1);
            StringBuilder reply = new StringBuilder("ok");
            try {
                Command command = Optional.ofNullable(commands.get(words[0]))
                        .orElseThrow(() -> new IllegalArgumentException("no command is called " + words[0]));
                command.run(words)
                        .forEach((name, value) ->
                                reply.append('\t').append(name).append('=').append(value));
            } catch (IOException | RuntimeException | Error fault) {
                fault.printStackTrace(System.err);
                reply.setLength(0);
                reply.append("error\t").append(fault.toString().replace('\n', ' '));
            }
            out.println(reply);
            out.flush();
        }
    }
}
