package dev.kith.storage;

import static dev.kith.storage.LogLife.policy;
import static org.assertj.core.api.Assertions.assertThat;

import dev.kith.storage.FaultyDirectory.CrashPolicy;
import dev.kith.storage.FaultyDirectory.Kind;
import dev.kith.storage.Recorder.Mutation;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Makes every step of a log's life the last one before the power goes. */
class RecordLogCrashTest {

    private static final int SEEDS = 12;
    private static final int MUTATIONS = 14;

    /** Appended as the sixth, and discarded. */
    private static final Mutation UNWANTED = Mutation.random(6, 1, 333, 99);

    private final List<Mutation> all = LogLife.mutations(MUTATIONS, 60);

    /** Discards once, and rolls several times. */
    private LogLife life() {
        return new LogLife(all, (appended, log, life) -> {
            if (appended == 5) {
                UNWANTED.appendTo(log);
                log.discardUnforced();
            }
        });
    }

    @Test
    void anyStep_asTheLastBeforePowerGoes_keepsWhatWasForcedAndNothingHalf() {
        long steps = steps();
        assertThat(steps).isGreaterThan(60);
        for (long step = 1; step <= steps; step++) {
            for (int seed = -2; seed < SEEDS; seed++) {
                LogLife life = life();
                life.until(step);
                reopen(life.folder.crash(policy(seed)), life, "step %d, seed %d".formatted(step, seed));
            }
        }
    }

    @Test
    void anyStep_asTheLastOfTheProcess_thenPower_keepsWhatTheNextProcessSaw() {
        long steps = steps();
        for (long step = 1; step <= steps; step++) {
            LogLife life = life();
            life.until(step);
            FaultyDirectory next = life.folder.kill();
            if (life.created) {
                Recorder recorder = new Recorder();
                RecordLog log = recorder.open(next);
                assertThat(log.damage()).as("step %d", step).isEmpty();
                List<Mutation> seen = List.copyOf(recorder.whole());
                requireKept(seen, life, "step " + step);
                assertThat(Recorder.read(next.crash(CrashPolicy.DROP_ALL)))
                        .as("step %d", step)
                        .isEqualTo(seen);
            }
        }
    }

    /** Opens what is left, losing power at every step of that too, then goes on with it. */
    private void reopen(FaultyDirectory found, LogLife life, String doing) {
        if (!life.created) {
            return; // Nobody was told of this log.
        }
        int before = -1;
        FaultyDirectory folder = found;
        for (int step = 1; ; step++) {
            Recorder recorder = new Recorder();
            folder.failAt(folder.calls() + step, Kind.CRASH);
            try (RecordLog log = recorder.open(folder)) {
                folder.failAt(-1, Kind.CRASH);
                assertThat(log.damage()).as(doing).isEmpty();
                List<Mutation> seen = recorder.whole();
                requireKept(seen, life, doing);
                assertThat(seen.size()).as(doing).isGreaterThanOrEqualTo(before);
                Mutation next = Mutation.random(MUTATIONS + 1, 2, 200, 5);
                next.appendTo(log);
                log.force();
                List<Mutation> expected = new ArrayList<>(seen);
                expected.add(next);
                assertThat(Recorder.read(folder)).as(doing).isEqualTo(expected);
                return;
            } catch (StorageException e) {
                requireKept(recorder.whole(), life, doing + ", opening " + step);
                folder = folder.crash(policy(step - 3));
            }
        }
    }

    private void requireKept(List<Mutation> seen, LogLife life, String doing) {
        assertThat(seen.size()).as(doing).isBetween(life.forced, MUTATIONS);
        List<Mutation> expected = new ArrayList<>(all.subList(0, seen.size()));
        if (seen.size() == 6 && life.forced < 6 && seen.get(5).equals(UNWANTED)) {
            expected.set(5, UNWANTED); // It was appended and not yet discarded.
        }
        assertThat(seen).as(doing).isEqualTo(expected);
    }

    private long steps() {
        LogLife life = life();
        life.toItsEnd();
        assertThat(life.folder.names()).hasSizeGreaterThan(3);
        return life.folder.calls();
    }
}
