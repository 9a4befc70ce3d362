package dev.kith.shell;

import dev.kith.shell.remote.Cell;
import dev.kith.shell.remote.Reply;
import java.io.PrintStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.jline.utils.AttributedString;
import org.jline.utils.AttributedStringBuilder;
import org.jline.utils.AttributedStyle;

/** Tables for people: long vectors and texts are shortened, and no character of the data acts on the terminal. */
final class TableScreen implements Screen {
    /** Components of a vector that are shown; the rest is counted. */
    private static final int COMPONENTS_MAX = 6;

    /** Columns of a terminal that one cell takes at most. */
    private static final int CELL_COLUMNS_MAX = 80;

    private static final String GAP = "  ";
    private static final AttributedStyle WRONG = AttributedStyle.DEFAULT.foreground(AttributedStyle.RED);

    private final PrintStream out;
    private final boolean colours;

    TableScreen(PrintStream out, boolean colours) {
        this.out = out;
        this.colours = colours;
    }

    @Override
    public void show(Reply reply) {
        switch (reply) {
            case Reply.One(String name, Map<String, Cell> facts) -> {
                out.println(name);
                print(facts);
            }
            case Reply.Many(String name, List<Map<String, Cell>> rows, Map<String, Cell> more) -> {
                out.println("%s: %d".formatted(name, rows.size()));
                if (!rows.isEmpty()) {
                    table(rows);
                }
                print(more);
            }
            case Reply.Refusal(int _, String message) -> {
                String text = "Error: " + harmless(message);
                out.println(colours ? new AttributedString(text, WRONG).toAnsi() : text);
            }
        }
        out.println();
    }

    private void print(Map<String, Cell> facts) {
        int widest = facts.keySet().stream().mapToInt(String::length).max().orElse(0);
        facts.forEach((name, cell) -> out.println(GAP + name + " ".repeat(widest - name.length()) + GAP + text(cell)));
    }

    private void table(List<Map<String, Cell>> rows) {
        List<String> names = List.copyOf(rows.getFirst().keySet());
        List<List<String>> lines = new ArrayList<>();
        lines.add(names);
        rows.forEach(row -> lines.add(
                row.values().stream().map(cell -> shortened(text(cell))).toList()));
        List<Integer> widths = new ArrayList<>();
        for (int column = 0; column < names.size(); column++) {
            int at = column;
            widths.add(
                    lines.stream().mapToInt(line -> columns(line.get(at))).max().orElse(0));
        }
        lines.add(1, widths.stream().map("-"::repeat).toList());
        for (List<String> line : lines) {
            StringBuilder text = new StringBuilder();
            for (int column = 0; column < line.size(); column++) {
                text.append(GAP).append(line.get(column));
                text.append(" ".repeat(widths.get(column) - columns(line.get(column))));
            }
            out.println(text.toString().stripTrailing());
        }
    }

    private static String text(Cell cell) {
        return switch (cell) {
            case Cell.Text(String text) -> harmless(text);
            case Cell.Count(long value) -> Long.toUnsignedString(value);
            case Cell.Real(float value) -> Float.toString(value);
            case Cell.Switch(boolean value) -> Boolean.toString(value);
            case Cell.Vector(float[] components) -> vector(components);
            case Cell.Bytes(String kind, byte[] bytes) -> "%s of %d bytes".formatted(kind, bytes.length);
            case Cell.Fields(Map<String, Cell> fields) ->
                fields.entrySet().stream()
                        .map(field -> harmless(field.getKey()) + ": " + text(field.getValue()))
                        .collect(Collectors.joining(", ", "{", "}"));
            case Cell.Items(List<Cell> items) ->
                items.stream().map(TableScreen::text).collect(Collectors.joining(", ", "[", "]"));
            case Cell.Nothing() -> "-";
        };
    }

    private static String vector(float[] components) {
        StringBuilder text = new StringBuilder("[");
        for (int at = 0; at < Math.min(components.length, COMPONENTS_MAX); at++) {
            text.append(at == 0 ? "" : ", ").append(components[at]);
        }
        if (components.length > COMPONENTS_MAX) {
            text.append(", … %d in all".formatted(components.length));
        }
        return text.append(']').toString();
    }

    private static String shortened(String text) {
        AttributedString whole = new AttributedString(text);
        if (whole.columnLength() <= CELL_COLUMNS_MAX) {
            return text;
        }
        return new AttributedStringBuilder()
                .append(whole.columnSubSequence(0, CELL_COLUMNS_MAX - 1))
                .append("…")
                .toString();
    }

    private static int columns(String text) {
        return new AttributedString(text).columnLength();
    }

    /** Line ends, tabs and what else would steer a terminal, written out. */
    private static String harmless(String text) {
        StringBuilder shown = new StringBuilder();
        text.codePoints().forEach(point -> {
            if (Character.isISOControl(point) || Character.getType(point) == Character.FORMAT) {
                shown.append("\\u%04x".formatted(point));
            } else {
                shown.appendCodePoint(point);
            }
        });
        return shown.toString();
    }
}
