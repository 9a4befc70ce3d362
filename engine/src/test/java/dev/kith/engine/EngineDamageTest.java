package dev.kith.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.kith.storage.DamageException;
import dev.kith.storage.Directory;
import dev.kith.storage.FaultyDirectory;
import dev.kith.storage.StorageException;
import dev.kith.storage.StorageFile;
import dev.kith.vectors.CollectionInfo;
import dev.kith.vectors.CollectionName;
import dev.kith.vectors.CollectionSpec;
import dev.kith.vectors.Metric;
import dev.kith.vectors.Put;
import dev.kith.vectors.Query;
import dev.kith.vectors.Rejection;
import dev.kith.vectors.Selection;
import dev.kith.vectors.VectorBlock;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Files that are not what they were: found, named, never written over, and nobody else's matter. */
@ExtendWith(Quiet.class)
class EngineDamageTest {
    private static final CollectionName NAME = new CollectionName("t", "n", "points");
    private static final CollectionName OTHER = new CollectionName("t", "n", "other");
    private static final CollectionSpec SPEC = CollectionSpec.floats(4, Metric.L2);
    private static final String FOLDER = "collections/0000000000000001";

    private static VectorBlock vectors(int count) {
        return World.smallVectors(new Random(count), SPEC, count);
    }

    private static Engine open(Directory disk) {
        Engine engine = Engine.open(EngineOptions.durable(disk, 1 << 28, 1));
        engine.list("t");
        return engine;
    }

    /** Two collections, the first with ten puts of two points. */
    private static FaultyDirectory filled() {
        FaultyDirectory disk = FaultyDirectory.empty();
        try (Engine engine = open(disk)) {
            engine.create(NAME, SPEC);
            engine.create(OTHER, SPEC);
            for (int i = 0; i < 10; i++) {
                engine.put(NAME, Put.append(vectors(2)));
            }
            engine.put(OTHER, Put.append(vectors(3)));
        }
        return disk.kill();
    }

    private static String log(FaultyDirectory disk, String folder) {
        Directory place = disk;
        for (String part : folder.split("/")) {
            place = place.folder(part);
        }
        String name = place.names().stream()
                .filter(found -> !found.equals("manifest"))
                .findFirst()
                .orElseThrow();
        return folder + "/" + name;
    }

    /** Where the mark begins by which a log that was closed ends: it holds nothing, so its loss is none. */
    private static int markAt(byte[] content) {
        // Its last field is a small number, of which one or two bytes are not zero.
        return (recordsEnd(content) - 57) & -8;
    }

    private static int recordsEnd(byte[] content) {
        int end = content.length;
        while (end > 0 && content[end - 1] == 0) {
            end--;
        }
        return end;
    }

    private static void requireQuarantined(Engine engine, String file) {
        assertThat(wrongWith(engine.find(NAME).orElseThrow()))
                .contains(file.substring(file.indexOf('/') + 1), " at ", "damaged");
        List<Runnable> writes = List.of(
                () -> engine.put(NAME, Put.append(vectors(1))),
                () -> engine.delete(NAME, new Selection.Ids(new long[] {0})),
                () -> engine.reset(NAME),
                () -> engine.merge(NAME, List.of(OTHER), false));
        for (Runnable write : writes) {
            assertThatThrownBy(write::run)
                    .isInstanceOfSatisfying(
                            Rejection.class, r -> assertThat(r.code()).isEqualTo(Rejection.Code.UNAVAILABLE));
        }
    }

    /** What the engine says to a client: of a collection in quarantine when it refuses a write. */
    private static String wrongWith(CollectionInfo info) {
        return info.unavailable()
                .map(Rejection::text)
                .or(() -> info.damage().map(text -> "damaged: " + text))
                .orElse("nothing");
    }

    /** Nobody can say what is in it, so nobody does. */
    private static void requireUnavailable(Engine engine, CollectionName name) {
        CollectionInfo info = engine.find(name).orElseThrow();
        assertThat(info.unavailable()).isPresent();
        assertThat(engine.list("t")).contains(info);
        List<Runnable> calls = List.of(
                info::points,
                () -> engine.scan(name, 0, 1),
                () -> engine.get(name, new long[] {0}),
                () -> engine.search(name, Query.nearest(vectors(1), 1)),
                () -> engine.put(name, Put.append(vectors(1))),
                () -> engine.merge(OTHER, List.of(name), false));
        for (Runnable call : calls) {
            assertThatThrownBy(call::run)
                    .isInstanceOfSatisfying(
                            Rejection.class, r -> assertThat(r.code()).isEqualTo(Rejection.Code.UNAVAILABLE))
                    .hasMessageStartingWith("The collection cannot be opened: its files are damaged: ");
        }
        assertThat(engine.stats().damaged()).isEqualTo(1);
    }

    private static void requireServes(Engine engine) {
        assertThat(engine.search(OTHER, Query.nearest(vectors(1), 5)).getFirst().count())
                .isGreaterThanOrEqualTo(3);
        assertThat(engine.put(OTHER, Put.append(vectors(1))).points()).isGreaterThanOrEqualTo(4);
    }

