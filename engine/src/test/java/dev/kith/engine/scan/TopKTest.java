package dev.kith.engine.scan;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kith.testkit.Seeded;
import dev.kith.vectors.Hits;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class TopKTest {
    private record Offer(float score, long id) {}

    @Test
    void drain_randomOffersWithTies_agreesWithSorting() {
        for (long seed = 0; seed < 400; seed++) {
            Seeded seeded = new Seeded(seed);
            Random random = seeded.random();
            int count = random.nextInt(300);
            int k = 1 + random.nextInt(random.nextBoolean() ? 20 : 400);
            int scores = 1 + random.nextInt(50);
            long[] ids = seeded.shuffledIds(count);
            TopK heap = new TopK(k);
            List<Offer> offers = new ArrayList<>();
            for (long id : ids) {
                float score = random.nextInt(10) == 0 ? Float.NEGATIVE_INFINITY : random.nextInt(scores) - 10;
                offers.add(new Offer(score, id));
                boolean worthOffering = score > heap.threshold() || heap.threshold() == Float.NEGATIVE_INFINITY;
                if (worthOffering) {
                    heap.offer(score, id);
                }
            }
            offers.sort(Comparator.comparingDouble(Offer::score).reversed().thenComparingLong(Offer::id));
            List<Offer> best = offers.subList(0, Math.min(k, count));
            Hits hits = heap.drain();
            assertThat(hits.ids())
                    .as("%s, k %d", seeded, k)
                    .containsExactly(best.stream().mapToLong(Offer::id).toArray());
            for (int i = 0; i < best.size(); i++) {
                assertThat(hits.scores()[i]).isEqualTo(best.get(i).score());
            }
            assertThat(heap.drain().count()).isZero();
        }
    }
}
