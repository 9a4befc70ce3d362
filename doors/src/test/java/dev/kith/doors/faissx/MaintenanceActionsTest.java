package dev.kith.doors.faissx;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Parameters, maintenance, clustering, transforms and what indexes tell of themselves. */
class MaintenanceActionsTest {
    private final DoorFixture door = new DoorFixture();

    @AfterEach
    void stop() {
        door.close();
    }

    @Test
    void parameters_areSetWhereTheKindHasThem() {
        door.create("h", "HNSW8");
        door.done("set_parameter", "index_id", "h", "parameter", "efSearch", "value", 99);
        assertThat(door.done("get_index_status", "index_id", "h").at("status", "ef_search"))
                .isEqualTo(99L);
        assertThat(door.done("get_index_status", "index_id", "h").at("status", "hnsw_m"))
                .isEqualTo(8L);
        assertThat(door.done("get_parameter", "index_id", "h", "parameter", "M").get("param_value"))
                .isEqualTo(8L);
        assertThat(door.ask("set_parameter", "index_id", "h", "parameter", "nprobe", "value", 1)
                        .error())
                .contains("nprobe");
        assertThat(door.ask("set_parameter", "index_id", "h", "parameter", "efSearch", "value", 0)
                        .error())
                .contains("positive");
        assertThat(door.ask("get_parameter", "index_id", "h", "parameter", "nlist")
                        .isSuccess())
                .isFalse();
        assertThat(door.done("get_parameter", "index_id", "h", "parameter", "is_trained")
                        .get("param_value"))
                .isEqualTo(true);
    }

    @Test
    void status_saysHowVectorsAreSearched() {
        for (String type : List.of("L2", "IVF4", "HNSW8")) {
            door.create(type, type);
            assertThat(door.done("get_index_status", "index_id", type).at("status", "ready_reason"))
                    .asString()
                    .contains("exactly")
                    .satisfies(text -> assertThat(text.contains("graph")).isEqualTo(type.equals("HNSW8")));
        }
    }

    @ParameterizedTest
    @CsvSource({"1, 10", "2, 20", "3, 50"})
    void optimize_ofAnInvertedFile_setsProbes(int level, long probes) {
        door.create("i", "IVF100");
        var done = door.done("optimize_index", "index_id", "i", "optimization_level", level);
        assertThat((List<?>) done.get("optimizations")).hasSize(1);
        assertThat(done.get("optimization_level")).isEqualTo((long) level);
        assertThat(door.done("get_parameter", "index_id", "i", "parameter", "nprobe")
                        .get("param_value"))
                .isEqualTo(probes);
    }

    @Test
    void optimize_ofOtherKinds_saysSo() {
        door.create("f", "L2");
        door.create("h", "HNSW");
        assertThat(door.done("optimize_index", "index_id", "f").get("optimizations"))
                .isEqualTo(List.of("flat_index_no_optimization"));
        assertThat(door.done("optimize_index", "index_id", "h").get("optimizations"))
                .isEqualTo(List.of());
        assertThat(door.ask("recluster_index", "index_id", "h", "n_clusters", 3).error())
                .contains("inverted");
    }

    @Test
    void recluster_recordsTheLists() {
        door.create("i", "IVF100");
        var done = door.done("recluster_index", "index_id", "i", "n_clusters", 7, "sample_ratio", 0.1);
        assertThat(List.of(done.get("previous_nlist"), done.get("new_nlist"), done.get("ntotal")))
                .isEqualTo(List.of(100L, 7L, 0L));
        assertThat(door.ask("recluster_index", "index_id", "i", "n_clusters", 7, "sample_ratio", 0)
                        .error())
                .contains("sample_ratio");
    }

