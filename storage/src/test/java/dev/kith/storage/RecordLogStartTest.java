package dev.kith.storage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.kith.storage.FaultyDirectory.Kind;
import dev.kith.storage.Recorder.Mutation;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** A log whose owner keeps elsewhere what was before some border: it begins there, and what was before goes. */
class RecordLogStartTest {
    private static final int MUTATIONS = 16;

    private final List<Mutation> all = LogLife.mutations(MUTATIONS, 90);

    /** Every fifth time, the owner takes over what there is, and lets the files go. */
    private LogLife life() {
        return new LogLife(all, (appended, log, life) -> {
            if (appended % 5 == 4) {
                RecordLog.Tip border = log.beginFile();
                life.forced = appended;
                life.start = border;
                log.deleteBefore(border.offset());
                life.folder.force();
            }
        });
    }

    @Test
    void anyStep_asTheLastBeforePowerGoes_keepsWhatComesAfterTheStart() {
        LogLife whole = life();
        whole.toItsEnd();
        long steps = whole.folder.calls();
        assertThat(steps).isGreaterThan(80);
        for (long step = 1; step <= steps; step++) {
            for (int seed = -2; seed < 8; seed++) {
                LogLife life = life();
                life.until(step);
                if (life.created) {
                    FaultyDirectory found = life.folder.crash(LogLife.policy(seed));
                    reopen(found, life, "step %d, seed %d".formatted(step, seed));
                }
            }
        }
    }

    private void reopen(FaultyDirectory folder, LogLife life, String doing) {
        Recorder recorder = new Recorder();
        List<Mutation> expected = new ArrayList<>();
        try (RecordLog log = recorder.open(folder, life.start)) {
            assertThat(log.damage()).as(doing).isEmpty();
            int before = (int) life.start.sequence();
            int end = before + recorder.whole().size();
            assertThat(end).as(doing).isBetween(life.forced, MUTATIONS);
            assertThat(recorder.whole()).as(doing).isEqualTo(all.subList(before, end));
            Mutation next = Mutation.random(MUTATIONS + 1, 2, 200, 5);
            next.appendTo(log);
            log.force();
            log.deleteBefore(life.start.offset());
            assertThat(folder.names().getFirst()).as(doing).isEqualTo(LogFileHeader.name(life.start.offset()));
            expected.addAll(all.subList(before, end));
            expected.add(next);
        }
        Recorder again = new Recorder();
        again.open(folder, life.start).close();
        assertThat(again.whole()).as(doing).isEqualTo(expected);
    }

    @Test
    void beginFile_twiceInARow_beginsOne() {
        FaultyDirectory folder = FaultyDirectory.empty().folder("c1");
        try (RecordLog log = Recorder.create(folder)) {
            assertThat(log.beginFile()).isEqualTo(RecordLog.Tip.START);
            all.getFirst().appendTo(log);
            RecordLog.Tip border = log.beginFile();
            assertThat(border).isEqualTo(new RecordLog.Tip(log.appended(), 1));
            assertThat(log.forced()).isEqualTo(border.offset());
            assertThat(log.beginFile()).isEqualTo(border);
            assertThat(folder.names()).hasSize(2);
            log.deleteBefore(border.offset());
            assertThat(folder.names()).containsExactly(LogFileHeader.name(border.offset()));
            assertThat(log.bytes()).isEqualTo(folder.used());
        }
    }

    @Test
    void beginFile_withinAMutation_isRefused() {
        FaultyDirectory folder = FaultyDirectory.empty().folder("c1");
        try (RecordLog log = Recorder.create(folder)) {
            Mutation two = Mutation.random(1, 2, 100, 1);
            log.reserve(two.bytes());
            log.append(two.entry(0), two.part(0));
            assertThatThrownBy(log::beginFile).isInstanceOf(IllegalStateException.class);
        }
    }

    @Test
    void beginFile_onAFullDisk_leavesTheLogAsItWas() {
        FaultyDirectory folder = FaultyDirectory.empty().folder("c1");
        List<Mutation> written = new ArrayList<>();
        try (RecordLog log = Recorder.create(folder)) {
            all.getFirst().appendTo(log);
            written.add(all.getFirst());
            folder.failAt(folder.calls() + 3, Kind.DISK_FULL);
            assertThatThrownBy(log::beginFile).isInstanceOf(DiskFullException.class);
            all.get(1).appendTo(log);
            written.add(all.get(1));
            assertThat(log.beginFile().sequence()).isEqualTo(2);
        }
        assertThat(Recorder.read(folder)).isEqualTo(written);
    }

    @Test
    void open_whereNoFileBeginsOrWithAnotherSequence_isDamage() {
        FaultyDirectory folder = FaultyDirectory.empty().folder("c1");
        RecordLog.Tip border;
        try (RecordLog log = Recorder.create(folder)) {
            all.getFirst().appendTo(log);
            border = log.beginFile();
            all.get(1).appendTo(log);
        }
        List<RecordLog.Tip> wrong = List.of(
                new RecordLog.Tip(border.offset() + 8, 1),
                new RecordLog.Tip(border.offset() - 8, 1),
                new RecordLog.Tip(border.offset(), 2));
        for (RecordLog.Tip start : wrong) {
            try (RecordLog log = new Recorder().open(folder, start)) {
                assertThat(log.damage()).as(start.toString()).isPresent();
            }
        }
        folder.delete(LogFileHeader.name(0));
        try (RecordLog log = new Recorder().open(folder)) {
            assertThat(log.damage()).isPresent();
        }
        Recorder recorder = new Recorder();
        recorder.open(folder, border).close();
        assertThat(recorder.whole()).containsExactly(all.get(1));
    }

    @Test
    void open_fromAStart_withADamagedHeaderThere_isDamage() {
        FaultyDirectory folder = FaultyDirectory.empty().folder("c1");
        RecordLog.Tip border;
        try (RecordLog log = Recorder.create(folder)) {
            all.getFirst().appendTo(log);
            border = log.beginFile();
        }
        folder.flipBit(LogFileHeader.name(border.offset()), 30, 3);
        try (RecordLog log = new Recorder().open(folder, border)) {
            assertThat(log.damage()).isPresent();
        }
        assertThat(folder.names()).hasSize(2);
    }
}
