package dev.kith.storage;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kith.storage.FaultyDirectory.CrashPolicy;
import dev.kith.storage.FaultyDirectory.Kind;
import dev.kith.storage.Recorder.Mutation;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Makes every step of a log's life the last one before the power goes. */
class RecordLogCrashTest {

    private static final int SEEDS = 12;
    private static final int MUTATIONS = 14;

    /** Appended as the sixth, and discarded. */
    private static final Mutation UNWANTED = Mutation.random(6, 1, 333, 99);

    private final List<Mutation> all = IntStream.rangeClosed(1, MUTATIONS)
            .mapToObj(i -> Mutation.random(i, 1 + i % 3, 60 * i, i))
            .toList();

    /** How far a life came: what was promised when it ended. */
    private static final class Progress {
        private boolean created;
        private int forced;
    }

    /** Creates a log, appends, forces every second mutation, discards once, rolls several times, closes. */
    private void live(FaultyDirectory folder, Progress progress) {
        RecordLog log = Recorder.create(folder);
        progress.created = true;
        for (int i = 0; i < MUTATIONS; i++) {
            if (i == 5) {
                UNWANTED.appendTo(log);
                log.discardUnforced();
            }
            all.get(i).appendTo(log);
            if (i % 2 == 1) {
                log.force();
                progress.forced = i + 1;
            }
        }
        log.close();
        progress.forced = MUTATIONS;
    }

    @Test
    void anyStep_asTheLastBeforePowerGoes_keepsWhatWasForcedAndNothingHalf() {
        long steps = steps();
        assertThat(steps).isGreaterThan(60);
        for (long step = 1; step <= steps; step++) {
            for (int seed = -2; seed < SEEDS; seed++) {
                FaultyDirectory folder = FaultyDirectory.empty().folder("c1");
                Progress progress = new Progress();
                folder.failAt(step, Kind.CRASH);
                try {
                    live(folder, progress);
                } catch (StorageException e) {
                    // The power went.
                }
                String life = "step %d, seed %d".formatted(step, seed);
                reopen(folder.crash(policy(seed)), progress, life);
            }
        }
    }

    @Test
    void anyStep_asTheLastOfTheProcess_thenPower_keepsWhatTheNextProcessSaw() {
        long steps = steps();
        for (long step = 1; step <= steps; step++) {
            FaultyDirectory folder = FaultyDirectory.empty().folder("c1");
            Progress progress = new Progress();
            folder.failAt(step, Kind.CRASH);
            try {
                live(folder, progress);
            } catch (StorageException e) {
                // The process ended.
            }
            FaultyDirectory next = folder.kill();
            if (progress.created) {
                Recorder recorder = new Recorder();
                RecordLog log = recorder.open(next);
                assertThat(log.damage()).as("step %d", step).isEmpty();
                List<Mutation> seen = List.copyOf(recorder.whole());
                requireKept(seen, progress, "step " + step);
                assertThat(Recorder.read(next.crash(CrashPolicy.DROP_ALL)))
                        .as("step %d", step)
                        .isEqualTo(seen);
            }
        }
    }

    /** Opens what is left, losing power at every step of that too, then goes on with it. */
    private void reopen(FaultyDirectory found, Progress progress, String life) {
        if (!progress.created) {
            return; // Nobody was told of this log.
        }
        int before = -1;
        FaultyDirectory folder = found;
        for (int step = 1; ; step++) {
            Recorder recorder = new Recorder();
            folder.failAt(folder.calls() + step, Kind.CRASH);
            try (RecordLog log = recorder.open(folder)) {
                folder.failAt(-1, Kind.CRASH);
                assertThat(log.damage()).as(life).isEmpty();
                List<Mutation> seen = recorder.whole();
                requireKept(seen, progress, life);
                assertThat(seen.size()).as(life).isGreaterThanOrEqualTo(before);
                Mutation next = Mutation.random(MUTATIONS + 1, 2, 200, 5);
                next.appendTo(log);
                log.force();
                List<Mutation> expected = new ArrayList<>(seen);
                expected.add(next);
                assertThat(Recorder.read(folder)).as(life).isEqualTo(expected);
                return;
            } catch (StorageException e) {
                requireKept(recorder.whole(), progress, life + ", opening " + step);
                folder = folder.crash(policy(step - 3));
            }
        }
    }

    private void requireKept(List<Mutation> seen, Progress progress, String life) {
        assertThat(seen.size()).as(life).isBetween(progress.forced, MUTATIONS);
        List<Mutation> expected = new ArrayList<>(all.subList(0, seen.size()));
        if (seen.size() == 6 && progress.forced < 6 && seen.get(5).equals(UNWANTED)) {
            expected.set(5, UNWANTED); // It was appended and not yet discarded.
        }
        assertThat(seen).as(life).isEqualTo(expected);
    }

    private static CrashPolicy policy(int seed) {
        return switch (seed) {
            case -2 -> CrashPolicy.DROP_ALL;
            case -1 -> CrashPolicy.KEEP_ALL;
            default -> CrashPolicy.seeded(seed);
        };
    }

    private long steps() {
        FaultyDirectory folder = FaultyDirectory.empty().folder("c1");
        live(folder, new Progress());
        assertThat(folder.names()).hasSizeGreaterThan(3);
        return folder.calls();
    }
}
