package dev.kith.engine.index.hnsw;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kith.testkit.Seeded;
import dev.kith.vectors.Metric;
import java.util.Arrays;
import java.util.BitSet;
import java.util.Comparator;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A graph that half of the rows were taken out of finds what one does that never had them, however little it keeps. */
class RepairTest {
    private static final int DIMENSION = 48;
    private static final int ROWS = 10_000;
    private static final int HUBS = 100;
    private static final HnswOptions OPTIONS = new HnswOptions(16, 100, 1);
    /** From where not a tenth is found to where nearly all is. */
    private static final int[] EFS = {10, 14, 20, 28, 40, 80};

    /** Half at once, and a twentieth after the other, each of them mended. */
    @ParameterizedTest
    @CsvSource({"L2, 1", "L2, 10", "INNER_PRODUCT, 1", "COSINE, 1"})
    @Tag("slow")
    void mend_afterHalfWasDeleted_isAsGoodAsAFreshGraphAtEveryEf(Metric metric, int steps) {
        Seeded seeded = new Seeded(10);
        HardRows hard = new HardRows(seeded, DIMENSION);
        float[][] vectors = hard.next(ROWS);
        float[][] queries = hard.next(300);
        GraphRows under = new GraphRows(DIMENSION, metric, OPTIONS);
        under.put(vectors);
        under.link();
        under.seal();
        int[] deleted = deleted(under, seeded);
        for (int step = 0; step < steps; step++) {
            int to = deleted.length * (step + 1) / steps;
            IntStream.range(deleted.length * step / steps, to).forEach(i -> under.delete(deleted[i]));
            under.mend();
        }
        GraphCheck.requireSound(under, "mended");

        BitSet gone = new BitSet();
        IntStream.of(deleted).forEach(gone::set);
        GraphRows fresh = new GraphRows(DIMENSION, metric, OPTIONS);
        fresh.put(IntStream.range(0, ROWS)
                .filter(row -> !gone.get(row))
                .mapToObj(row -> vectors[row])
                .toArray(float[][]::new));
        fresh.link();
        fresh.seal();
        for (int ef : EFS) {
            assertThat(under.recallByScore(queries, ef))
                    .as("%s, %s in %d steps, ef %d", seeded, metric, steps, ef)
                    .isGreaterThan(fresh.recallByScore(queries, ef) - 0.01);
        }
    }

    /** Half of the rows: the entry, those with the most links to them, and others at random. */
    private static int[] deleted(GraphRows under, Seeded seeded) {
        int entry = HnswGraph.entryNode(under.graph.entry());
        return IntStream.concat(
                        IntStream.concat(
                                IntStream.of(entry), rowsByDegree(under).limit(HUBS)),
                        Arrays.stream(seeded.shuffledIds(ROWS)).mapToInt(Math::toIntExact))
                .distinct()
                .limit(ROWS / 2)
                .toArray();
    }

    private static IntStream rowsByDegree(GraphRows under) {
        int[] degrees = new int[ROWS];
        for (int row = 0; row < ROWS; row++) {
            for (int neighbour : Soundness.neighbours(under.graph, row, 0)) {
                degrees[neighbour]++;
            }
        }
        return IntStream.range(0, ROWS)
                .boxed()
                .sorted(Comparator.comparing((Integer row) -> -degrees[row]))
                .mapToInt(Integer::intValue);
    }
}