    @Test
    void anyBitOfALogFlipped_isFoundAndQuarantinesThatCollectionOnly() {
        Random random = new Random(5);
        String file = log(filled(), FOLDER);
        int end = markAt(filled().content(file));
        for (int i = 0; i < 60; i++) {
            FaultyDirectory disk = filled();
            long offset = random.nextInt(end);
            disk.flipBit(file, offset, random.nextInt(8));
            byte[] before = disk.content(file);
            try (Engine engine = open(disk)) {
                requireQuarantined(engine, file);
                requireServes(engine);
                if (engine.find(NAME).orElseThrow().unavailable().isPresent()) {
                    requireUnavailable(engine, NAME);
                } else {
                    long points = engine.find(NAME).orElseThrow().points();
                    assertThat(points % 2).as("offset %d", offset).isZero();
                    assertThat(points).as("offset %d", offset).isPositive();
                    assertThat(engine.scan(NAME, 0, 100).ids()).hasSize((int) points);
                }
                assertThat(engine.stats().damaged()).isEqualTo(1);
                if (i % 6 == 0) {
                    engine.drop(NAME);
                    engine.create(NAME, SPEC);
                    assertThat(engine.put(NAME, Put.append(vectors(1))).points())
                            .isEqualTo(1);
                    continue;
                }
            }
            assertThat(disk.content(file)).as("offset %d", offset).isEqualTo(before);
        }
    }

    @Test
    void anyBitOfAClosingMarkFlipped_losesNothing() {
        for (String folder : List.of(FOLDER, "catalogue")) {
            String file = log(filled(), folder);
            int mark = markAt(filled().content(file));
            for (int bit = 0; bit < 64 * 8; bit += 29) {
                FaultyDirectory disk = filled();
                disk.flipBit(file, mark + bit / 8, bit % 8);
                try (Engine engine = open(disk)) {
                    assertThat(engine.find(NAME).orElseThrow().damage()).isEmpty();
                    assertThat(engine.find(NAME).orElseThrow().points()).isEqualTo(20);
                    assertThat(engine.put(NAME, Put.append(vectors(1))).ids()).containsExactly(20);
                    requireServes(engine);
                }
            }
        }
    }

    @Test
    void logCutAtEveryByteOfItsLastRecords_opensWithAPrefix() {
        FaultyDirectory whole = FaultyDirectory.empty();
        Engine first = open(whole);
        first.create(NAME, SPEC);
        first.create(OTHER, SPEC);
        first.put(OTHER, Put.append(vectors(3)));
        List<Integer> ends = new ArrayList<>();
        String file = log(whole, FOLDER);
        for (int i = 0; i < 3; i++) {
            first.put(NAME, Put.append(vectors(2)));
            ends.add(recordsEnd(whole.content(file)));
        }
        byte[] content = whole.content(file);
        for (int length = ends.get(1) + 8; length < content.length && length < ends.get(2) + 8; length++) {
            FaultyDirectory disk = whole.crash(FaultyDirectory.CrashPolicy.KEEP_ALL);
            disk.truncate(file, length);
            try (Engine engine = open(disk)) {
                CollectionInfo info = engine.find(NAME).orElseThrow();
                assertThat(info.damage()).as("length %d", length).isEmpty();
                assertThat(info.points()).as("length %d", length).isIn(4L, 6L);
                requireServes(engine);
                assertThat(engine.put(NAME, Put.append(vectors(1))).ids()).containsExactly(info.points());
            }
        }
    }

    @Test
    void anyBitOfAManifestFlipped_isFoundAndNamed() {
        for (int bit = 0; bit < 64 * 8; bit += 11) {
            FaultyDirectory disk = filled();
            disk.flipBit(FOLDER + "/manifest", bit / 8, bit % 8);
            try (Engine engine = open(disk)) {
                assertThat(wrongWith(engine.find(NAME).orElseThrow())).contains("0000000000000001/manifest at 0");
                requireUnavailable(engine, NAME);
                requireServes(engine);
            }
        }
    }

    @Test
    void missingFiles_areFoundAndNothingStartsEmptyInTheirPlace() {
        for (int missing = 0; missing < 3; missing++) {
            FaultyDirectory disk = filled();
            String log = log(disk, FOLDER);
            FaultyDirectory folder = disk.folder("collections").folder("0000000000000001");
            switch (missing) {
                case 0 -> folder.delete("manifest");
                case 1 -> folder.delete(log.substring(log.lastIndexOf('/') + 1));
                default -> disk.folder("collections").deleteFolder("0000000000000001");
            }
            try (Engine engine = open(disk)) {
                requireUnavailable(engine, NAME);
                requireServes(engine);
                engine.drop(NAME);
                engine.create(NAME, SPEC);
                assertThat(engine.put(NAME, Put.append(vectors(1))).points()).isEqualTo(1);
            }
        }
    }

