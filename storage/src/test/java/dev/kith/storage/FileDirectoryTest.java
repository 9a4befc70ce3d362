package dev.kith.storage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.kith.storage.Recorder.Mutation;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class FileDirectoryTest {

    @TempDir
    private Path temp;

    private FileDirectory root;

    @BeforeEach
    void open() {
        root = FileDirectory.open(temp.resolve("data"));
    }

    @Test
    void folder_createdFilledRenamedDeleted_isAsItShouldBe() {
        Directory folder = root.folder("a").folder("b");
        assertThat(folder.exists()).isFalse();
        assertThat(folder.names()).isEmpty();
        folder.create();
        folder.create();
        assertThat(folder.exists()).isTrue();
        folder.open("z", Directory.Mode.CREATE_NEW).close();
        try (StorageFile file = folder.open("m", Directory.Mode.CREATE_NEW)) {
            file.write(ByteBuffer.wrap(new byte[] {1, 2, 3}), 5);
            file.force();
            assertThat(file.size()).isEqualTo(8);
            ByteBuffer read = ByteBuffer.allocate(10);
            assertThat(file.read(read, 4)).isEqualTo(4);
            assertThat(read.array()).startsWith(0, 1, 2, 3, 0);
            assertThat(file.read(read, 8)).isZero();
            file.truncate(6);
            assertThat(file.size()).isEqualTo(6);
        }
        folder.force();
        assertThat(folder.names()).containsExactly("m", "z");
        folder.rename("m", "z");
        assertThat(folder.names()).containsExactly("z");
        folder.delete("z");
        folder.delete("z");
        assertThat(folder.names()).isEmpty();
        folder.open("y", Directory.Mode.CREATE_NEW).close();
        root.deleteFolder("a");
        root.deleteFolder("a");
        assertThat(root.names()).isEmpty();
    }

    @Test
    void mapped_afterTheFileIsClosedAndDeleted_isThereUntilTheArenaCloses() {
        root.create();
        byte[] bytes = new byte[20_000];
        new java.util.Random(1).nextBytes(bytes);
        try (Arena arena = Arena.ofShared()) {
            MemorySegment mapped;
            try (StorageFile file = root.open("m", Directory.Mode.CREATE_NEW)) {
                file.write(ByteBuffer.wrap(bytes), 0);
                mapped = file.map(128, 15_000, arena);
            }
            root.delete("m");
            assertThat(mapped.isReadOnly()).isTrue();
            assertThat(mapped.address() % 64).isZero();
            assertThat(mapped.toArray(ValueLayout.JAVA_BYTE)).isEqualTo(Arrays.copyOfRange(bytes, 128, 15_128));
        }
    }

    @Test
    void open_inAModeThatDoesNotFit_isRefusedWithTheFile() {
        root.create();
        root.open("here", Directory.Mode.CREATE_NEW).close();
        assertThatThrownBy(() -> root.open("here", Directory.Mode.CREATE_NEW)).isInstanceOf(StorageException.class);
        for (Directory.Mode mode : List.of(Directory.Mode.READ, Directory.Mode.WRITE)) {
            assertThatThrownBy(() -> root.open("gone", mode))
                    .isInstanceOf(StorageException.class)
                    .hasMessageContaining("data/gone");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"", ".", "..", ".hidden", "a/b", "A", "a b", "\u00e4", "a\0b", "a\\b"})
    void anyCall_withANameThatIsNotOurs_isRefused(String name) {
        root.create();
        assertThatThrownBy(() -> root.folder(name)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> root.open(name, Directory.Mode.CREATE_NEW))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> root.delete(name)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> root.deleteFolder(name)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> root.rename("a", name)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> root.lock(name)).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void checked_atTheLimitOfLength_takesSixtyFourCharacters() {
        assertThat(Directory.isName("a".repeat(64))).isTrue();
        assertThat(Directory.isName("a".repeat(65))).isFalse();
    }

    @Test
    void lock_heldAlready_isRefusedUntilItIsClosed() {
        root.create();
        try (Directory.Lock held = root.lock("lock")) {
            assertThat(held).isNotNull();
            assertThatThrownBy(() -> root.lock("lock"))
                    .isInstanceOf(StorageException.class)
                    .hasMessageContaining("another process is using");
        }
        root.lock("lock").close();
    }

    @Test
    void lock_heldByAnotherProcess_isRefused() throws Exception {
        root.create();
        Path source = temp.resolve("Holder.java");
        Files.writeString(source, """
                class Holder {
                    public static void main(String[] args) throws Exception {
                        var channel = java.nio.channels.FileChannel.open(
                                java.nio.file.Path.of(args[0]), java.nio.file.StandardOpenOption.CREATE,
                                java.nio.file.StandardOpenOption.WRITE);
                        channel.lock();
                        System.out.println("held");
                        System.in.read();
                    }
                }
                """);
        String java = ProcessHandle.current().info().command().orElseThrow();
        Process holder = new ProcessBuilder(
                        java,
                        source.toString(),
                        temp.resolve("data").resolve("lock").toString())
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        try {
            assertThat(holder.inputReader().readLine()).isEqualTo("held");
            assertThatThrownBy(() -> root.lock("lock")).isInstanceOf(StorageException.class);
        } finally {
            holder.getOutputStream().close();
            assertThat(holder.waitFor(20, TimeUnit.SECONDS)).isTrue();
        }
        root.lock("lock").close();
    }

    @Test
    void log_usedByAnInterruptedThread_goesOn() throws InterruptedException {
        Directory folder = root.folder("c1");
        List<Mutation> written = new ArrayList<>();
        RecordLog log = Recorder.create(folder);
        AtomicBoolean done = new AtomicBoolean();
        Thread writer = Thread.ofPlatform().name("writer").start(() -> {
            for (int i = 1; i <= 300; i++) {
                Mutation mutation = Mutation.random(i, 1, 300, i);
                mutation.appendTo(log);
                log.force();
                written.add(mutation);
            }
            done.set(true);
        });
        while (writer.isAlive()) {
            writer.interrupt();
            writer.join(1);
        }
        assertThat(done).isTrue();
        Thread.currentThread().interrupt();
        log.close();
        assertThat(Thread.interrupted()).isTrue();
        assertThat(Recorder.read(folder)).isEqualTo(written);
    }

    @Test
    void force_besideAppends_coversWhatWasWhole() throws InterruptedException {
        Directory folder = root.folder("c1");
        RecordLog log = Recorder.create(folder);
        AtomicBoolean stop = new AtomicBoolean();
        AtomicLong appended = new AtomicLong();
        List<Throwable> faults = new ArrayList<>();
        Thread forcer = Thread.ofPlatform().name("forcer").start(() -> {
            try {
                while (!stop.get()) {
                    long before = appended.get();
                    log.force();
                    assertThat(log.forced()).isGreaterThanOrEqualTo(before);
                }
            } catch (Throwable e) {
                faults.add(e);
            }
        });
        List<Mutation> written = new ArrayList<>();
        for (int i = 1; i <= 500; i++) {
            Mutation mutation = Mutation.random(i, 1, i, i);
            mutation.appendTo(log);
            appended.set(log.appended());
            written.add(mutation);
        }
        stop.set(true);
        forcer.join();
        log.close();
        assertThat(faults).isEmpty();
        assertThat(Recorder.read(folder)).isEqualTo(written);
    }

    @Test
    void message_ofAFullDisk_isTold() {
        for (String text : List.of("No space left on device", "Disk quota exceeded")) {
            assertThat(StorageException.of("write at 7", "/x/log", new IOException(text)))
                    .isInstanceOf(DiskFullException.class)
                    .hasMessageContaining("/x/log")
                    .hasMessageContaining("write at 7");
        }
        assertThat(StorageException.of("write", "/x", new IOException("Input/output error")))
                .isNotInstanceOf(DiskFullException.class);
    }
}
