package dev.kith.bench;

import dev.kith.bench.GraphSet.Span;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.stream.Collectors;

/** All measurements over one set. The sides take turns, each round in another order. */
final class GraphRace {
    private final GraphSet set;
    private final List<Lane> lanes;
    private final Optional<Lane> ours;
    private final Report report;
    private final GraphBench.Effort effort;
    private final Span reported;

    GraphRace(GraphSet set, List<Contestant> contestants, Report report, GraphBench.Effort effort) {
        this.set = set;
        this.report = report;
        this.effort = effort;
        this.reported = set.reported(effort.reported());
        this.lanes = contestants.stream()
                .map(contestant -> new Lane(contestant, set, reported))
                .toList();
        this.ours = lanes.stream().filter(Lane::ours).findFirst();
    }

    /** Prints everything and returns the curves. */
    List<Curve> run() {
        build();
        lanes.forEach(Lane::tune);
        eachRound(effort.rounds(), (lane, round) -> lane.oneThread());
        List<Curve> curves = lanes.stream().map(Lane::curve).toList();
        compare(curves);
        latencies();
        twoThreads();
        ours.ifPresent(this::growth);
        ours.ifPresent(this::halving);
        return curves;
    }

    private interface Turn {
        void take(Lane lane, int round);
    }

    private void eachRound(int rounds, Turn turn) {
        List<Lane> order = new ArrayList<>(lanes);
        for (int round = 0; round < rounds; round++) {
            for (Lane lane : order) {
                turn.take(lane, round);
            }
            Collections.reverse(order);
            Collections.rotate(order, 1);
        }
    }

    private void eachPeer(Consumer<Lane> action) {
        lanes.stream().filter(lane -> !lane.ours()).forEach(action);
    }

    private void build() {
        eachRound(effort.builds(), Lane::build);
        report.line(
                "built with two threads; memory beyond that of the empty process (rows alone %.0f MiB):",
                mib(set.bytes()));
        for (Lane lane : lanes) {
            Contestant.Built last = lane.builds().getLast();
            double resident =
                    Lane.stats(lane.builds(), Contestant.Built::residentBytes).median();
            String own = last.ownBytes() == 0
                    ? ""
                    : String.format(
                            Locale.ROOT,
                            "; by its own count %.0f bytes a point",
                            (last.ownBytes() - set.bytes()) / set.rows());
            String call = last.callMicros() == 0
                    ? ""
                    : String.format(Locale.ROOT, "; %.1f µs of its binding are taken off each call", last.callMicros());
            report.line(
                    "  %-13s %s s; %.0f MiB, beyond the rows %.0f bytes a point; huge pages %.0f MiB%s%s",
                    lane.name(),
                    lane.buildSeconds(),
                    mib(resident),
                    (resident - set.bytes()) / set.rows(),
                    mib(last.hugeBytes()),
                    own,
                    call);
        }
        ratios("build-time", Lane::buildSeconds);
        lanes.forEach(
                lane -> report.line("  %-13s %s", lane.name(), lane.contestant().about()));
    }

    private static double mib(double bytes) {
        return bytes / (1 << 20);
    }

    /** Keeps our median over that of each peer. */
    private void ratios(String what, Function<Lane, Stats> figure) {
        ours.map(figure)
                .ifPresent(own -> eachPeer(lane -> report.ratio(
                        "%s-%s-%s".formatted(set.name(), what, lane.name()),
                        own.median() / figure.apply(lane).median())));
    }

    private void compare(List<Curve> curves) {
        report.line("one thread, %,d queries, recall@%d and queries/s (ef):", reported.count(), GraphSet.K);
        for (Curve curve : curves) {
            report.line(
                    "  %-13s %s",
                    curve.name(),
                    curve.points().stream()
                            .map(point -> String.format(
                                    Locale.ROOT, "%.4f %,.0f (%d)", point.recall(), point.median(), point.ef()))
                            .collect(Collectors.joining(" | ")));
        }
        for (double target : Lane.TARGETS) {
            report.line("at recall %.2f, queries/s:", target);
            curves.forEach(curve -> compareAt(target, curve));
        }
    }

