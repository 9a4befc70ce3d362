package dev.kith.engine.transform;

import dev.kith.vectors.Rejection;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Reads the text of a specification's transforms: comma-separated {@code PCA<d>}, {@code NORM}, {@code OPQ<M>_<d>}. */
final class Chain {
    /** Steps of one chain; FAISS's own examples have at most three. */
    static final int STEPS_MAX = 4;

    // At most five digits: more cannot be a dimension, and the number then fits an int.
    private static final Pattern PCA = Pattern.compile("PCA(\\d{1,5})");
    private static final Pattern OPQ = Pattern.compile("OPQ(\\d{1,5})(?:_(\\d{1,5}))?");
    private static final Pattern NORM = Pattern.compile("NORM|L2norm");

    private Chain() {}

    static List<Step> parse(String text, int dimension) {
        List<Step> steps = new ArrayList<>();
        if (text.isEmpty()) {
            return steps;
        }
        int position = 0;
        int width = dimension;
        for (String word : text.split(",", -1)) {
            if (steps.size() == STEPS_MAX) {
                throw Rejection.invalid("More than %d transforms, from position %d on".formatted(STEPS_MAX, position));
            }
            Step step = step(word, width, position);
            steps.add(step);
            width = step.output();
            position += word.length() + 1;
        }
        return steps;
    }

    private static Step step(String word, int width, int position) {
        if (NORM.matcher(word).matches()) {
            return new Step.Norm(word, width);
        }
        Matcher pca = PCA.matcher(word);
        if (pca.matches()) {
            return new Step.Pca(word, width, Integer.parseInt(pca.group(1)));
        }
        Matcher opq = OPQ.matcher(word);
        if (opq.matches()) {
            int output = opq.group(2) == null ? width : Integer.parseInt(opq.group(2));
            return new Step.Opq(word, width, output, Integer.parseInt(opq.group(1)));
        }
        throw Rejection.invalid("Unsupported transform '%s' at position %d".formatted(word, position));
    }
}
