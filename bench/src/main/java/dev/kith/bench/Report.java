package dev.kith.bench;

import java.io.PrintStream;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;

/** What a run prints: lines for people as they come, and the ratios as one line for scripts at the end. */
final class Report {
    private final PrintStream out;
    private final Map<String, Double> ratios = new LinkedHashMap<>();

    Report(PrintStream out) {
        this.out = out;
    }

    void heading(String text) {
        out.println();
        out.println("## " + text);
    }

    @SuppressWarnings("AnnotateFormatMethod") // The annotation would be a dependency; every format here is a literal.
    void line(String format, Object... values) {
        out.println(String.format(Locale.ROOT, format, values));
    }

    /** Keeps a figure for the last line. */
    void ratio(String name, double value) {
        ratios.put(name, value);
    }

    /** Prints one comparison and keeps its median ratio. */
    void duel(String name, String unit, Duel duel) {
        line(
                "%-28s ours %s, peer %s %s; ratio %.2f (%.2f to %.2f)",
                name,
                duel.ours(),
                duel.theirs(),
                unit,
                duel.ratio().median(),
                duel.ratio().min(),
                duel.ratio().max());
        ratio(name, duel.ratio().median());
    }

    void finish() {
        out.println();
        out.println("ratios "
                + ratios.entrySet().stream()
                        .map(each -> String.format(Locale.ROOT, "%s=%.3f", each.getKey(), each.getValue()))
                        .collect(Collectors.joining(" ")));
    }
}
