package dev.kith.bench;

import dev.kith.bench.GraphSet.Span;
import java.util.ArrayList;
import java.util.List;
import java.util.function.ToDoubleFunction;

/** One side of a {@link GraphRace} and all that was measured of it. */
final class Lane {
    /** Recalls at which speeds are compared. */
    static final List<Double> TARGETS = List.of(0.90, 0.95, 0.99);
    /** The one at which latencies and two threads are measured. */
    static final double MAIN_TARGET = 0.95;
    /** Recall of the reported queries may differ so much from that of the tuning queries. */
    private static final double MARGIN = 0.005;
    /** Each about 1.4 times the one before: close enough to interpolate. The last is where a side gives up. */
    private static final int[] EFS = {10, 14, 20, 28, 40, 56, 80, 112, 160, 224, 320, 448, 640};

    private static final int BUILD_THREADS = 2;
    private static final int SEARCH_THREADS = 2;

    private final Contestant contestant;
    private final GraphSet set;
    private final Span reported;
    private final List<Contestant.Built> builds = new ArrayList<>();
    private final List<Integer> efs = new ArrayList<>();
    private final List<Double> recalls = new ArrayList<>();
    private final List<List<Double>> speeds = new ArrayList<>();
    private final List<Contestant.Latency> latencies = new ArrayList<>();
    private final List<List<Double>> speedsOfTwo = new ArrayList<>();
    private final List<Double> gains = new ArrayList<>();

    Lane(Contestant contestant, GraphSet set, Span reported) {
        this.contestant = contestant;
        this.set = set;
        this.reported = reported;
    }

    Contestant contestant() {
        return contestant;
    }

    String name() {
        return contestant.name();
    }

    boolean ours() {
        return contestant.ours();
    }

    /** Ours and the peer whose build time is compared build again each round, the others once. */
    void build(int round) {
        if (round == 0 || ours() || name().equals(Contestant.HNSWLIB)) {
            builds.add(contestant.build(set, BUILD_THREADS));
        }
    }

    List<Contestant.Built> builds() {
        return builds;
    }

    Stats buildSeconds() {
        return stats(builds, Contestant.Built::seconds);
    }

    /** Chooses, with the tuning queries, the efs that enclose the targets; then their recall for the others. */
    void tune() {
        for (int ef : EFS) {
            double recall = contestant.recall(set, ef, set.tuning());
            if (recall < TARGETS.getFirst() - MARGIN) {
                efs.clear();
            }
            efs.add(ef);
            if (recall >= TARGETS.getLast() + MARGIN) {
                break;
            }
        }
        for (int ef : efs) {
            recalls.add(contestant.recall(set, ef, reported));
            speeds.add(new ArrayList<>());
            speedsOfTwo.add(new ArrayList<>());
        }
    }

    /** One round over all chosen efs. */
    void oneThread() {
        for (int i = 0; i < efs.size(); i++) {
            speeds.get(i).add(contestant.perSecond(efs.get(i), reported, 1));
        }
    }

    Curve curve() {
        return curve(0, speeds);
    }

    /** Of {@code perSecond.size()} points from the {@code first} on. */
    private Curve curve(int first, List<List<Double>> perSecond) {
        List<Curve.Point> points = new ArrayList<>();
        for (int i = 0; i < perSecond.size(); i++) {
            points.add(new Curve.Point(
                    efs.get(first + i),
                    recalls.get(first + i),
                    perSecond.get(i).stream().mapToDouble(each -> each).toArray()));
        }
        return new Curve(name(), points);
    }

    /** The smallest measured ef that finds enough, or the greatest there is. */
    int mainEf() {
        return curve().efFor(MAIN_TARGET).orElse(efs.getLast());
    }

    void latency() {
        latencies.add(contestant.latency(mainEf(), reported));
    }

    Stats p50() {
        return stats(latencies, Contestant.Latency::p50);
    }

    Stats p99() {
        return stats(latencies, Contestant.Latency::p99);
    }

    /** One round with one and with two threads, at the efs on both sides of the main recall. */
    void twoThreads() {
        double one = 0;
        double both = 0;
        for (int i = firstOfTwo(); i <= efs.indexOf(mainEf()); i++) {
            double alone = contestant.perSecond(efs.get(i), reported, 1);
            double perSecond = contestant.perSecond(efs.get(i), reported, SEARCH_THREADS);
            speedsOfTwo.get(i).add(perSecond);
            one += 1 / alone;
            both += 1 / perSecond;
        }
        gains.add(one / both);
    }

    private int firstOfTwo() {
        return Math.max(0, efs.indexOf(mainEf()) - 1);
    }

    /** Queries a second of two threads at the main recall; at the greatest ef where that is not enough. */
    Stats perSecondOfTwo() {
        int last = efs.indexOf(mainEf());
        List<Double> found =
                curve(firstOfTwo(), speedsOfTwo.subList(firstOfTwo(), last + 1)).speedsAt(MAIN_TARGET);
        return stats(found.isEmpty() ? speedsOfTwo.get(last) : found, each -> each);
    }

    /** Two threads over one. */
    Stats gain() {
        return stats(gains, each -> each);
    }

    Contestant.Growth grow() {
        return contestant.grow(mainEf(), reported);
    }

    Contestant.Halved halve() {
        return contestant.halve(mainEf(), efs, reported);
    }

    static <T> Stats stats(List<T> measured, ToDoubleFunction<T> field) {
        return new Stats(measured.stream().mapToDouble(field).toArray());
    }
}
