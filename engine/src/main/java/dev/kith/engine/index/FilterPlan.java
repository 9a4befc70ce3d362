package dev.kith.engine.index;

import dev.kith.engine.payload.Accepted;
import dev.kith.engine.rows.RowView;
import dev.kith.engine.scan.Asked;
import java.util.Optional;

/**
 * How a walk finds rows that a filter accepts.
 *
 * @param ef accepted rows to keep
 * @param hops see {@link dev.kith.engine.index.hnsw.HnswGraph.Demand}
 * @param measuredMax rows to measure at most: by then a scan would be over
 */
record FilterPlan(int ef, boolean hops, long measuredMax) {
    /** Rows whose payloads are looked at to guess how many a filter accepts that no index knows. */
    private static final int SAMPLE_ROWS = 256;

    private static final int WALK_COST = 20;
    private static final double HOPS_BELOW = 0.6;
    private static final double WIDER = 0;

    /** The plan of a walk for k rows with usually {@code ef} candidates; empty where a scan is to be preferred. */
    static Optional<FilterPlan> of(Asked asked, int k, int ef) {
        Accepted accepted = asked.accepted();
        double share = share(asked.view(), accepted);
        long scanned =
                accepted.isListed() ? accepted.candidates() : asked.view().rowCount();
        int wider = (int) Math.min(10_000, ef + WIDER * k * (1 / Math.max(share, 1e-9) - 1));
        if ((long) wider * WALK_COST > scanned) {
            return Optional.empty();
        }
        return Optional.of(new FilterPlan(wider, share < HOPS_BELOW, scanned));
    }

    /** The share of the rows that is accepted: exact, or guessed from some of those that may be. */
    private static double share(RowView view, Accepted accepted) {
        double candidates = accepted.candidates() / (double) Math.max(1, view.rowCount());
        if (accepted.isCertain()) {
            return candidates;
        }
        int step = Math.max(1, view.rowCount() / SAMPLE_ROWS);
        int looked = 0;
        int taken = 0;
        for (int row = accepted.next(0); row < view.rowCount(); row = accepted.next(row + step)) {
            looked++;
            taken += accepted.testCandidate(row) ? 1 : 0;
        }
        return looked == 0 ? 0 : candidates * taken / looked;
    }
}
