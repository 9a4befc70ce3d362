package dev.kith.doors.faissx;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kith.engine.Engine;
import dev.kith.engine.EngineOptions;
import dev.kith.storage.FileDirectory;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** An index that cannot be opened is never shown as an empty one. */
class UnavailableIndexTest {
    private static final String TEXT = "The collection cannot be opened: its files are damaged: ";

    @TempDir
    private Path folder;

    private DoorFixture door;

    private DoorFixture open() {
        Engine engine = Engine.open(EngineOptions.durable(FileDirectory.open(folder), 64 << 20, 1));
        return new DoorFixture(engine, Optional.empty());
    }

    @BeforeEach
    void damageOneOfTwo() throws IOException {
        try (DoorFixture whole = open()) {
            whole.create("hurt", "IDMap2:L2");
            whole.add("hurt", List.of(1, 1));
            whole.create("whole", "L2");
            whole.add("whole", List.of(2, 2));
        }
        Path manifest = folder.resolve("collections/0000000000000001/manifest");
        byte[] bytes = Files.readAllBytes(manifest);
        bytes[20] ^= 1;
        Files.write(manifest, bytes);
        door = open();
    }

    @AfterEach
    void stop() {
        door.close();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "get_vectors",
                "reconstruct",
                "reconstruct_n",
                "get_index_stats",
                "get_index_status",
                "get_index_info",
                "get_parameter",
                "optimize_index",
                "search",
                "range_search",
                "add_vectors",
                "remove_ids",
                "train_index",
                "set_parameter",
                "reset",
                "clear"
            })
    void action_onIt_isRefusedWithTheReason(String action) {
        var refused = door.ask(
                action,
                "index_id",
                "hurt",
                "parameter",
                "ntotal",
                "query_vectors",
                List.of(List.of(1, 1)),
                "training_vectors",
                List.of(List.of(1, 1)),
                "vectors",
                List.of(List.of(1, 1)));
        assertThat(refused.error()).startsWith(TEXT).contains("manifest");
        assertThat(refused.get("error_code")).isEqualTo("UNAVAILABLE");
        door.done("get_index_stats", "index_id", "whole");
    }

    @Test
    void merge_fromOrIntoIt_isRefused() {
        for (List<String> pair : List.of(List.of("hurt", "whole"), List.of("whole", "hurt"))) {
            var refused = door.ask(
                    "merge_indices", "target_index_id", pair.getFirst(), "source_index_ids", List.of(pair.getLast()));
            assertThat(refused.error()).startsWith(TEXT);
        }
    }

    @Test
    void list_showsItWithoutACount() {
        var listed = door.done("list_indexes");
        Map<?, ?> entry = (Map<?, ?>) listed.at("indexes", 0);
        assertThat(entry.get("index_id")).isEqualTo("hurt");
        assertThat(entry.get("dimension")).isEqualTo(2L);
        assertThat(entry.get("vector_count")).isEqualTo("nil");
        assertThat(entry.get("is_idmap2")).isEqualTo(true);
        assertThat((String) entry.get("unavailable")).startsWith(TEXT);
        assertThat(listed.at("indexes", 1)).isEqualTo(Map.of("index_id", "whole", "dimension", 2L, "vector_count", 1L));
    }

    @Test
    void proxy_listsItWithoutACountAndRefusesTheRest() {
        var listed = proxy("list_indexes");
        assertThat(listed.at("indexes", 0, "index_id")).isEqualTo("hurt");
        assertThat(listed.at("indexes", 0, "vector_count")).isEqualTo("nil");
        assertThat(listed.at("indexes", 0, "unavailable")).asString().startsWith(TEXT);
        assertThat(listed.at("indexes", 1, "vector_count")).isEqualTo(1L);
        for (String operation : List.of("get_index_stats", "get_index_info", "search", "delete_vector")) {
            assertThat(proxy(operation).get("message")).asString().startsWith(TEXT);
        }
        assertThat(proxy("delete_index").get("status")).isEqualTo("ok");
    }

    private DoorFixture.Reply proxy(String operation) {
        Map<String, Object> header =
                DoorFixture.fields("operation", operation, "index_id", "hurt", "vector_id", "x", "k", 1);
        byte[] message = ProxyDialectTest.message(header, new float[] {1, 1}, null);
        return ProxyDialectTest.Parts.read(door.handle(message)).header();
    }

    @Test
    void quarantine_isShownBesideTheCountOfWhatCanBeRead() throws IOException {
        door.add("whole", List.of(3, 3));
        door.close();
        Path log = folder.resolve("collections/0000000000000002/log-0000000000000000");
        byte[] bytes = Files.readAllBytes(log);
        // Of the vector that was added last: 3, 3.
        bytes[lastIndexOf(bytes, new byte[] {0, 0, 0x40, 0x40, 0, 0, 0x40, 0x40})] ^= 1;
        Files.write(log, bytes);
        door = open();
        var listed = door.done("list_indexes");
        assertThat(listed.at("indexes", 1, "vector_count")).isEqualTo(1L);
        assertThat(listed.at("indexes", 1, "damage")).asString().startsWith("0000000000000002/log-");
        assertThat(door.done("get_index_status", "index_id", "whole").at("status", "damage"))
                .isEqualTo(listed.at("indexes", 1, "damage"));
        assertThat(door.done("get_vectors", "index_id", "whole").get("vectors")).isEqualTo(List.of(List.of(2.0, 2.0)));
        assertThat(door.ask("add_vectors", "index_id", "whole", "vectors", List.of(List.of(1, 1)))
                        .error())
                .contains("quarantine", "0000000000000002/log-");
    }

    @Test
    void quarantine_takesNoParameterAndNoTraining() throws IOException {
        door.create("lists", "IVF2");
        door.add("lists", List.of(3, 3), List.of(4, 4));
        door.add("lists", List.of(5, 5));
        door.close();
        Path log = folder.resolve("collections/0000000000000003/log-0000000000000000");
        byte[] bytes = Files.readAllBytes(log);
        bytes[lastIndexOf(bytes, new byte[] {0, 0, (byte) 0xa0, 0x40})] ^= 1;
        Files.write(log, bytes);
        door = open();
        List<List<Integer>> samples = List.of(List.of(1, 1), List.of(2, 2));
        for (DoorFixture.Reply refused : List.of(
                door.ask("set_parameter", "index_id", "lists", "parameter", "nprobe", "value", 2),
                door.ask("recluster_index", "index_id", "lists", "n_clusters", 3),
                door.ask("train_index", "index_id", "lists", "training_vectors", samples))) {
            assertThat(refused.error()).contains("quarantine", "0000000000000003/log-");
        }
        assertThat(door.done("get_parameter", "index_id", "lists", "parameter", "nprobe")
                        .get("param_value"))
                .isEqualTo(1L);
        assertThat(door.done("get_index_status", "index_id", "lists").get("is_trained"))
                .isEqualTo(false);
    }

    private static int lastIndexOf(byte[] bytes, byte[] wanted) {
        int at = bytes.length - wanted.length;
        while (!Arrays.equals(bytes, at, at + wanted.length, wanted, 0, wanted.length)) {
            at--;
        }
        return at;
    }

    @Test
    void delete_makesRoomForAnotherOfItsName() {
        door.done("delete_index", "index_id", "hurt");
        door.create("hurt", "L2");
        door.add("hurt", List.of(1, 1));
        assertThat(door.done("get_index_stats", "index_id", "hurt").get("ntotal"))
                .isEqualTo(1L);
    }
}