    private void compareAt(double target, Curve curve) {
        List<Double> speeds = curve.speedsAt(target);
        if (speeds.isEmpty()) {
            report.line("  %-13s never", curve.name());
            return;
        }
        String note = curve.points().getFirst().recall() >= target ? "; its smallest ef finds more" : "";
        Stats speed = Lane.stats(speeds, each -> each);
        List<Double> own = ours.map(lane -> lane.curve().speedsAt(target)).orElse(List.of());
        if (own.isEmpty() || curve.name().equals(Contestant.OURS)) {
            report.line("  %-13s %s%s", curve.name(), speed, note);
            return;
        }
        double[] ratios = new double[speeds.size()];
        for (int round = 0; round < ratios.length; round++) {
            ratios[round] = own.get(round) / speeds.get(round);
        }
        Stats ratio = new Stats(ratios);
        report.line(
                "  %-13s %s; ratio %.2f (%.2f to %.2f)%s",
                curve.name(), speed, ratio.median(), ratio.min(), ratio.max(), note);
        report.ratio("%s-r%.0f-%s".formatted(set.name(), 100 * target, curve.name()), ratio.median());
    }

    private void latencies() {
        eachRound(effort.rounds(), (lane, round) -> lane.latency());
        report.line("single searches with the smallest ef of recall %.2f, one thread, µs:", Lane.MAIN_TARGET);
        lanes.forEach(lane ->
                report.line("  %-13s ef %d: p50 %s, p99 %s", lane.name(), lane.mainEf(), lane.p50(), lane.p99()));
    }

    private void twoThreads() {
        eachRound(effort.rounds(), (lane, round) -> lane.twoThreads());
        report.line("two threads at recall %.2f, queries/s, and over one thread:", Lane.MAIN_TARGET);
        lanes.forEach(lane -> report.line("  %-13s %s; %s", lane.name(), lane.perSecondOfTwo(), lane.gain()));
        ours.ifPresent(
                lane -> report.ratio(set.name() + "-two-threads", lane.gain().median()));
        ratios("two-threads", Lane::perSecondOfTwo);
    }

    private void growth(Lane lane) {
        Contestant.Growth growth = lane.grow();
        double times = growth.building().p99() / growth.idle().p99();
        report.line(
                "searched while building: p50 %.0f, p99 %.0f µs of %,.0f; before p50 %.0f, p99 %.0f; p99 %.2f times",
                growth.building().p50(),
                growth.building().p99(),
                growth.searches(),
                growth.idle().p50(),
                growth.idle().p99(),
                times);
        report.ratio(set.name() + "-p99-while-building", times);
    }

    private void halving(Lane lane) {
        Contestant.Halved halved = lane.halve();
        double times = halved.compacting().p99() / halved.idle().p99();
        report.line(
                "searched while half is deleted and compacted away: p50 %.0f, p99 %.0f µs; before p50 %.0f, p99 %.0f;"
                        + " p99 %.2f times",
                halved.compacting().p50(),
                halved.compacting().p99(),
                halved.idle().p50(),
                halved.idle().p99(),
                times);
        report.ratio(set.name() + "-p99-while-compacting", times);
        report.line(
                "afterwards, beside a graph of the other half alone; deleting and compacting took %.1f s:",
                halved.seconds());
        double worst = 0;
        for (Contestant.Beside beside : halved.besides()) {
            double ratio = beside.mended().perSecond() / beside.fresh().perSecond();
            double lost = beside.fresh().recall() - beside.mended().recall();
            report.line(
                    "  ef %d: recall %.4f, %.4f alone; %,.0f queries/s, ratio %.2f",
                    beside.ef(),
                    beside.mended().recall(),
                    beside.fresh().recall(),
                    beside.mended().perSecond(),
                    ratio);
            worst = Math.max(worst, lost);
            if (beside.ef() == lane.mainEf()) {
                report.ratio(set.name() + "-after-deleting-half", ratio);
            }
        }
        report.ratio(set.name() + "-recall-lost-by-deleting-half", worst);
    }
}
