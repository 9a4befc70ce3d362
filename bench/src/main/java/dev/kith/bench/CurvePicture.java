package dev.kith.bench;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** Speed over recall as an SVG file: further right finds more, further up is faster. */
final class CurvePicture {
    private static final int WIDTH = 860;
    private static final int HEIGHT = 540;
    private static final int LEFT = 80;
    private static final int RIGHT = 30;
    private static final int TOP = 50;
    private static final int BOTTOM = 60;
    /** Left of this nobody looks. */
    private static final double RECALL_MIN = 0.8;

    private static final Map<String, String> COLOURS = Map.of(
            "kith", "#d1242f",
            "hnswlib", "#0969da",
            "hnswlib-huge", "#54aeff",
            "faiss", "#1a7f37",
            "lucene", "#8250df",
            "jvector", "#bf8700");

    private final StringBuilder svg = new StringBuilder();
    private final double recallMin;
    private final double slowest;
    private final double fastest;

    private CurvePicture(List<Curve> curves) {
        List<Curve.Point> shown = curves.stream()
                .flatMap(curve -> curve.points().stream())
                .filter(point -> point.recall() >= RECALL_MIN)
                .toList();
        recallMin = Math.min(
                0.95,
                Math.floor(20
                                * shown.stream()
                                        .mapToDouble(Curve.Point::recall)
                                        .min()
                                        .orElse(RECALL_MIN))
                        / 20);
        slowest = Math.pow(
                10,
                Math.floor(Math.log10(
                        shown.stream().mapToDouble(Curve.Point::median).min().orElse(1))));
        fastest = Math.pow(
                10,
                Math.ceil(Math.log10(
                        shown.stream().mapToDouble(Curve.Point::median).max().orElse(10))));
    }

    /** Writes {@code SET.svg} into the folder. */
    static Path write(GraphSet set, List<Curve> curves, Path folder) {
        CurvePicture picture = new CurvePicture(curves);
        picture.frame("%s: %,d × %d, one thread, M 16, efConstruction 200, k %d"
                .formatted(set.name(), set.rows(), set.dimension(), GraphSet.K));
        for (int i = 0; i < curves.size(); i++) {
            picture.curve(curves.get(i), i);
        }
        picture.svg.append("</svg>\n");
        try {
            Files.createDirectories(folder);
            return Files.writeString(folder.resolve(set.name() + ".svg"), picture.svg);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @SuppressWarnings("AnnotateFormatMethod") // The annotation would be a dependency; every format here is a literal.
    private void add(String format, Object... values) {
        svg.append(String.format(Locale.ROOT, format, values)).append('\n');
    }

    private double x(double recall) {
        return LEFT + (recall - recallMin) / (1 - recallMin) * (WIDTH - LEFT - RIGHT);
    }

    private double y(double perSecond) {
        return HEIGHT - BOTTOM - Math.log(perSecond / slowest) / Math.log(fastest / slowest) * (HEIGHT - TOP - BOTTOM);
    }

    private void frame(String title) {
        add(
                "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\" font-family=\"sans-serif\""
                        + " font-size=\"13\" fill=\"#1f2328\">",
                WIDTH, HEIGHT);
        add("<rect width=\"%d\" height=\"%d\" fill=\"#ffffff\"/>", WIDTH, HEIGHT);
        add("<text x=\"%d\" y=\"26\" font-size=\"16\">%s</text>", LEFT, title);
        for (int step = 0; step <= 10; step++) {
            double recall = recallMin + step * (1 - recallMin) / 10;
            line(x(recall), TOP, x(recall), HEIGHT - BOTTOM);
            add(
                    "<text x=\"%.1f\" y=\"%d\" text-anchor=\"middle\">%.3f</text>",
                    x(recall), HEIGHT - BOTTOM + 20, recall);
        }
        for (double decade = slowest; decade < fastest * 1.01; decade *= 10) {
            for (int times : decade > fastest * 0.99 ? new int[] {1} : new int[] {1, 2, 5}) {
                double perSecond = times * decade;
                line(LEFT, y(perSecond), WIDTH - RIGHT, y(perSecond));
                add(
                        "<text x=\"%d\" y=\"%.1f\" text-anchor=\"end\">%,.0f</text>",
                        LEFT - 8, y(perSecond) + 4, perSecond);
            }
        }
        add(
                "<text x=\"%d\" y=\"%d\" text-anchor=\"middle\">recall@%d</text>",
                (LEFT + WIDTH - RIGHT) / 2, HEIGHT - 14, GraphSet.K);
        int middle = (TOP + HEIGHT - BOTTOM) / 2;
        add(
                "<text x=\"18\" y=\"%d\" text-anchor=\"middle\" transform=\"rotate(-90 18 %d)\">queries/s</text>",
                middle, middle);
    }

    private void line(double fromX, double fromY, double toX, double toY) {
        add("<path d=\"M%.1f %.1fL%.1f %.1f\" stroke=\"#d8dee4\" fill=\"none\"/>", fromX, fromY, toX, toY);
    }

    private void curve(Curve curve, int place) {
        String colour = COLOURS.getOrDefault(curve.name(), "#59636e");
        StringBuilder path = new StringBuilder();
        for (Curve.Point point : curve.points()) {
            if (point.recall() >= recallMin) {
                path.append(String.format(
                        Locale.ROOT, "%s%.1f %.1f", path.isEmpty() ? "M" : "L", x(point.recall()), y(point.median())));
                add(
                        "<circle cx=\"%.1f\" cy=\"%.1f\" r=\"3.5\" fill=\"%s\"><title>%s, ef %d</title></circle>",
                        x(point.recall()), y(point.median()), colour, curve.name(), point.ef());
            }
        }
        add("<path d=\"%s\" stroke=\"%s\" stroke-width=\"2\" fill=\"none\"/>", path, colour);
        int row = HEIGHT - BOTTOM - 20 * (COLOURS.size() - place);
        add("<path d=\"M%d %dl24 0\" stroke=\"%s\" stroke-width=\"3\"/>", LEFT + 16, row, colour);
        add("<text x=\"%d\" y=\"%d\">%s</text>", LEFT + 48, row + 4, curve.name());
    }
}
