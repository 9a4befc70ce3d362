package dev.kith.engine.index;

import dev.kith.engine.index.hnsw.HnswOptions;
import dev.kith.engine.payload.Accepted;
import dev.kith.engine.rows.RowView;
import dev.kith.engine.scan.Asked;
import java.util.Optional;

/**
 * How a walk finds rows that a filter accepts: it goes over the others too, as hnswlib's does, and ends when the
 * nearest rows that it has not gone on from are farther than the accepted ones that it keeps.
 *
 * <p>Among the {@code ef} nearest rows that a walk without a filter keeps, a share s of them is accepted. A filtered
 * walk keeps s of those beyond k, and so goes over k / s + ef − k rows instead of ef: as many beyond its results as
 * ever, with about the same recall. Keeping ef accepted ones would cost 1 / s as much and find more than is found
 * without a filter.
 *
 * @param ef accepted rows to keep; with fewer, the walk has not come to its end
 * @param kept rows to go on from
 * @param measuredMax rows to measure at most: by then a scan would be over
 */
record FilterPlan(int ef, int kept, long measuredMax) {
    /** Rows whose payloads are looked at to guess how many a filter accepts that no index knows. */
    private static final int SAMPLE_ROWS = 256;

    /** What going on from one row costs, in rows of a scan: a third of its links are new, and those lie anywhere. */
    private static final int SCANNED_PER_WALKED = 32;
    /** What measuring a row that lies anywhere costs, in rows of a scan. */
    private static final int SCANNED_PER_MEASURED = 2;
    /** Rows to go on from, for each one that a walk should need: accepted rows may lie less densely than elsewhere. */
    private static final int KEPT_FACTOR = 2;

    /** The plan of a walk for k rows with usually {@code ef} candidates; empty where a scan is to be preferred. */
    static Optional<FilterPlan> of(Asked asked, int k, int ef) {
        Accepted accepted = asked.accepted();
        double share = share(asked.view(), accepted);
        long scanned =
                accepted.isListed() ? accepted.candidates() : asked.view().rowCount();
        int kept = (int) Math.ceil(k + (ef - k) * share);
        double walked = kept / share;
        if (!(walked * SCANNED_PER_WALKED < scanned) || kept > HnswOptions.EF_MAX) {
            return Optional.empty();
        }
        return Optional.of(new FilterPlan(kept, (int) (walked * KEPT_FACTOR), scanned / SCANNED_PER_MEASURED));
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
