package dev.kith.storage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.kith.storage.FaultyDirectory.CrashPolicy;
import dev.kith.storage.FaultyDirectory.Kind;
import dev.kith.storage.Recorder.Mutation;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class RecordLogTest {

    private final FaultyDirectory folder = FaultyDirectory.empty().folder("c1");

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 7, 8, 9, 65_535, 65_536, 65_537, RecordFormat.BODY_BYTES_MAX})
    void append_bodyOfAnySize_isReadBack(int bytes) {
        Mutation heap = Mutation.random(1, 1, bytes, 1);
        Mutation direct = Mutation.random(2, 1, bytes, 2);
        ByteBuffer copy = ByteBuffer.allocateDirect(bytes).put(direct.part(0)).flip();
        try (RecordLog log = Recorder.create(folder)) {
            heap.appendTo(log);
            log.reserve(direct.bytes());
            log.append(direct.entry(0), copy.slice(0, bytes / 3), copy.slice(bytes / 3, bytes - bytes / 3));
            assertThat(copy.remaining()).isEqualTo(bytes);
            assertThat(log.appended()).isEqualTo(heap.bytes() + direct.bytes());
        }
        assertThat(Recorder.read(folder)).containsExactly(heap, direct);
    }

    @Test
    void append_whatIsNotNext_isRefusedAndChangesNothing() {
        try (RecordLog log = Recorder.create(folder)) {
            Mutation first = Mutation.random(5, 1, 10, 1);
            first.appendTo(log);
            log.reserve(1000);
            ByteBuffer body = ByteBuffer.allocate(1);
            assertThatThrownBy(() -> log.append(RecordLog.Entry.whole(1, 0, 5), body))
                    .isInstanceOf(IllegalArgumentException.class);
            assertThatThrownBy(() -> log.append(new RecordLog.Entry(1, 0, 0, 6, 1, 2), body))
                    .isInstanceOf(IllegalArgumentException.class);
            assertThatThrownBy(() -> log.append(RecordLog.Entry.whole(RecordFormat.MARK, 0, 6), body))
                    .isInstanceOf(IllegalArgumentException.class);
            assertThatThrownBy(() -> log.append(RecordLog.Entry.whole(0, 0, 6), body))
                    .isInstanceOf(IllegalArgumentException.class);
            ByteBuffer large = ByteBuffer.allocate(RecordFormat.BODY_BYTES_MAX + 1);
            assertThatThrownBy(() -> log.append(RecordLog.Entry.whole(1, 0, 6), large))
                    .isInstanceOf(IllegalArgumentException.class);
            assertThatThrownBy(() -> log.append(RecordLog.Entry.whole(1, 0, 6), ByteBuffer.allocate(4000)))
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageContaining("not reserved");
            Mutation second = Mutation.random(6, 2, 11, 1);
            log.append(second.entry(0), second.part(0));
            assertThatThrownBy(() -> log.reserve(1)).isInstanceOf(IllegalStateException.class);
            log.append(second.entry(1), second.part(1));
            log.force();
            assertThat(Recorder.read(folder)).containsExactly(first, second);
        }
    }

    @Test
    void open_ofACreatedLog_isEmptyAndTakesAppends() {
        Recorder.create(folder).close();
        Recorder recorder = new Recorder();
        try (RecordLog log = recorder.open(folder)) {
            assertThat(recorder.whole()).isEmpty();
            assertThat(log.damage()).isEmpty();
            assertThat(log.cut()).isEmpty();
            Mutation.random(1, 1, 10, 1).appendTo(log);
        }
        assertThat(Recorder.read(folder)).hasSize(1);
    }

    @Test
    void create_whereALogIs_isRefused() {
        Recorder.create(folder).close();
        assertThatThrownBy(() -> Recorder.create(folder)).isInstanceOf(StorageException.class);
    }

    @Test
    void open_whereNoLogIs_isDamageAndCreatesNothing() {
        folder.create();
        try (RecordLog log = new Recorder().open(folder)) {
            assertThat(log.damage()).isPresent();
        }
        assertThat(folder.names()).isEmpty();
    }

    @Test
    void open_aHundredTimes_findsTheSameAndDoesNotGrow() {
        List<Mutation> written = write(20);
        long used = folder.used();
        for (int i = 0; i < 100; i++) {
            Recorder recorder = new Recorder();
            try (RecordLog log = recorder.open(folder)) {
                assertThat(log.damage()).isEmpty();
                assertThat(log.cut()).isEmpty();
                assertThat(log.bytes()).isEqualTo(used);
            }
            assertThat(recorder.whole()).isEqualTo(written);
        }
        assertThat(folder.used()).isEqualTo(used);
    }

    @Test
    void open_betweenAppends_goesOnOverManyFiles() {
        List<Mutation> written = new ArrayList<>();
        Recorder.create(folder).close();
        for (int i = 1; i <= 60; i++) {
            Recorder recorder = new Recorder();
            try (RecordLog log = recorder.open(folder)) {
                assertThat(recorder.whole()).isEqualTo(written);
                Mutation mutation = Mutation.random(i * 3L, 1 + i % 3, i * 13, i);
                mutation.appendTo(log);
                written.add(mutation);
            }
        }
        assertThat(folder.names()).hasSizeGreaterThan(5);
        assertThat(Recorder.read(folder)).isEqualTo(written);
    }

    @Test
    void discardUnforced_afterAppends_forgetsThemAndFreesTheirSequences() {
        try (RecordLog log = Recorder.create(folder)) {
            Mutation kept = Mutation.random(1, 1, 100, 1);
            kept.appendTo(log);
            log.force();
            Mutation.random(2, 1, 100, 2).appendTo(log);
            log.reserve(500);
            log.append(Mutation.random(3, 2, 100, 2).entry(0), ByteBuffer.allocate(50));
            log.discardUnforced();
            assertThat(log.appended()).isEqualTo(log.forced()).isEqualTo(kept.bytes());
            assertThat(Recorder.read(folder)).containsExactly(kept);
            // Ends exactly where the record after the discarded one began: that must not be read again.
            Mutation other = Mutation.random(2, 1, 100, 3);
            other.appendTo(log);
            log.force();
            assertThat(Recorder.read(folder)).containsExactly(kept, other);
        }
    }

    @Test
    void append_thatFailsHalfWay_mustBeDiscarded() {
        RecordLog log = Recorder.create(folder);
        Mutation first = appendSmall(log);
        log.force();
        Mutation second = Mutation.random(2, 1, 100, 2);
        log.reserve(second.bytes());
        folder.failAt(folder.calls() + 1, Kind.IO_ERROR);
        assertThatThrownBy(() -> log.append(second.entry(0), second.part(0))).isInstanceOf(StorageException.class);
        assertThatThrownBy(() -> second.appendTo(log)).hasMessageContaining("half-way");
        log.discardUnforced();
        second.appendTo(log);
        log.close();
        assertThat(Recorder.read(folder)).containsExactly(first, second);
    }

    @Test
    void close_withAMutationThatIsNotWhole_leavesItOut() {
        RecordLog log = Recorder.create(folder);
        Mutation first = appendSmall(log);
        Mutation second = Mutation.random(2, 2, 100, 2);
        appendFirstPart(log, second);
        log.close();
        log.close();
        Recorder recorder = new Recorder();
        try (RecordLog again = recorder.open(folder)) {
            assertThat(recorder.whole()).containsExactly(first);
            assertThat(recorder.abandoned()).isEmpty();
            assertThat(again.cut()).isEmpty();
        }
        assertThatThrownBy(() -> log.reserve(1)).isInstanceOf(IllegalStateException.class);
    }

    @Test
    void open_withALastPartMissing_abandonsAndCuts() {
        RecordLog log = Recorder.create(folder);
        Mutation first = appendSmall(log);
        Mutation second = Mutation.random(2, 3, 300, 2);
        appendFirstPart(log, second);
        log.append(second.entry(1), second.part(1));
        FaultyDirectory next = folder.kill();
        Recorder recorder = new Recorder();
        try (RecordLog again = recorder.open(next)) {
            assertThat(recorder.whole()).containsExactly(first);
            assertThat(recorder.abandoned()).containsExactly(2L);
            assertThat(again.cut()).isPresent();
            second.appendTo(again);
        }
        assertThat(Recorder.read(next)).containsExactly(first, second);
    }

    @Test
    void reserve_onAFullDisk_isRefusedAndRecoversAtEveryStep() {
        for (long room = 0; room < 3000; room += 37) {
            FaultyDirectory disk = FaultyDirectory.empty();
            FaultyDirectory here = disk.folder("c1");
            List<Mutation> written = new ArrayList<>();
            RecordLog log = Recorder.create(here);
            disk.capacity(disk.used() + room);
            boolean refused = false;
            for (int i = 1; i <= 12; i++) {
                Mutation mutation = Mutation.random(i, 1, 300, i);
                long before = log.appended();
                try {
                    mutation.appendTo(log);
                } catch (DiskFullException e) {
                    refused = true;
                    assertThat(log.appended()).isEqualTo(before);
                    assertThat(Recorder.read(here)).as("room %d", room).isEqualTo(written);
                    disk.capacity(Long.MAX_VALUE);
                    mutation.appendTo(log);
                }
                log.force();
                written.add(mutation);
            }
            assertThat(refused).isTrue();
            FaultyDirectory next = here.crash(CrashPolicy.DROP_ALL);
            assertThat(Recorder.read(next)).as("room %d", room).isEqualTo(written);
        }
    }

    @Test
    void reserve_whereOnlyALargeMutationHasNoRoom_letsSmallOnesThrough() {
        try (RecordLog log = Recorder.create(folder)) {
            log.reserve(1800);
            Mutation.random(1, 1, 1500, 1).appendTo(log);
            folder.capacity(folder.used());
            assertThatThrownBy(() -> log.reserve(5000)).isInstanceOf(DiskFullException.class);
            Mutation.random(2, 1, 8, 1).appendTo(log);
        }
        assertThat(Recorder.read(folder)).hasSize(2);
        assertThat(folder.names()).hasSize(1);
    }

    @Test
    void close_onAFullDisk_keepsEverything() {
        RecordLog log = Recorder.create(folder);
        Mutation mutation = Mutation.random(1, 1, 300, 1);
        mutation.appendTo(log);
        folder.capacity(0);
        log.close();
        Recorder recorder = new Recorder();
        try (RecordLog again = recorder.open(folder)) {
            assertThat(recorder.whole()).containsExactly(mutation);
            assertThat(again.cut()).isEmpty();
        }
    }

    @Test
    void force_thatFails_endsTheLogUntilItIsOpenedAgain() {
        RecordLog log = Recorder.create(folder);
        Mutation first = appendSmall(log);
        log.force();
        Mutation second = Mutation.random(2, 1, 100, 2);
        second.appendTo(log);
        folder.failAt(folder.calls() + 1, Kind.FAILED_FORCE);
        assertThatThrownBy(log::force).isInstanceOf(StorageException.class).hasMessageContaining("force failed");
        assertThat(log.forced()).isEqualTo(first.bytes());
        long calls = folder.calls();
        for (Runnable call : List.<Runnable>of(log::force, log::discardUnforced, () -> log.reserve(1))) {
            assertThatThrownBy(call::run).isInstanceOf(StorageException.class).hasMessageContaining("force failed");
        }
        log.close();
        assertThat(folder.calls()).isEqualTo(calls);
        // The bytes can still be read, and a force that succeeds would leave them so: opening must write them again.
        Recorder recorder = new Recorder();
        RecordLog again = recorder.open(folder);
        assertThat(recorder.whole()).containsExactly(first, second);
        assertThat(Recorder.read(folder.crash(CrashPolicy.DROP_ALL))).containsExactly(first, second);
        assertThat(again.damage()).isEmpty();
    }

    @Test
    void force_whileAPartIsMissing_coversWhatIsWhole() {
        RecordLog log = Recorder.create(folder);
        Mutation first = appendSmall(log);
        Mutation second = Mutation.random(2, 2, 100, 2);
        appendFirstPart(log, second);
        log.force();
        assertThat(log.forced()).isEqualTo(first.bytes());
        assertThat(log.appended()).isGreaterThan(log.forced());
        assertThat(Recorder.read(folder.crash(CrashPolicy.KEEP_ALL))).containsExactly(first);
    }

    @Test
    void visitor_thatRefusesARecord_makesItDamage() {
        List<Mutation> written = write(3);
        RecordLog.Visitor picky = new RecordLog.Visitor() {
            @Override
            public void record(RecordHeader header, ByteBuffer body) {
                if (header.sequence() == 2) {
                    throw new DamageException("unknown type " + header.type());
                }
            }

            @Override
            public void abandon(long sequence) {
                assertThat(sequence).isEqualTo(2);
            }
        };
        try (RecordLog log = RecordLog.open(
                new RecordLog.Place(folder, Recorder.COLLECTION), Recorder.SMALL, Recorder.CLOCK, picky)) {
            Damage damage = log.damage().orElseThrow();
            assertThat(damage.text()).isEqualTo("unknown type 1");
            assertThat(damage.file()).isEqualTo("/c1/log-0000000000000000");
            assertThat(damage.offset())
                    .isEqualTo(LogFileHeader.BYTES + written.getFirst().bytes());
        }
    }

    private static Mutation appendSmall(RecordLog log) {
        Mutation small = Mutation.random(1, 1, 100, 1);
        small.appendTo(log);
        return small;
    }

    private static void appendFirstPart(RecordLog log, Mutation mutation) {
        log.reserve(mutation.bytes());
        log.append(mutation.entry(0), mutation.part(0));
    }

    private List<Mutation> write(int count) {
        List<Mutation> written = new ArrayList<>();
        try (RecordLog log = Recorder.create(folder)) {
            for (int i = 1; i <= count; i++) {
                Mutation mutation = Mutation.random(i, 1 + i % 2, 40 + i * 7, i);
                mutation.appendTo(log);
                log.force();
                written.add(mutation);
            }
        }
        return written;
    }
}
