package dev.kith.bench;

import java.util.ArrayList;
import java.util.List;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.function.ToDoubleFunction;

/**
 * How fast one side finds how much, on one thread: points by ascending ef, measured in rounds.
 *
 * @param points at least one
 */
record Curve(String name, List<Point> points) {

    /**
     * One ef.
     *
     * @param perSecond {@code double[rounds]}, queries a second
     */
    record Point(int ef, double recall, double[] perSecond) {
        double median() {
            return new Stats(perSecond).median();
        }
    }

    Curve {
        points = List.copyOf(points);
    }

    int rounds() {
        return points.getFirst().perSecond().length;
    }

    /** Queries a second of one round at this recall, see {@link #speedAt(double, ToDoubleFunction)}. */
    OptionalDouble speedAt(double recall, int round) {
        return speedAt(recall, point -> point.perSecond()[round]);
    }

    /** The rounds' speeds at this recall; empty when it was never reached. */
    List<Double> speedsAt(double recall) {
        List<Double> speeds = new ArrayList<>();
        for (int round = 0; round < rounds(); round++) {
            speedAt(recall, round).ifPresent(speeds::add);
        }
        return speeds;
    }

    /**
     * Between the two neighbours that enclose a recall, the logarithm of the speed is taken to be linear in the recall.
     * Where the smallest ef finds more already, its speed counts: nothing is extrapolated.
     */
    private OptionalDouble speedAt(double recall, ToDoubleFunction<Point> speed) {
        for (int i = 0; i < points.size(); i++) {
            Point above = points.get(i);
            if (above.recall() >= recall) {
                if (i == 0) {
                    return OptionalDouble.of(speed.applyAsDouble(above));
                }
                Point below = points.get(i - 1);
                double share = (recall - below.recall()) / (above.recall() - below.recall());
                double start = Math.log(speed.applyAsDouble(below));
                return OptionalDouble.of(Math.exp(start + share * (Math.log(speed.applyAsDouble(above)) - start)));
            }
        }
        return OptionalDouble.empty();
    }

    /** The smallest measured ef that finds so much. */
    OptionalInt efFor(double recall) {
        return points.stream()
                .filter(point -> point.recall() >= recall)
                .mapToInt(Point::ef)
                .findFirst();
    }
}
