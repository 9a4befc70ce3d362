package dev.kith.engine.rows;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.kith.testkit.Seeded;
import dev.kith.vectors.Rejection;
import java.util.HashMap;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

class IdMapTest {
    /** Ids that are neighbours, far apart, or alike in their lower or upper bits. */
    private static long id(Random random) {
        return switch (random.nextInt(4)) {
            case 0 -> random.nextInt(2000);
            case 1 -> (long) random.nextInt(2000) << 32;
            case 2 -> Long.MAX_VALUE - 1 - random.nextInt(2000);
            default -> random.nextLong(Long.MAX_VALUE);
        };
    }

    @Test
    void put_randomIds_agreesWithAHashMap() {
        for (int expected : new int[] {0, 1, 5, 3000}) {
            Seeded seeded = new Seeded(expected);
            Random random = seeded.random();
            IdMap map = new IdMap(expected);
            Map<Long, Integer> model = new HashMap<>();
            for (int row = 0; row < 20_000; row++) {
                long id = id(random);
                map.put(id, row);
                model.put(id, row);
                long asked = id(random);
                assertThat(map.row(asked)).as("%s, id %d", seeded, asked).isEqualTo(model.getOrDefault(asked, -1));
            }
            model.forEach((id, row) ->
                    assertThat(map.row(id)).as("%s, id %d", seeded, id).isEqualTo(row));
            assertThat(map.bytes()).isBetween(24L * model.size(), Math.max(49L * model.size(), 48L * expected * 2));
        }
    }

    @Test
    void bytesFor_soManyIds_areThoseOfAMapWithRoomForThem() {
        for (int expected : new int[] {0, 1, 2, 8, 9, 1000, 1024, 1025}) {
            IdMap map = new IdMap(0);
            map.put(7, 7);
            map.makeRoom(expected);
            long bytes = map.bytes();
            assertThat(bytes).as("%d ids", expected).isEqualTo(IdMap.bytesFor(expected));
            for (int row = 0; row < expected; row++) {
                map.put(row, row);
            }
            assertThat(map.row(7)).isEqualTo(7);
            assertThat(map.bytes()).as("%d ids, put", expected).isEqualTo(bytes);
        }
        assertThatThrownBy(() -> IdMap.bytesFor((1L << 29) + 1)).isInstanceOf(Rejection.class);
    }

    @Test
    void row_ofIdsOutOfRange_isNone() {
        IdMap map = new IdMap(0);
        map.put(0, 7);
        for (long id : new long[] {-1, -2, Long.MIN_VALUE, Long.MAX_VALUE}) {
            assertThat(map.row(id)).isEqualTo(-1);
        }
    }

    @Test
    @Timeout(30)
    void row_whileTheMapGrows_isTheOnePutOrANewerOne() throws Exception {
        IdMap map = new IdMap(0);
        int count = 200_000;
        AtomicInteger published = new AtomicInteger();
        AtomicReference<String> wrong = new AtomicReference<>("");
        Thread[] readers = new Thread[2];
        for (int t = 0; t < readers.length; t++) {
            Random random = new Seeded(t).random();
            readers[t] = Thread.ofPlatform().start(() -> {
                while (published.get() < count) {
                    int seen = published.get();
                    if (seen == 0) {
                        continue;
                    }
                    int i = random.nextInt(seen);
                    int row = map.row(scattered(i));
                    // Row i, or the one that a later turn gives the same id.
                    if (row != i && row != i + count) {
                        wrong.compareAndSet("", "id " + i + " has row " + row + " of " + seen);
                    }
                    int absent = map.row(scattered(count + i));
                    if (absent != -1) {
                        wrong.compareAndSet("", "an id that was never put has row " + absent);
                    }
                }
            });
        }
        for (int i = 0; i < count; i++) {
            map.put(scattered(i), i);
            if (i % 3 == 0) {
                map.put(scattered(i / 2), i / 2 + count);
            }
            published.set(i + 1);
        }
        for (Thread reader : readers) {
            reader.join();
        }
        assertThat(wrong.get()).isEmpty();
    }

    /** Different for every i, and without order. */
    private static long scattered(long i) {
        return i * 0x9E3779B97F4A7C15L >>> 1;
    }
}
