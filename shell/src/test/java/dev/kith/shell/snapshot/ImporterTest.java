package dev.kith.shell.snapshot;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.TextFormat;
import dev.kith.shell.remote.Endpoint;
import dev.kith.shell.remote.RecordingServer;
import dev.kith.wire.ahnlich.db.query.CreateStore;
import dev.kith.wire.ahnlich.db.query.Set;
import dev.kith.wire.ahnlich.db.server.StoreInfo;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.StringJoiner;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ImporterTest {
    /** A store of dimension 2 with two entries, all kinds of values, and both indexes with what they are made of. */
    private static final String STORE = """
            {"dimension": 2,
             "id_to_value": {
               "11596182387809500963": [[0.5, 0.10000000149011612],
                 {"value": {"author": "str:str: dickens", "cover": "img:<~87cURD]i,\\"Ebo80~>"}}],
               "15178017180037765037": [[-1, 3.4028234663852886e38],
                 {"value": {"author": "str:", "voice": "aud:z"}}]},
             "predicate_indices": {
               "inner": {"author": {"str:str: dickens": [11596182387809500963]}},
               "allowed_predicates": ["author", "voice"]},
             "non_linear_indices": {"algorithm_to_index": {
               "Hnsw": {"Hnsw": {
                 "distance_algorithm": "CosineSimilarity", "ef_construction": 150, "top_most_layer": 0,
                 "maximum_connections": 24, "maximum_connections_zero": 48, "inv_log_m": 0.31465798044412485,
                 "graph": {"0": [11596182387809500963, 15178017180037765037]},
                 "nodes": {"11596182387809500963": {"id": 11596182387809500963, "value": [0.5, 0.1],
                   "neighbours": {"0": [15178017180037765037]}, "back_links": [15178017180037765037]}},
                 "enter_point": [11596182387809500963],
                 "keep_pruned_connections": true, "extend_candidates": false}},
               "KdTree": {"KDTree": {"root": {"point": [0.5, 0.1], "left": null,
                 "right": {"point": [-1, 1], "left": null, "right": null}}, "dimension": 2, "depth": 2}}}},
             "cached_len": 2, "cached_size_bytes": 1264, "size_dirty": false}""";

    private final ByteArrayOutputStream out = new ByteArrayOutputStream();
    private final ByteArrayOutputStream err = new ByteArrayOutputStream();
    private RecordingServer server;

    @TempDir
    private Path folder;

    @BeforeEach
    void start() throws IOException {
        server = new RecordingServer();
    }

    @AfterEach
    void stop() {
        server.close();
    }

    @Test
    void run_versionTwo_makesStoresWithIndexesAndSendsEntries() throws Exception {
        assertThat(run("{\"db_version\": \"2\", \"stores\": {\"art\": {\"books\": %s}}}".formatted(STORE)))
                .isZero();
        assertThat(server.created).containsExactly(creation("art", "books"));
        assertThat(server.sets).containsExactly(entries("art", "books"));
        assertThat(text(out)).isEqualTo("art/books: 2 inserted, 0 updated\n");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{\"db_version\": \"1\", \"stores\": {\"books\": %s}}",
                "{\"stores\": {\"books\": %s}, \"db_version\": 1}",
                "{\"public\": {\"books\": %s}}",
                "{\"empty\": {}, \"public\": {\"books\": %s}}",
                "{\"books\": %s}"
            })
    void run_olderForms_goToPublic(String form) throws Exception {
        assertThat(run(form.formatted(STORE))).isZero();
        assertThat(server.created).containsExactly(creation("public", "books"));
        assertThat(server.sets).containsExactly(entries("public", "books"));
    }

    @Test
    void run_again_keepsTheStoreAddsIndexesAndSendsTheSame() throws Exception {
        String file = "{\"books\": %s}".formatted(STORE);
        assertThat(run(file)).isZero();
        assertThat(run(file)).isZero();
        assertThat(server.created).hasSize(1);
        assertThat(server.indexed).hasSize(2);
        assertThat(server.sets).hasSize(2);
        assertThat(server.sets.get(1)).isEqualTo(server.sets.get(0));
    }

    @Test
    void run_unusableParts_areNamedAndTheRestIsTaken() throws Exception {
        int code = run("""
                {"db_version": "2", "stores": {"s": {"t": {"dimension": 2, "id_to_value": {
                  "1": [[1, null], {"value": {}}],
                  "2": [[1, 1e39], {"value": {}}],
                  "3": [[1, 2, 3], {"value": {}}],
                  "4": [[1, 2], {"value": {"a": "vid:x", "b": null, "c": "img:{}", "d": "x", "e": "str:e"}}]},
                  "non_linear_indices": {"algorithm_to_index": {"Ivf": {"Ivf": {}}}}}}}}""");
        assertThat(code).isEqualTo(Importer.PARTLY);
        assertThat(server.sets).containsExactly(message("""
                        store: 't' schema: 's' inputs { key { key: 1 key: 2 }
                          value { value { key: 'e' value { raw_string: 'e' } } } }"""));
        assertThat(text(err))
                .contains(
                        "not taken: s/t: entry 1: component 1 is not a finite number",
                        "not taken: s/t: entry 2: component 1 is not a finite number",
                        "not taken: s/t: entry 3: 3 components in a store of 2",
                        "not taken: s/t: entry 4: the value of a is of an unknown kind",
                        "the value of b is",
                        "the value of c is",
                        "the value of d is",
                        "not taken: s/t: an index of the unknown kind Ivf",
                        "not taken, in all: 8");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{\"db_version\": \"3\", \"stores\": {}}",
                "{\"db_version\": \"0\", \"stores\": {}}",
                "{\"db_version\": \"2\"}",
                "[]",
                "not json",
                "{\"a\": {\"dimension\": 2, \"id_to_value\": {\"1\": [[1, 2], {\"value\": {}}]",
                "{\"a\": {\"dimension\": 0}}",
                "{\"a\": {\"dimension\": 2, \"id_to_value\": {\"1\": [[1, \"2\"], {\"value\": {}}]}}}",
                "{\"a\": {\"dimension\": 2, \"id_to_value\": {\"1\": [[1, 2]]}}}",
                "{\"a\": {\"dimension\": 2, \"id_to_value\": {\"1\": [[1, 2], {}, 3]}}}",
                "{\"a\": {\"cached_len\": 2}}",
                "{\"a\": {\"dimension\": 2}} x"
            })
    void run_damagedFile_saysWhereAndChangesNothing(String file) throws Exception {
        assertThat(run(file)).isEqualTo(Importer.FAILED);
        assertThat(text(err)).containsPattern("is damaged or no snapshot: at byte \\d+ \\(line 1, column \\d+\\): .");
        assertThat(server.created).isEmpty();
        assertThat(server.sets).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "{}", "{\"db_version\": \"2\", \"stores\": {}}", "{\"public\": {}}"})
    void run_nothingInTheFile_isNoFailure(String file) throws Exception {
        assertThat(run(file)).isZero();
        assertThat(text(err)).contains("0 stores, 0 entries");
    }

    @Test
    void run_snapshotOfTheAiProxy_printsItsStoresAsStatements() throws Exception {
        String file = """
                {"db_version": "2", "stores": {"public": {"my books": {"name": "my books",
                  "query_model": "AllMiniLmL6V2", "index_model": "BGEBaseEnV15", "store_original": true}}}}""";
        assertThat(run(file)).isZero();
        assertThat(text(out))
                .isEqualTo("CREATESTORE IF NOT EXISTS 'my books' QUERYMODEL all-minilm-l6-v2"
                        + " INDEXMODEL bge-base-en-v1.5"
                        + " STOREORIGINAL SCHEMA public\n");
        assertThat(text(err)).contains("holds no vectors");
        assertThat(server.created).isEmpty();
    }

    @Test
    void run_storeThatTheServerRefuses_isNamedAndTheRestIsTaken() throws Exception {
        assertThat(run("{\"a\": {\"dimension\": 10001, \"id_to_value\": {}}, \"books\": %s}".formatted(STORE)))
                .isEqualTo(Importer.PARTLY);
        assertThat(server.sets).containsExactly(entries("public", "books"));
        assertThat(text(out)).isEqualTo("public/books: 2 inserted, 0 updated\n");
        assertThat(text(err))
                .contains(
                        "not taken: public/a: the server refused the store, with its 0 entries: too many components",
                        "not taken, in all: 1");
    }

    @Test
    void run_storeOfAnotherDimension_isFoundBeforeAnythingIsWritten() throws Exception {
        server.stores.put("public/z", StoreInfo.newBuilder().setDimension(3).build());
        assertThat(run("{\"a\": {\"dimension\": 2}, \"z\": {\"dimension\": 2}}"))
                .isEqualTo(Importer.FAILED);
        assertThat(text(err)).contains("public/z is on the server with dimension 3, and in the file with 2");
        assertThat(server.created).isEmpty();
    }

    @Test
    void run_manyEntries_comeInRequestsOfBoundedSize() throws Exception {
        assertThat(run("{\"a\": {\"dimension\": 1, \"id_to_value\": {%s}}}".formatted(numbered(12_000))))
                .isZero();
        assertThat(server.sets).extracting(Set::getInputsCount).containsExactly(5_000, 5_000, 2_000);
        assertThat(server.sets.stream()
                        .flatMap(set -> set.getInputsList().stream())
                        .map(entry -> entry.getKey().getKey(0)))
                .doesNotHaveDuplicates()
                .hasSize(12_000);
    }

    @Test
    void run_entryThatTheServerRefuses_isFoundAmongTheOthers() throws Exception {
        server.refused = set ->
                set.getInputsList().stream().anyMatch(entry -> entry.getKey().getKey(0) == 77);
        assertThat(run("{\"a\": {\"dimension\": 1, \"id_to_value\": {%s}}}".formatted(numbered(100))))
                .isEqualTo(Importer.PARTLY);
        assertThat(server.sets.stream().mapToInt(Set::getInputsCount).sum()).isEqualTo(99);
        assertThat(text(err)).contains("not taken: public/a: entry 77: the server refused it: not this one");
    }

    @Test
    void run_deepTree_isPassedOver() throws Exception {
        int depth = 50_000;
        String tree = "{\"left\":".repeat(depth) + "null" + "}".repeat(depth);
        assertThat(run("{\"a\": {\"dimension\": 1, \"non_linear_indices\": {\"algorithm_to_index\": {\"KdTree\": %s}}}}"
                        .formatted(tree)))
                .isZero();
        assertThat(server.created.getFirst().getNonLinearIndices(0).hasKdtree()).isTrue();
    }

    @Test
    void check_ofAFile_connectsToNothing() throws Exception {
        server.close();
        Path file = Files.writeString(folder.resolve("f.json"), "{\"books\": %s}".formatted(STORE));
        assertThat(importer(server.endpoint()).run(file, true)).isZero();
        assertThat(text(out)).isEqualTo("public/books: dimension 2, 2 entries\n");
    }

    @Test
    void run_withoutServer_saysThatItCanBeRepeated() throws Exception {
        server.close();
        assertThat(run("{\"books\": %s}".formatted(STORE))).isEqualTo(Importer.FAILED);
        assertThat(text(err)).contains("no connection to", "the same command goes on with it");
    }

    @Test
    void run_missingFile_saysSo() {
        assertThat(importer(server.endpoint()).run(folder.resolve("none"), false))
                .isEqualTo(Importer.FAILED);
        assertThat(text(err)).contains("cannot read the file");
    }

    private int run(String json) throws IOException {
        Path file = Files.writeString(folder.resolve("snapshot.json"), json);
        return importer(server.endpoint()).run(file, false);
    }

    private Importer importer(Endpoint endpoint) {
        Endpoint known = new Endpoint(endpoint.host(), endpoint.port(), false, Optional.empty(), Optional.empty());
        return new Importer(known, print(out), print(err));
    }

    private static CreateStore creation(String schema, String name) throws TextFormat.ParseException {
        return TextFormat.parse("""
                store: '%s' dimension: 2 create_predicates: 'author' create_predicates: 'voice' schema: '%s'
                non_linear_indices { hnsw { distance: Cosine ef_construction: 150 maximum_connections: 24
                  maximum_connections_zero: 48 extend_candidates: false keep_pruned_connections: true } }
                non_linear_indices { kdtree {} }""".formatted(name, schema), CreateStore.class);
    }

    private static Set entries(String schema, String name) throws TextFormat.ParseException {
        return message("""
                store: '%s' schema: '%s'
                inputs { key { key: 0.5 key: 0.1 } value {
                  value { key: 'author' value { raw_string: 'str: dickens' } }
                  value { key: 'cover' value { image: 'Hello World!' } } } }
                inputs { key { key: -1 key: 3.4028235e38 } value {
                  value { key: 'author' value { raw_string: '' } }
                  value { key: 'voice' value { audio: '\\000\\000\\000\\000' } } } }""".formatted(name, schema));
    }

    private static Set message(String text) throws TextFormat.ParseException {
        return TextFormat.parse(text, Set.class);
    }

    private static String numbered(int count) {
        StringJoiner entries = new StringJoiner(",");
        for (int at = 0; at < count; at++) {
            entries.add("\"%d\": [[%d], {\"value\": {}}]".formatted(at, at));
        }
        return entries.toString();
    }

    private static PrintStream print(ByteArrayOutputStream bytes) {
        return new PrintStream(bytes, true, StandardCharsets.UTF_8);
    }

    private static String text(ByteArrayOutputStream bytes) {
        return bytes.toString(StandardCharsets.UTF_8);
    }
}