    @Test
    void anyBitOfTheCatalogueFlipped_refusesToOpenAndChangesNothing() {
        Random random = new Random(6);
        String file = log(filled(), "catalogue");
        int end = markAt(filled().content(file));
        for (int i = 0; i < 60; i++) {
            FaultyDirectory disk = filled();
            disk.flipBit(file, random.nextInt(end), random.nextInt(8));
            requireRefusedAndUntouched(disk, file);
        }
    }

    private static void requireRefusedAndUntouched(FaultyDirectory disk, String file) {
        byte[] before = disk.content(file);
        long calls = disk.calls();
        assertThatThrownBy(() -> open(disk)).isInstanceOf(StorageException.class);
        assertThat(disk.content(file)).isEqualTo(before);
        assertThat(disk.calls()).isEqualTo(calls);
        assertThat(disk.folder("collections").names()).hasSize(2);
        // The lock was let go: the next attempt says the same.
        assertThatThrownBy(() -> open(disk)).isInstanceOf(StorageException.class);
    }

    @Test
    void missingCatalogue_besideCollections_refusesToOpen() {
        FaultyDirectory disk = filled();
        String kept = log(disk, FOLDER);
        disk.deleteFolder("catalogue");
        requireRefusedAndUntouched(disk, kept);
        FaultyDirectory emptied = filled();
        String name = log(emptied, "catalogue");
        emptied.folder("catalogue").delete(name.substring(name.lastIndexOf('/') + 1));
        requireRefusedAndUntouched(emptied, kept);
    }

    @Test
    void catalogueThatLostACollection_withRecords_refusesToOpenAndKeepsThem() {
        FaultyDirectory disk = FaultyDirectory.empty();
        Engine first = open(disk);
        first.create(NAME, SPEC);
        int known = recordsEnd(disk.content(log(disk, "catalogue")));
        first.create(OTHER, SPEC);
        first.put(OTHER, Put.append(vectors(3)));
        FaultyDirectory found = disk.kill();
        String file = log(found, "catalogue");
        String records = log(found, "collections/0000000000000002");
        byte[] before = recordsIn(found.content(records));
        found.truncate(file, (known + 7) & -8);
        for (int attempt = 0; attempt < 2; attempt++) {
            assertThatThrownBy(() -> open(found))
                    .isInstanceOf(DamageException.class)
                    .hasMessageContaining("collections/0000000000000002");
            byte[] after = Arrays.copyOf(found.content(records), before.length);
            assertThat(Arrays.equals(after, before)).isTrue();
        }
    }

    /** The log without its preallocated end, where looking at it may leave the mark of a clean close. */
    private static byte[] recordsIn(byte[] content) {
        return Arrays.copyOf(content, recordsEnd(content));
    }

    @Test
    void catalogueThatLostACollection_withoutRecords_sweepsIt() {
        FaultyDirectory disk = FaultyDirectory.empty();
        Engine first = open(disk);
        first.create(NAME, SPEC);
        int known = recordsEnd(disk.content(log(disk, "catalogue")));
        first.create(OTHER, SPEC);
        FaultyDirectory found = disk.kill();
        found.truncate(log(found, "catalogue"), (known + 7) & -8);
        try (Engine engine = open(found)) {
            assertThat(engine.list("t")).hasSize(1);
            assertThat(found.folder("collections").names()).hasSize(1);
        }
    }

    @Test
    void secondEngine_onTheSameFolder_isRefusedAndDisturbsNothing() {
        FaultyDirectory disk = filled();
        try (Engine engine = open(disk)) {
            assertThatThrownBy(() -> open(disk)).isInstanceOf(StorageException.class);
            assertThat(engine.put(NAME, Put.append(vectors(1))).points()).isEqualTo(21);
            requireServes(engine);
        }
        try (Engine engine = open(disk)) {
            assertThat(engine.find(NAME).orElseThrow().points()).isEqualTo(21);
        }
    }

    @Test
    void unknownFilesAndFolders_areIgnoredAndKept() {
        FaultyDirectory disk = filled();
        List<FaultyDirectory> places = List.of(
                disk,
                disk.folder("catalogue"),
                disk.folder("collections"),
                disk.folder("collections").folder("0000000000000001"));
        for (FaultyDirectory place : places) {
            try (StorageFile file = place.open("notes.txt", Directory.Mode.CREATE_NEW)) {
                file.write(ByteBuffer.wrap(new byte[] {1, 2, 3}), 0);
            }
        }
        disk.folder("collections").folder("lost-and-found").create();
        try (Engine engine = open(disk)) {
            assertThat(engine.find(NAME).orElseThrow().damage()).isEmpty();
            assertThat(engine.put(NAME, Put.append(vectors(1))).points()).isEqualTo(21);
            requireServes(engine);
        }
        for (FaultyDirectory place : places) {
            assertThat(place.names()).contains("notes.txt");
        }
        assertThat(disk.folder("collections").names()).contains("lost-and-found");
    }

    @Test
    void orphanFolders_areSweptAtOpening() {
        FaultyDirectory disk = filled();
        disk.folder("collections").folder("00000000000000ff").create();
        open(disk).close();
        assertThat(disk.folder("collections").names()).hasSize(2);
    }
}