    @Test
    void clustering_ofTwoHeaps_findsThem() {
        List<List<Integer>> vectors = List.of(List.of(0, 0), List.of(0, 1), List.of(100, 100), List.of(100, 101));
        var found = door.done("compute_clustering", "vectors", vectors, "n_clusters", 2);
        assertThat((List<?>) found.get("centroids")).hasSize(2);
        assertThat(found.get("cluster_sizes")).isEqualTo(List.of(2L, 2L));
        assertThat(found.at("assignments", 0)).isEqualTo(found.at("assignments", 1));
        assertThat(found.at("assignments", 0)).isNotEqualTo(found.at("assignments", 2));
        assertThat(found.get("dimension")).isEqualTo(2L);
        assertThat(found.get("obj")).isEqualTo(1.0);
        assertThat(door.ask("compute_clustering", "vectors", vectors, "n_clusters", 5)
                        .error())
                .contains("fewer");
        assertThat(door.ask("compute_clustering", "vectors", vectors, "n_clusters", 2, "metric_type", "cosine")
                        .error())
                .contains("metric_type");
    }

    @Test
    void transforms_areDescribedAndApplied() {
        door.done("create_index", "index_id", "p", "dimension", 3, "index_type", "PCA2,NORM,L2");
        var info = door.done("get_transform_info", "index_id", "p");
        assertThat(info.get("type")).isEqualTo("IndexPreTransform");
        assertThat(info.get("input_dimension")).isEqualTo(3L);
        assertThat(info.get("output_dimension")).isEqualTo(2L);
        assertThat(info.get("chain_size")).isEqualTo(2L);
        assertThat(info.get("is_trained")).isEqualTo(false);
        assertThat(info.at("transforms", 0, "type")).isEqualTo("PCAMatrix");
        assertThat(info.at("base_index", "type")).isEqualTo("IndexFlatL2");
        List<List<Integer>> samples = List.of(List.of(1, 0, 0), List.of(0, 5, 0), List.of(3, 1, 2), List.of(7, 7, 1));
        door.done("train_index", "index_id", "p", "training_vectors", samples);
        var applied = door.done("apply_transform", "index_id", "p", "vectors", samples);
        assertThat(applied.get("output_dimension")).isEqualTo(2L);
        assertThat((List<?>) applied.get("transformed_vectors")).hasSize(4);
        door.create("flat", "L2");
        for (String action : List.of("get_transform_info", "apply_transform")) {
            assertThat(door.ask(action, "index_id", "flat", "vectors", List.of(List.of(1, 1)))
                            .get("error_code"))
                    .isEqualTo("NOT_TRANSFORM_INDEX");
        }
    }

    @Test
    void listAndInfo_tellWhatIsThere() {
        door.create("i", "L2");
        door.create("m", "IDMap2:i");
        for (String action : List.of("list_indices", "list_indexes")) {
            var listed = door.done(action);
            assertThat(listed.at("indexes", 0)).isEqualTo(Map.of("index_id", "i", "dimension", 2L, "vector_count", 0L));
            assertThat(listed.at("indexes", 1, "is_idmap2")).isEqualTo(true);
            assertThat(listed.at("indexes", 1, "base_index_id")).isEqualTo("i");
        }
        door.add("i", List.of(1, 1));
        var info = door.done("get_index_info", "index_id", "i");
        assertThat(info.at("status", "status", "ntotal")).isEqualTo(1L);
        assertThat(info.at("metrics", "byte_size_per_vector")).isEqualTo(8L);
        assertThat(info.at("storage", "storage_path")).isEqualTo("nil");
        assertThat(info.at("configuration", "index_type")).isEqualTo("IndexFlatL2");
        var stats = door.done("get_index_stats", "index_id", "i");
        assertThat(stats.get("stats"))
                .isEqualTo(Map.of("index_id", "i", "dimension", 2L, "vector_count", 1L, "type", "L2"));
    }

    @Test
    void hybridSearch_withAFilter_isRefused() {
        door.create("i", "L2");
        assertThat(door.ask(
                                "hybrid_search",
                                "index_id",
                                "i",
                                "query_vectors",
                                List.of(List.of(1, 1)),
                                "metadata_filter",
                                Map.of("a", 1))
                        .error())
                .contains("metadata_filter");
        assertThat(door.ask(
                                "hybrid_search",
                                "index_id",
                                "i",
                                "query_vectors",
                                List.of(List.of(1, 1)),
                                "vector_weight",
                                2)
                        .error())
                .contains("vector_weight");
        door.done("hybrid_search", "index_id", "i", "query_vectors", List.of(List.of(1, 1)), "metadata_filter", null);
    }
}
