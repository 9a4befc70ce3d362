package dev.kith.testkit;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.function.ToDoubleFunction;

/**
 * The right answers, by brute force in double arithmetic: each method scores every point and sorts. Greater is closer;
 * equal scores are ordered by smaller id. Cost: one pass over all points and one sort, per query.
 *
 * <p>Floats are widened before anything is subtracted or multiplied, so a score is as good as exact next to one that
 * was summed in floats; compare with a tolerance.
 */
public final class Oracle {
    private static final Comparator<Hit> CLOSEST_FIRST =
            Comparator.comparingDouble(Hit::score).reversed().thenComparingLong(Hit::id);

    private Oracle() {}

    /** One point and its score. */
    public record Hit(long id, double score) {}

    /** How alike two float vectors are. */
    public enum Likeness {
        /** −‖q − x‖². */
        L2 {
            @Override
            public double score(float[] q, float[] x) {
                double sum = 0;
                for (int i = 0; i < q.length; i++) {
                    double difference = (double) q[i] - x[i];
                    sum += difference * difference;
                }
                return 0 - sum;
            }
        },
        /** q · x. */
        INNER_PRODUCT {
            @Override
            public double score(float[] q, float[] x) {
                double sum = 0;
                for (int i = 0; i < q.length; i++) {
                    sum += (double) q[i] * x[i];
                }
                return sum;
            }
        },
        /** q · x / (‖q‖ ‖x‖); −∞ where either is the zero vector. */
        COSINE {
            @Override
            public double score(float[] q, float[] x) {
                double norms = Math.sqrt(INNER_PRODUCT.score(q, q) * INNER_PRODUCT.score(x, x));
                return norms == 0 ? Double.NEGATIVE_INFINITY : INNER_PRODUCT.score(q, x) / norms;
            }
        };

        /** The score of {@code x} for the query {@code q}; both have the same length. */
        public abstract double score(float[] q, float[] x);
    }

    /** −(number of bits in which the two differ). */
    public static double hamming(long[] q, long[] x) {
        long differing = 0;
        for (int i = 0; i < q.length; i++) {
            differing += Long.bitCount(q[i] ^ x[i]);
        }
        return 0 - differing;
    }

    /** The {@code k} closest points, or all if there are fewer, closest first. */
    public static List<Hit> topK(Map<Long, float[]> points, float[] q, Likeness likeness, int k) {
        return first(ranked(points, x -> likeness.score(q, x)), k);
    }

    /** The {@code k} closest bit vectors, or all if there are fewer, closest first. */
    public static List<Hit> topKBits(Map<Long, long[]> points, long[] q, int k) {
        return first(ranked(points, x -> hamming(q, x)), k);
    }

    /** Every point that scores {@code least} or more, closest first. */
    public static List<Hit> range(Map<Long, float[]> points, float[] q, Likeness likeness, double least) {
        return ranked(points, x -> likeness.score(q, x)).stream()
                .takeWhile(hit -> hit.score() >= least)
                .toList();
    }

    /** Every bit vector that scores {@code least} or more, closest first. */
    public static List<Hit> rangeBits(Map<Long, long[]> points, long[] q, double least) {
        return ranked(points, x -> hamming(q, x)).stream()
                .takeWhile(hit -> hit.score() >= least)
                .toList();
    }

    /** All points, closest first. */
    private static <X> List<Hit> ranked(Map<Long, X> points, ToDoubleFunction<X> score) {
        List<Hit> hits = new ArrayList<>(points.size());
        points.forEach((id, x) -> hits.add(new Hit(id, score.applyAsDouble(x))));
        hits.sort(CLOSEST_FIRST);
        return hits;
    }

    private static List<Hit> first(List<Hit> hits, int k) {
        return List.copyOf(hits.subList(0, Math.min(k, hits.size())));
    }
}
