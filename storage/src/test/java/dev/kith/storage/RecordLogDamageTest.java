package dev.kith.storage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.kith.storage.FaultyDirectory.CrashPolicy;
import dev.kith.storage.Recorder.Mutation;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Bytes that change by themselves: told from a torn tail, never lost in silence, never written over. */
class RecordLogDamageTest {

    private static final String FIRST = "log-0000000000000000";

    private FaultyDirectory folder = FaultyDirectory.empty().folder("c1");
    private final List<Mutation> written = new ArrayList<>();

    @Test
    void open_withAnyBitOfAClosedLogFlipped_losesNothingInSilence() {
        write(9, 90, true);
        assertThat(folder.names()).hasSize(1);
        int damaged = flipEveryBit(FIRST);
        // All but the mark, the room after it, and nothing else.
        int protectedBits = 8
                * (LogFileHeader.BYTES
                        + (int) written.stream().mapToLong(Mutation::bytes).sum());
        assertThat(damaged).isEqualTo(protectedBits);
    }

    @Test
    void open_withAnyBitOfAnEarlierFileFlipped_losesNothingInSilence() {
        write(8, 500, false);
        assertThat(folder.names()).hasSizeGreaterThan(2);
        flipEveryBit(FIRST);
    }

    /** How many of the flips were found to be damage. */
    private int flipEveryBit(String file) {
        int damaged = 0;
        byte[] before = folder.content(file);
        for (int offset = 0; offset < before.length; offset++) {
            for (int bit = 0; bit < 8; bit++) {
                folder.flipBit(file, offset, bit);
                byte[] flipped = folder.content(file);
                Recorder recorder = new Recorder();
                LogReplay.Outcome found = LogReplay.run(new RecordLog.Place(folder, Recorder.COLLECTION), recorder);
                List<Mutation> read = recorder.whole();
                assertThat(written.subList(0, read.size())).isEqualTo(read);
                if (found.damage().isPresent()) {
                    damaged++;
                } else {
                    assertThat(read).as("byte %d, bit %d", offset, bit).hasSameSizeAs(written);
                }
                assertThat(folder.content(file)).isEqualTo(flipped);
                folder.flipBit(file, offset, bit);
            }
        }
        return damaged;
    }

    @Test
    void open_ofADamagedLog_givesWhatIsBeforeAndIsReadOnly() {
        write(6, 50, true);
        long second = LogFileHeader.BYTES + written.getFirst().bytes();
        folder.flipBit(FIRST, second + 70, 3);
        byte[] before = folder.content(FIRST);
        Recorder recorder = new Recorder();
        try (RecordLog log = recorder.open(folder)) {
            assertThat(recorder.whole()).isEqualTo(written.subList(0, 1));
            Damage damage = log.damage().orElseThrow();
            assertThat(damage.file()).isEqualTo("/c1/" + FIRST);
            assertThat(damage.offset()).isEqualTo(second);
            assertThatThrownBy(() -> log.reserve(1)).isInstanceOf(DamageException.class);
            assertThatThrownBy(() -> log.append(RecordLog.Entry.whole(1, 0, 99)))
                    .isInstanceOf(DamageException.class)
                    .hasMessageContaining(FIRST);
            assertThatThrownBy(log::force).isInstanceOf(DamageException.class);
            assertThatThrownBy(log::discardUnforced).isInstanceOf(DamageException.class);
        }
        assertThat(folder.content(FIRST)).isEqualTo(before);
    }

    @Test
    void open_withTheLastRecordCutAtAnyByte_goesOnAfterTheOneBefore() {
        write(4, 60, false);
        long end = LogFileHeader.BYTES
                + written.stream().mapToLong(Mutation::bytes).sum();
        long last = end - written.getLast().bytes();
        List<Mutation> rest = written.subList(0, 3);
        for (long size = end - 1; size >= last; size--) {
            FaultyDirectory copy = copy();
            copy.truncate(FIRST, size);
            Recorder recorder = new Recorder();
            try (RecordLog log = recorder.open(copy)) {
                assertThat(recorder.whole()).as("cut at %d", size).isEqualTo(rest);
                assertThat(log.damage()).isEmpty();
                assertThat(log.cut().isPresent()).isEqualTo(size > last);
                written.getLast().appendTo(log);
            }
            assertThat(Recorder.read(copy)).isEqualTo(written);
        }
    }

    @Test
    void open_withTheLastRecordWrongAndNothingForcedAfter_cutsIt() {
        write(4, 60, false);
        folder.flipBit(
                FIRST,
                LogFileHeader.BYTES
                        + written.stream().mapToLong(Mutation::bytes).sum()
                        - 20,
                0);
        Recorder recorder = new Recorder();
        try (RecordLog log = recorder.open(folder)) {
            assertThat(recorder.whole()).isEqualTo(written.subList(0, 3));
            assertThat(log.damage()).isEmpty();
            assertThat(log.cut().orElseThrow()).contains(FIRST).contains("after sequence 3");
        }
    }

    @Test
    void open_withTheMiddleOfAnUnforcedGroupMissing_cutsAllOfIt() {
        write(2, 60, false);
        RecordLog log = new Recorder().open(folder);
        for (int i = 3; i <= 5; i++) {
            Mutation.random(i, 1, 60, i).appendTo(log);
        }
        FaultyDirectory next = folder.crash(CrashPolicy.KEEP_ALL);
        next.flipBit(FIRST, LogFileHeader.BYTES + 3 * written.getFirst().bytes() + 70, 0);
        Recorder recorder = new Recorder();
        try (RecordLog again = recorder.open(next)) {
            assertThat(recorder.whole()).hasSize(3).startsWith(written.toArray(Mutation[]::new));
            assertThat(again.damage()).isEmpty();
            assertThat(again.cut()).isPresent();
        }
        assertThat(Recorder.read(next)).hasSize(3);
    }

