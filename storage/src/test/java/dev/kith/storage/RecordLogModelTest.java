package dev.kith.storage;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kith.storage.FaultyDirectory.CrashPolicy;
import dev.kith.storage.FaultyDirectory.Kind;
import dev.kith.storage.Recorder.Mutation;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Random lists of operations, faults, kills and losses of power, against a plain list. */
class RecordLogModelTest {

    private static final int OPERATIONS = 60;

    @Test
    void randomOperations_withFaults_agreeWithAList() {
        run(0, 400);
    }

    @Test
    @Tag("stress")
    void manyRandomOperations_withFaults_agreeWithAList() {
        run(1_000_000, 20_000);
    }

    private static void run(long firstSeed, int seeds) {
        for (long seed = firstSeed; seed < firstSeed + seeds; seed++) {
            try {
                new Life(seed).run();
            } catch (AssertionError | RuntimeException e) {
                throw new AssertionError("seed " + seed, e);
            }
        }
    }

    private static final class Life {
        private final SplittableRandom random;
        private FaultyDirectory folder = FaultyDirectory.empty().folder("c1");
        private RecordLog log;
        private long salt;

        /** Must be there. */
        private List<Mutation> forced = new ArrayList<>();

        /** May be there, a prefix of it. */
        private final List<Mutation> unforced = new ArrayList<>();

        /** Where those of the unforced end that were appended whole. */
        private final List<Long> ends = new ArrayList<>();

        private Life(long seed) {
            random = new SplittableRandom(seed);
            log = Recorder.create(folder);
        }

        private void run() {
            for (int i = 0; i < OPERATIONS; i++) {
                if (random.nextInt(6) == 0) {
                    Kind[] kinds = Kind.values();
                    folder.failAt(folder.calls() + 1 + random.nextInt(12), kinds[random.nextInt(kinds.length)]);
                }
                try {
                    operate(random.nextInt(10));
                } catch (DiskFullException e) {
                    full();
                } catch (StorageException e) {
                    end();
                    reopen();
                }
            }
            end();
            reopen();
        }

        /** Nothing but the append has failed. */
        private void full() {
            try {
                log.discardUnforced();
                promise();
                forget();
            } catch (StorageException e) {
                end();
                reopen();
            }
        }

        private void operate(int choice) {
            switch (choice) {
                case 0, 1, 2, 3, 4 -> append();
                case 5, 6 -> {
                    log.force();
                    promise();
                    assertThat(unforced).isEmpty();
                }
                case 7 -> {
                    log.discardUnforced();
                    forget();
                }
                case 8 -> {
                    log.close();
                    promise();
                    assertThat(unforced).isEmpty();
                    reopen();
                }
                default -> {
                    end();
                    reopen();
                }
            }
        }

        private void append() {
            long last = (unforced.isEmpty() ? forced : unforced)
                    .stream().mapToLong(Mutation::sequence).max().orElse(0);
            Mutation next = Mutation.random(last + 1, 1 + random.nextInt(3), random.nextInt(700), ++salt);
            unforced.add(next); // Also when the call fails: it may have been written by then.
            next.appendTo(log);
            ends.add(log.appended());
            promise(); // Going on in a new file forces what came before.
            assertThat(log.forced()).isLessThan(log.appended());
        }

        /** Moves what the log says is durable to what must be there. */
        private void promise() {
            while (!ends.isEmpty() && ends.getFirst() <= log.forced()) {
                ends.removeFirst();
                forced.add(unforced.removeFirst());
            }
        }

        private void forget() {
            unforced.clear();
            ends.clear();
        }

        /** The process is killed, or the power goes. */
        private void end() {
            folder = switch (random.nextInt(4)) {
                case 0 -> folder.kill();
                case 1 -> folder.crash(CrashPolicy.DROP_ALL);
                default -> folder.crash(random.nextLong());
            };
        }

        private void reopen() {
            while (true) {
                Recorder recorder = new Recorder();
                try {
                    log = recorder.open(folder);
                } catch (StorageException e) {
                    end();
                    continue;
                } finally {
                    requireFits(recorder.whole());
                }
                assertThat(log.damage()).isEmpty();
                forced = new ArrayList<>(recorder.whole());
                forget();
                return;
            }
        }

        private void requireFits(List<Mutation> seen) {
            List<Mutation> possible = new ArrayList<>(forced);
            possible.addAll(unforced);
            assertThat(seen.size()).isBetween(forced.size(), possible.size());
            assertThat(seen).isEqualTo(possible.subList(0, seen.size()));
        }
    }
}
