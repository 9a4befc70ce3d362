package dev.kith.doors.faissx;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ActionsTest {
    private static final double FAR = 3.4028234663852886e38;

    private final DoorFixture door = new DoorFixture();

    @AfterEach
    void stop() {
        door.close();
    }

    @Test
    void ping_needsNothing() {
        assertThat(door.done("ping").get("message")).isEqualTo("pong");
        assertThat(door.done("ping").get("time")).isInstanceOf(Double.class);
    }

    @Test
    void createAddSearch_onFlat_givesFaissNumbersAndPadding() {
        door.create("i", "L2");
        var added = door.done("add_vectors", "index_id", "i", "vectors", List.of(List.of(0, 0), List.of(3, 4)));
        assertThat(List.of(added.get("count"), added.get("total"), added.get("ntotal")))
                .isEqualTo(List.of(2L, 2L, 2L));
        var found = door.done("search", "index_id", "i", "query_vectors", List.of(List.of(0.0, 0.0)), "k", 3);
        assertThat(found.at("results", 0, "distances")).isEqualTo(List.of(0.0, 25.0, FAR));
        assertThat(found.at("results", 0, "indices")).isEqualTo(List.of(0L, 1L, -1L));
        assertThat(found.get("num_queries")).isEqualTo(1L);
        assertThat(found.get("k")).isEqualTo(3L);
        assertThat(found.get("is_binary")).isEqualTo(false);
        assertThat(found.has("distances")).isFalse();
    }

    @ParameterizedTest
    @CsvSource({"IP, 2.0, 11.0", "'NORM,IP', 0.6, 1.0", "HNSW_IP, 2.0, 11.0", "SQ8_IP, 2.0, 11.0"})
    void search_byProduct_putsTheGreatestFirst(String type, double second, double first) {
        door.create("i", type);
        door.add("i", List.of(2, 0), List.of(6, 8));
        var found = door.done("search", "index_id", "i", "query_vectors", List.of(List.of(0.6, 0.8)), "k", 3);
        if (type.startsWith("NORM")) {
            assertThat((double) found.at("results", 0, "distances", 0))
                    .isEqualTo(first, org.assertj.core.data.Offset.offset(1e-6));
            assertThat((double) found.at("results", 0, "distances", 1))
                    .isEqualTo(second, org.assertj.core.data.Offset.offset(1e-6));
        } else {
            assertThat((double) found.at("results", 0, "distances", 0))
                    .isCloseTo(10, org.assertj.core.data.Offset.offset(1e-5));
        }
        assertThat(found.at("results", 0, "indices")).isEqualTo(List.of(1L, 0L, -1L));
        assertThat(found.at("results", 0, "distances", 2)).isEqualTo(-FAR);
    }

    @Test
    void search_overNormalisedVectors_givesTwoMinusTwoCosine() {
        door.create("i", "NORM,L2");
        door.add("i", List.of(10, 0), List.of(0, 0.1), List.of(-3, 0));
        var found = door.done("search", "index_id", "i", "query_vectors", List.of(List.of(2, 0)), "k", 4);
        assertThat(found.at("results", 0, "indices")).isEqualTo(List.of(0L, 1L, 2L, -1L));
        assertThat(found.at("results", 0, "distances")).isEqualTo(List.of(0.0, 2.0, 4.0, FAR));
        var near = door.done("range_search", "index_id", "i", "query_vectors", List.of(List.of(2, 0)), "radius", 2.0);
        assertThat(near.at("indices")).isEqualTo(List.of(0L));
    }

    /** FAISS leaves zero vectors as they are: at distance 1 from all that have a direction, at 0 from each other. */
    @Test
    void search_overNormalisedVectors_leavesZeroVectorsZero() {
        door.create("i", "NORM,L2");
        door.add("i", List.of(0, 0), List.of(10, 0), List.of(-3, 0), List.of(5, 0.1));
        List<List<Integer>> queries = List.of(List.of(2, 0), List.of(0, 0));
        var found = door.done("search", "index_id", "i", "query_vectors", queries, "k", 5);
        assertThat(found.at("results", 0, "indices")).isEqualTo(List.of(1L, 3L, 0L, 2L, -1L));
        assertThat(found.at("results", 0, "distances", 2)).isEqualTo(1.0);
        assertThat(found.at("results", 1, "indices")).isEqualTo(List.of(0L, 1L, 2L, 3L, -1L));
        assertThat(found.at("results", 1, "distances")).isEqualTo(List.of(0.0, 1.0, 1.0, 1.0, FAR));
        var near = door.done("range_search", "index_id", "i", "query_vectors", queries, "radius", 1.0);
        assertThat(near.at("lims")).isEqualTo(List.of(0L, 2L, 3L));
        assertThat(near.at("indices")).isEqualTo(List.of(1L, 3L, 0L));

        door.create("p", "NORM,IP");
        door.add("p", List.of(0, 0), List.of(10, 0), List.of(-3, 0));
        var products = door.done("search", "index_id", "p", "query_vectors", queries, "k", 3);
        assertThat(products.at("results", 0, "indices")).isEqualTo(List.of(1L, 0L, 2L));
        assertThat(products.at("results", 0, "distances")).isEqualTo(List.of(1.0, 0.0, -1.0));
        assertThat(products.at("results", 1, "distances")).isEqualTo(List.of(0.0, 0.0, 0.0));
    }

    @Test
    void search_overBits_countsDifferences() {
        door.done("create_index", "index_id", "b", "dimension", 9, "index_type", "BINARY");
        List<Integer> one = List.of(1, 0, 0, 0, 0, 0, 0, 0, 1);
        List<Integer> other = List.of(0, 1, 0, 0, 0, 0, 0, 0, 1);
        door.done("add_vectors", "index_id", "b", "vectors", List.of(one, other));
        var found = door.done("search_and_reconstruct", "index_id", "b", "query_vectors", List.of(one), "k", 3);
        assertThat(found.at("results", 0, "distances")).isEqualTo(List.of(0L, 2L, (long) Integer.MAX_VALUE));
        assertThat(found.get("is_binary")).isEqualTo(true);
        assertThat(found.at("results", 0, "vectors", 1)).isEqualTo(List.of(0L, 1L, 0L, 0L, 0L, 0L, 0L, 0L, 1L));
        var range = door.done("range_search", "index_id", "b", "query_vectors", List.of(one), "radius", 2);
        assertThat(range.at("results", 0, "indices")).isEqualTo(List.of(0L));
    }

    @Test
    void search_ofIvfPq_hasTheMatricesAtTheTop() {
        door.create("i", "IVF4,PQ2");
        door.add("i", List.of(1, 1));
        var found = door.done(
                "search",
                "index_id",
                "i",
                "query_vectors",
                List.of(List.of(1, 1), List.of(1, 2)),
                "k",
                2,
                "params",
                Map.of("nprobe", 4));
        assertThat(found.get("distances")).isEqualTo(List.of(List.of(0.0, FAR), List.of(1.0, FAR)));
        assertThat(found.get("indices")).isEqualTo(List.of(List.of(0L, -1L), List.of(0L, -1L)));
    }

    @Test
    void searchAndReconstruct_padsWithZeros() {
        door.create("i", "L2");
        door.add("i", List.of(1, 2));
        var found =
                door.done("search_and_reconstruct", "index_id", "i", "query_vectors", List.of(List.of(1, 1)), "k", 2);
        assertThat(found.at("results", 0, "vectors")).isEqualTo(List.of(List.of(1.0, 2.0), List.of(0.0, 0.0)));
    }

    @Test
    void search_onAnEmptyIndexOrWithoutQueries_isNoError() {
        door.create("i", "HNSW");
        var found = door.done("search", "index_id", "i", "query_vectors", List.of(List.of(1, 1)));
        assertThat(found.at("results", 0, "indices")).isEqualTo(Collections.nCopies(10, -1L));
        assertThat(door.done("search", "index_id", "i", "query_vectors", List.of())
                        .get("results"))
                .isEqualTo(List.of());
        assertThat(door.done("range_search", "index_id", "i", "query_vectors", List.of())
                        .get("lims"))
                .isEqualTo(List.of(0L));
    }

    @Test
    void search_ofTenThousandQueries_isAnswered() {
        door.create("i", "L2");
        door.add("i", List.of(1, 1));
        List<List<Integer>> queries =
                IntStream.range(0, 10_000).mapToObj(n -> List.of(n, 0)).toList();
        var found = door.done("search", "index_id", "i", "query_vectors", queries, "k", 1);
        assertThat(found.at("results", 9_999, "indices")).isEqualTo(List.of(0L));
        assertThat(door.ask("search", "index_id", "i", "query_vectors", Collections.nCopies(10_001, List.of(1, 1)))
                        .error())
                .contains("exceeds maximum (10000)");
    }

    @Test
    void rangeSearch_isStrictAndGivesBothForms() {
        door.create("i", "L2");
        door.add("i", List.of(0, 0), List.of(0, 1), List.of(0, 2));
        var found = door.done(
                "range_search", "index_id", "i", "query_vectors", List.of(List.of(0, 0), List.of(9, 9)), "radius", 4.0);
        assertThat(found.get("lims")).isEqualTo(List.of(0L, 2L, 2L));
        assertThat(found.get("distances")).isEqualTo(List.of(0.0, 1.0));
        assertThat(found.get("indices")).isEqualTo(List.of(0L, 1L));
        assertThat(found.at("results", 0, "count")).isEqualTo(2L);
        assertThat(found.at("results", 0, "num_results")).isEqualTo(2L);
        assertThat(found.at("results", 1, "query_index")).isEqualTo(1L);
        assertThat(found.at("results", 1, "indices")).isEqualTo(List.of());
        assertThat(found.get("radius")).isEqualTo(4.0);
        assertThat(((Map<?, ?>) found.at("results", 0)).containsKey("lims")).isFalse();
    }

    @Test
    void idMap_addsRemovesReplacesAndReadsById() {
        door.create("m", "IDMap2:L2");
        door.done(
                "add_with_ids",
                "index_id",
                "m",
                "vectors",
                List.of(List.of(1, 1), List.of(2, 2)),
                "ids",
                List.of(70, 5));
        door.done("add_vectors", "index_id", "m", "vectors", List.of(List.of(3, 3)));
        assertThat(door.done("reconstruct", "index_id", "m", "id", 71).get("vector"))
                .isEqualTo(List.of(3.0, 3.0));
        door.done("batch_add_with_ids", "index_id", "m", "vectors", List.of(List.of(9, 9)), "ids", List.of(5));
        assertThat(door.done("reconstruct", "index_id", "m", "idx", 5).get("vector"))
                .isEqualTo(List.of(9.0, 9.0));
        door.done("replace_vector", "index_id", "m", "id", 5, "vector", List.of(8, 8));
        assertThat(door.done("reconstruct", "index_id", "m", "id", 5).get("vector"))
                .isEqualTo(List.of(8.0, 8.0));
        assertThat(door.ask("replace_vector", "index_id", "m", "id", 6, "vector", List.of(8, 8))
                        .isSuccess())
                .isFalse();
        var removed = door.done("remove_ids", "index_id", "m", "ids", List.of(70, 6, 70));
        assertThat(removed.get("count")).isEqualTo(1L);
        assertThat(removed.get("total")).isEqualTo(2L);
        assertThat(door.ask("reconstruct", "index_id", "m", "id", 70).isSuccess())
                .isFalse();
        assertThat(door.done("reconstruct_n", "index_id", "m", "num_vectors", 2).get("vectors"))
                .isEqualTo(List.of(List.of(8.0, 8.0), List.of(3.0, 3.0)));
    }

    @Test
    void idMap_overAnIndexOrAType_hasStorageOfItsOwn() {
        door.create("base", "IVF4_IP");
        door.add("base", List.of(1, 1));
        var map = door.done("create_index", "index_id", "m", "dimension", 2, "index_type", "IDMap:base");
        assertThat(map.get("base_index_id")).isEqualTo("base");
        assertThat(map.get("is_idmap")).isEqualTo(true);
        assertThat(map.get("is_idmap2")).isEqualTo(false);
        assertThat(map.get("type")).isEqualTo("IDMap:base");
        assertThat(map.get("metric_type")).isEqualTo("IP");
        assertThat(map.get("nlist")).isEqualTo(4L);
        door.done("add_with_ids", "index_id", "m", "vectors", List.of(List.of(5, 5)), "ids", List.of(3));
        assertThat(door.done("get_index_stats", "index_id", "base").get("ntotal"))
                .isEqualTo(1L);
        door.done("delete_index", "index_id", "base");
        assertThat(door.done("search", "index_id", "m", "query_vectors", List.of(List.of(1, 1)), "k", 1)
                        .at("results", 0, "indices"))
                .isEqualTo(List.of(3L));
        assertThat(door.ask("create_index", "index_id", "n", "dimension", 3, "index_type", "IDMap:m")
                        .error())
                .contains("dimension 2, not 3");
        assertThat(door.ask("create_index", "index_id", "n", "dimension", 2, "index_type", "IDMap:nope")
                        .error())
                .startsWith("Unsupported index type: IDMap");
    }

    @Test
    void plainIndex_takesNoIdsAndLosesNothing() {
        door.create("i", "L2");
        for (String action : List.of("add_vectors", "add_with_ids", "batch_add_with_ids")) {
            var refused = door.ask(action, "index_id", "i", "vectors", List.of(List.of(1, 1)), "ids", List.of(1));
            assertThat(refused.error()).contains("IDMap");
        }
        assertThat(door.ask("remove_ids", "index_id", "i", "ids", List.of(0)).error())
                .contains("IDMap");
        assertThat(door.ask("replace_vector", "index_id", "i", "id", 0, "vector", List.of(0, 0))
                        .error())
                .contains("IDMap");
        assertThat(door.done("get_index_stats", "index_id", "i").get("count")).isEqualTo(0L);
    }

    @Test
    void addWithIds_whoseNumbersDiffer_isRefusedWhole() {
        door.create("m", "IDMap:L2");
        assertThat(door.ask("add_with_ids", "index_id", "m", "vectors", List.of(List.of(1, 1)), "ids", List.of(1, 2))
                        .error())
                .isEqualTo("2 ids for 1 vectors");
        assertThat(door.ask("add_with_ids", "index_id", "m", "vectors", List.of(List.of(1, 1)), "ids", List.of(-1))
                        .error())
                .contains("negative");
        assertThat(door.done("get_index_stats", "index_id", "m").get("count")).isEqualTo(0L);
    }

    @ParameterizedTest
    @ValueSource(strings = {"reset", "clear"})
    void reset_keepsTypeParametersAndTraining(String action) {
        door.create("i", "IVF7");
        door.done("train_index", "index_id", "i", "training_vectors", List.of(List.of(1, 1)));
        door.done("set_parameter", "index_id", "i", "parameter", "nprobe", "value", 3);
        door.add("i", List.of(1, 1));
        var reset = door.done(action, "index_id", "i");
        assertThat(reset.get("type")).isEqualTo("IndexIVFFlat");
        assertThat(reset.get("nlist")).isEqualTo(7L);
        assertThat(reset.get("is_trained")).isEqualTo(true);
        assertThat(door.done("get_parameter", "index_id", "i", "parameter", "nprobe")
                        .get("param_value"))
                .isEqualTo(3L);
        door.add("i", List.of(2, 2));
        assertThat(door.done("reconstruct", "index_id", "i", "id", 0).get("vector"))
                .isEqualTo(List.of(2.0, 2.0));
    }

    @Test
    void training_isToldAndNeverDemanded() {
        var made = door.done("create_index", "index_id", "i", "dimension", 4, "index_type", "PQ2x4");
        assertThat(made.get("is_trained")).isEqualTo(false);
        assertThat(made.get("requires_training")).isEqualTo(true);
        assertThat(made.get("M")).isEqualTo(2L);
        assertThat(made.get("nbits")).isEqualTo(4L);
        assertThat(made.get("served_by")).isEqualTo("exact");
        door.done("add_vectors", "index_id", "i", "vectors", List.of(List.of(1, 2, 3, 4)));
        var status = door.done("get_index_status", "index_id", "i");
        assertThat(status.get("is_trained")).isEqualTo(false);
        assertThat(status.at("status", "is_ready_for_use")).isEqualTo(true);
        assertThat(status.at("status", "recommended_training_vectors")).isEqualTo(39L * 16);
        assertThat(status.at("status", "served_by")).isEqualTo("exact");
        var trained = door.done("train_index", "index_id", "i", "training_vectors", List.of(List.of(1, 2, 3, 4)));
        assertThat(trained.get("is_trained")).isEqualTo(true);
        assertThat(trained.get("trained_with")).isEqualTo(1L);
        assertThat(trained.get("has_enough_vectors")).isEqualTo(false);
        assertThat((String) trained.get("recommendation")).contains("624");
        assertThat(door.ask("train_index", "index_id", "i", "training_vectors", List.of(List.of(1)))
                        .error())
                .isEqualTo("Training vector dimension mismatch. Expected 4, got 1");
        door.create("flat", "L2");
        assertThat(door.done("train_index", "index_id", "flat", "training_vectors", List.of(List.of(1, 1)))
                        .get("training_skipped"))
                .isEqualTo(true);
    }

    @Test
    void merge_appendsCopiesAndCarriesIdsOfMaps() {
        door.create("a", "L2");
        door.create("b", "IVF4");
        door.add("a", List.of(1, 1));
        door.add("b", List.of(2, 2), List.of(3, 3));
        var merged = door.done("merge_indices", "target_index_id", "a", "source_index_ids", List.of("b", "a", "b"));
        assertThat(merged.get("ntotal")).isEqualTo(6L);
        assertThat(merged.at("merged_stats", "b", "vectors_added")).isEqualTo(4L);
        assertThat(merged.at("merged_stats", "b", "type")).isEqualTo("IndexIVFFlat");
        assertThat(merged.at("merged_stats", "a", "actual_added")).isEqualTo(1L);
        door.create("m", "IDMap:L2");
        door.create("n", "IDMap:L2");
        door.done("add_with_ids", "index_id", "n", "vectors", List.of(List.of(4, 4)), "ids", List.of(99));
        door.done("merge_indices", "target_index_id", "m", "source_index_ids", List.of("n"));
        assertThat(door.done("reconstruct", "index_id", "m", "id", 99).get("vector"))
                .isEqualTo(List.of(4.0, 4.0));
        door.done("merge_indices", "target_index_id", "m", "source_index_ids", List.of("a"));
        assertThat(door.done("get_index_stats", "index_id", "m").get("ntotal")).isEqualTo(7L);
        assertThat(door.ask("merge_indices", "target_index_id", "m", "source_index_ids", List.of("a", "n"))
                        .error())
                .contains("cannot be merged at once");
    }

    @Test
    void merge_asTheClientsFunctionSendsIt_isAnError() {
        door.create("a", "L2");
        var refused = door.ask("merge_indices", "target_index_id", List.of("a", "a"), "source_index_ids", "L2");
        assertThat(refused.isSuccess()).isFalse();
        assertThat(refused.error()).isEqualTo("Invalid target_index_id: must be a string, not an array");
    }

    @Test
    void reading_beyondTheEnd_isRefused() {
        door.create("i", "L2");
        door.add("i", List.of(1, 1), List.of(2, 2));
        assertThat(door.ask("reconstruct", "index_id", "i", "id", 2).isSuccess())
                .isFalse();
        assertThat(door.ask("reconstruct", "index_id", "i", "id", -1).error()).contains("negative");
        assertThat(door.ask("reconstruct", "index_id", "i", "id", Long.MIN_VALUE)
                        .error())
                .contains("negative");
        assertThat(door.ask("reconstruct_n", "index_id", "i", "start_idx", 1, "num_vectors", 2)
                        .error())
                .contains("beyond");
        assertThat(door.ask("reconstruct_n", "index_id", "i", "start_idx", -1, "num_vectors", 1)
                        .error())
                .contains("range");
        assertThat(door.ask("reconstruct_n", "index_id", "i", "num_vectors", 0).error())
                .contains("range");
        assertThat(door.done("reconstruct_n", "index_id", "i", "start_idx", 1, "num_vectors", 1)
                        .get("vectors"))
                .isEqualTo(List.of(List.of(2.0, 2.0)));
        var all = door.done("get_vectors", "index_id", "i");
        assertThat(all.get("vectors")).isEqualTo(List.of(List.of(1.0, 1.0), List.of(2.0, 2.0)));
        assertThat(all.get("count")).isEqualTo(2L);
        assertThat(door.done("get_vectors", "index_id", "i", "start_idx", 2).get("vectors"))
                .isEqualTo(List.of());
        assertThat(door.ask("get_vectors", "index_id", "i", "start_idx", 3).error())
                .contains("beyond the end");
    }

    @ParameterizedTest
    @CsvSource({
        "0, Dimension 0 out of range (1-10000)",
        "10001, Dimension 10001 out of range (1-10000)",
        "-5, Dimension -5 out of range (1-10000)"
    })
    void create_withADimensionOutOfRange_isRefused(int dimension, String text) {
        assertThat(door.ask("create_index", "index_id", "i", "dimension", dimension)
                        .error())
                .isEqualTo(text);
    }

    @Test
    void create_takesANumericStringAndRefusesOtherText() {
        assertThat(door.done("create_index", "index_id", "i", "dimension", "16").get("dimension"))
                .isEqualTo(16L);
        assertThat(door.ask("create_index", "index_id", "j", "dimension", "16x").error())
                .startsWith("Invalid dimension: ");
        assertThat(door.ask("create_index", "index_id", "i", "dimension", 16).error())
                .isEqualTo("Index i already exists");
        assertThat(door.ask("create_index", "index_id", "", "dimension", 16).error())
                .contains("index_id");
        assertThat(door.ask("create_index", "index_id", "x".repeat(256), "dimension", 16)
                        .error())
                .contains("255");
    }

    @Test
    void names_thatLookAlike_stayApart() {
        List<String> names = List.of(
                "a/b",
                "a_b",
                "doc.v1",
                "doc.v2",
                "Doc.v1",
                "..",
                "../x",
                "/",
                "\u00e9",
                "e\u0301",
                "x".repeat(200),
                " ",
                "\0");
        for (int i = 0; i < names.size(); i++) {
            door.create(names.get(i), "L2");
            door.add(names.get(i), List.of(i, i));
        }
        for (int i = 0; i < names.size(); i++) {
            var found = door.done("reconstruct", "index_id", names.get(i), "id", 0);
            assertThat(found.get("vector")).as(names.get(i)).isEqualTo(List.of((double) i, (double) i));
            assertThat(door.done("get_index_stats", "index_id", names.get(i)).get("ntotal"))
                    .isEqualTo(1L);
        }
        assertThat((List<?>) door.done("list_indexes").get("indexes")).hasSize(names.size());
    }

    @ParameterizedTest
    @CsvSource({
        "0, k=0 out of range (1-10000)",
        "10001, k=10001 out of range (1-10000)",
        "-1, k=-1 out of range (1-10000)"
    })
    void search_withKOutOfRange_isRefused(int k, String text) {
        door.create("i", "L2");
        assertThat(door.ask("search", "index_id", "i", "query_vectors", List.of(List.of(1, 1)), "k", k)
                        .error())
                .isEqualTo(text);
    }

    @Test
    void search_whoseReplyCouldNotBeSent_isRefusedBeforeSearching() {
        door.create("i", "L2");
        List<List<Integer>> queries = Collections.nCopies(3_000, List.of(1, 1));
        assertThat(door.ask("search", "index_id", "i", "query_vectors", queries, "k", 10_000)
                        .error())
                .startsWith("Response too large");
    }

    @Test
    void knobs_ofOneSearch_mustBePositive() {
        door.create("i", "IVF4");
        for (Object wrong : new Object[] {0, -1, "4", 1.5}) {
            assertThat(door.ask(
                                    "search",
                                    "index_id",
                                    "i",
                                    "query_vectors",
                                    List.of(List.of(1, 1)),
                                    "params",
                                    Map.of("nprobe", wrong))
                            .error())
                    .contains("nprobe");
        }
        door.done("search", "index_id", "i", "query_vectors", List.of(List.of(1, 1)), "params", Map.of("other", "x"));
    }
}
