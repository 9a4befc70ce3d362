package dev.kith.storage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.kith.storage.FaultyDirectory.CrashPolicy;
import dev.kith.storage.FaultyDirectory.Kind;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.HashSet;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** The disk that the other tests trust. */
class FaultyDirectoryTest {

    private final FaultyDirectory root = FaultyDirectory.empty();

    @Test
    void crash_withoutForces_losesBytesAndNames() {
        try (StorageFile file = root.open("a", Directory.Mode.CREATE_NEW)) {
            file.write(ByteBuffer.wrap(new byte[] {1, 2}), 0);
            file.force();
            root.force();
            file.write(ByteBuffer.wrap(new byte[] {3}), 1);
        }
        root.open("b", Directory.Mode.CREATE_NEW).close();
        root.rename("a", "c");
        assertThat(root.names()).containsExactly("b", "c");
        FaultyDirectory next = root.crash(CrashPolicy.DROP_ALL);
        assertThat(next.names()).containsExactly("a");
        assertThat(next.content("a")).containsExactly(1, 2);
        assertThatThrownBy(root::names).isInstanceOf(StorageException.class);
    }

    @Test
    void crash_keepingAll_losesNothing() {
        root.folder("f").create();
        try (StorageFile file = root.folder("f").open("a", Directory.Mode.CREATE_NEW)) {
            file.write(ByteBuffer.wrap(new byte[] {1, 2, 3}), 0);
            file.truncate(2);
        }
        assertThat(root.crash(CrashPolicy.KEEP_ALL).content("f/a")).containsExactly(1, 2);
    }

    @Test
    void crash_withSeeds_tearsAndReordersBySectors() {
        Set<String> outcomes = new HashSet<>();
        for (int seed = 0; seed < 200; seed++) {
            FaultyDirectory disk = FaultyDirectory.empty();
            try (StorageFile file = disk.open("a", Directory.Mode.CREATE_NEW)) {
                file.write(ByteBuffer.allocate(1024), 0);
                file.force();
                disk.force();
                byte[] ones = new byte[1024];
                Arrays.fill(ones, (byte) 1);
                file.write(ByteBuffer.wrap(ones), 0);
            }
            byte[] left = disk.crash(seed).content("a");
            assertThat(left).hasSize(1024);
            for (int i = 1; i < 512; i++) {
                assertThat(left[i]).isEqualTo(left[0]);
                assertThat(left[512 + i]).isEqualTo(left[512]);
            }
            outcomes.add(left[0] + "" + left[512]);
        }
        assertThat(outcomes).containsExactlyInAnyOrder("00", "01", "10", "11");
    }

    @Test
    void failAt_eachKind_failsThatCallOnly() {
        StorageFile file = root.open("a", Directory.Mode.CREATE_NEW);
        root.force();
        root.failAt(root.calls() + 1, Kind.IO_ERROR);
        assertThatThrownBy(() -> file.write(ByteBuffer.allocate(10), 0)).isInstanceOf(StorageException.class);
        assertThat(file.size()).isEqualTo(5);
        root.failAt(root.calls() + 1, Kind.DISK_FULL);
        assertThatThrownBy(() -> file.write(ByteBuffer.allocate(10), 0)).isInstanceOf(DiskFullException.class);
        file.write(ByteBuffer.allocate(10), 0);
        root.failAt(root.calls() + 1, Kind.FAILED_FORCE);
        assertThatThrownBy(file::force).isInstanceOf(StorageException.class);
        file.force();
        assertThat(file.size()).isEqualTo(10);
        assertThat(root.kill().crash(CrashPolicy.KEEP_ALL).content("a")).isEmpty();
    }

    @Test
    void failAt_crash_endsEveryLaterCall() {
        StorageFile file = root.open("a", Directory.Mode.CREATE_NEW);
        root.failAt(root.calls() + 1, Kind.CRASH);
        assertThatThrownBy(() -> file.write(ByteBuffer.allocate(10), 0)).hasMessageContaining("power");
        assertThatThrownBy(file::size).isInstanceOf(StorageException.class);
        assertThatThrownBy(root::force).isInstanceOf(StorageException.class);
        assertThat(root.crash(CrashPolicy.KEEP_ALL).content("a")).hasSize(10);
    }

    @Test
    void capacity_reached_writesWhatFitsAndRecovers() {
        StorageFile file = root.open("a", Directory.Mode.CREATE_NEW);
        root.capacity(7);
        assertThatThrownBy(() -> file.write(ByteBuffer.allocate(10), 0)).isInstanceOf(DiskFullException.class);
        assertThat(root.used()).isEqualTo(7);
        file.write(ByteBuffer.wrap(new byte[7]), 0);
        root.capacity(10);
        file.write(ByteBuffer.allocate(10), 0);
        assertThat(root.used()).isEqualTo(10);
    }

    @Test
    void lock_isFreeAfterAKill() {
        root.lock("lock");
        assertThatThrownBy(() -> root.lock("lock")).isInstanceOf(StorageException.class);
        root.kill().lock("lock").close();
    }
}