    @Test
    void open_withAnyFileButTheLastMissingOrCut_isDamage() {
        write(12, 400, true);
        List<String> names = folder.names();
        assertThat(names).hasSizeGreaterThan(2);
        for (String name : names.subList(0, names.size() - 1)) {
            FaultyDirectory missing = copy();
            missing.delete(name);
            assertDamaged(missing);
            for (long size : new long[] {0, 10, 64, 300}) {
                FaultyDirectory cut = copy();
                cut.truncate(name, size);
                assertDamaged(cut);
            }
        }
    }

    @Test
    void open_withALastFileThatWasNeverForced_removesIt() {
        write(8, 500, false);
        long end = written.stream().mapToLong(Mutation::bytes).sum();
        for (int size : new int[] {0, 1, 63, 64, 500}) {
            FaultyDirectory copy = copy();
            String name = LogFileHeader.name(end);
            try (StorageFile file = copy.open(name, Directory.Mode.CREATE_NEW)) {
                file.write(ByteBuffer.allocate(size), 0);
            }
            Recorder recorder = new Recorder();
            try (RecordLog log = recorder.open(copy)) {
                assertThat(recorder.whole()).isEqualTo(written);
                assertThat(log.damage()).isEmpty();
                assertThat(log.cut().orElseThrow()).contains(name);
            }
            assertThat(copy.names()).doesNotContain(name);
        }
    }

    @Test
    void open_withAnEmptyFirstFile_isDamageAndNeverAnEmptyLog() {
        write(1, 50, true);
        folder.truncate(FIRST, 0);
        assertDamaged(folder);
    }

    @Test
    void open_ofAnotherCollectionsLog_isDamage() {
        write(3, 50, true);
        Recorder recorder = new Recorder();
        try (RecordLog log = RecordLog.open(new RecordLog.Place(folder, 8), Recorder.SMALL, Recorder.CLOCK, recorder)) {
            assertThat(log.damage().orElseThrow().text())
                    .contains("collectionId=7")
                    .contains("collectionId=8");
            assertThat(recorder.whole()).isEmpty();
        }
    }

    @Test
    void open_withAnotherCollectionsFileInTheMiddle_isDamage() {
        write(12, 400, true);
        String second = folder.names().get(1);
        long base = LogFileHeader.baseOf(second).orElseThrow();
        try (StorageFile file = folder.open(second, Directory.Mode.WRITE)) {
            file.write(new LogFileHeader(8, base, 4).encode(), 0);
        }
        assertDamaged(folder);
    }

    @Test
    void open_withOtherFilesInTheFolder_looksPastThem() {
        write(3, 50, true);
        for (String name : List.of("manifest", "log-12", "log-zzzzzzzzzzzzzzzz", "log-ffffffffffffffff")) {
            folder.open(name, Directory.Mode.CREATE_NEW).close();
        }
        assertThat(Recorder.read(folder)).isEqualTo(written);
    }

    @Test
    void open_ofANewerFormat_isRefusedAndChangesNothing() {
        write(2, 50, true);
        ByteBuffer header = new LogFileHeader(Recorder.COLLECTION, 0, 0).encode(2);
        try (StorageFile file = folder.open(FIRST, Directory.Mode.WRITE)) {
            file.write(header, 0);
        }
        byte[] before = folder.content(FIRST);
        try (RecordLog log = new Recorder().open(folder)) {
            assertThat(log.damage().orElseThrow().text()).contains("version 2").contains("reads 1");
        }
        assertThat(folder.content(FIRST)).isEqualTo(before);
    }

    @Test
    void open_withARecordInABody_doesNotTakeItForOne() {
        // The tail's first record is torn; its body holds a copy of a forced record that speaks of what was forced.
        write(3, 64, false);
        byte[] file = folder.content(FIRST);
        int third = LogFileHeader.BYTES + 2 * (int) written.getFirst().bytes();
        byte[] body = java.util.Arrays.copyOfRange(file, third, third + 128);
        RecordLog log = new Recorder().open(folder);
        log.reserve(RecordFormat.bytes(body.length));
        log.append(RecordLog.Entry.whole(1, 0, 4), ByteBuffer.wrap(body));
        FaultyDirectory next = folder.crash(CrashPolicy.KEEP_ALL);
        next.flipBit(FIRST, third + written.getFirst().bytes() + 20, 1);
        Recorder recorder = new Recorder();
        try (RecordLog again = recorder.open(next)) {
            assertThat(recorder.whole()).isEqualTo(written);
            assertThat(again.damage()).isEmpty();
            assertThat(again.cut()).isPresent();
        }
    }

    private static void assertDamaged(FaultyDirectory folder) {
        try (RecordLog log = new Recorder().open(folder)) {
            assertThat(log.damage()).isPresent();
        }
    }

    /** A closed log ends with a mark; otherwise it is left as a killed process leaves it. */
    private void write(int count, int bytes, boolean closed) {
        RecordLog log = Recorder.create(folder);
        for (int i = 1; i <= count; i++) {
            Mutation mutation = Mutation.random(i, 1, bytes, i);
            mutation.appendTo(log);
            log.force();
            written.add(mutation);
        }
        if (closed) {
            log.close();
        } else {
            folder = folder.kill();
        }
    }

    private FaultyDirectory copy() {
        FaultyDirectory copy = FaultyDirectory.empty().folder("c1");
        copy.create();
        for (String name : folder.names()) {
            try (StorageFile file = copy.open(name, Directory.Mode.CREATE_NEW)) {
                file.write(ByteBuffer.wrap(folder.content(name)), 0);
                file.force();
            }
        }
        copy.force();
        return copy;
    }
}
