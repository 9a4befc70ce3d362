package dev.kith.doors.faissx;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kith.doors.faissx.MsgpackReader.Kind;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Every field of every action, with a value of every type that it must not have. */
class WrongTypesTest {
    private static final Map<Kind, Object> SAMPLES = samples();

    private static DoorFixture door;

    private static Map<Kind, Object> samples() {
        Map<Kind, Object> samples = new LinkedHashMap<>();
        samples.put(Kind.BOOLEAN, true);
        samples.put(Kind.INTEGER, -3);
        samples.put(Kind.REAL, 1.5);
        samples.put(Kind.TEXT, "text");
        samples.put(Kind.BYTES, new byte[] {1, 2, 3});
        samples.put(Kind.ARRAY, List.of(true));
        samples.put(Kind.MAP, Map.of("a", 1));
        return samples;
    }

    /** An action with right fields, and for each field the kinds that are right for it or that it may be absent. */
    record Valid(String action, Map<String, Object> fields, Map<String, Set<Kind>> right, Set<String> optional) {
        @Override
        public String toString() {
            return action;
        }
    }

    private static Valid valid(String action, Object... pairsOfFieldAndValue) {
        Map<String, Object> fields = new LinkedHashMap<>();
        Map<String, Set<Kind>> right = new LinkedHashMap<>();
        Set<String> optional = new java.util.HashSet<>();
        for (int i = 0; i < pairsOfFieldAndValue.length; i += 2) {
            String field = (String) pairsOfFieldAndValue[i];
            if (field.endsWith("?")) {
                field = field.substring(0, field.length() - 1);
                optional.add(field);
            }
            Object value = pairsOfFieldAndValue[i + 1];
            fields.put(field, value);
            right.put(
                    field,
                    new MsgpackReader(DoorFixture.encode(value)).peek() == Kind.REAL
                            ? EnumSet.of(Kind.REAL, Kind.INTEGER)
                            : EnumSet.of(new MsgpackReader(DoorFixture.encode(value)).peek()));
        }
        return new Valid(action, fields, right, optional);
    }

    static Stream<Valid> actions() {
        List<List<Integer>> vectors = List.of(List.of(1, 2), List.of(3, 4));
        return Stream.of(
                valid("get_index_stats", "index_id", "flat"),
                valid("get_index_status", "index_id", "flat"),
                valid("get_index_info", "index_id", "flat"),
                valid("create_index", "index_id", "new", "dimension", 2, "index_type?", "L2", "metadata?", Map.of()),
                valid("delete_index", "index_id", "flat"),
                valid("reset", "index_id", "flat"),
                valid("clear", "index_id", "flat"),
                valid("set_parameter", "index_id", "ivf", "parameter", "nprobe", "value", 2),
                valid("get_parameter", "index_id", "ivf", "parameter", "nprobe"),
                valid("add_vectors", "index_id", "flat", "vectors", vectors),
                valid("add_vectors", "index_id", "map", "vectors", vectors, "ids?", List.of(8, 9)),
                valid("add_with_ids", "index_id", "map", "vectors", vectors, "ids", List.of(8, 9)),
                valid(
                        "batch_add_with_ids",
                        "index_id",
                        "map",
                        "vectors",
                        vectors,
                        "ids",
                        List.of(8, 9),
                        "batch_size?",
                        5),
                valid("remove_ids", "index_id", "map", "ids", List.of(8)),
                valid("replace_vector", "index_id", "map", "id", 7, "vector", List.of(1, 2)),
                valid("search", "index_id", "flat", "query_vectors", vectors, "k?", 3, "params?", Map.of("nprobe", 2)),
                valid(
                        "search_and_reconstruct",
                        "index_id",
                        "flat",
                        "query_vectors",
                        vectors,
                        "k?",
                        3,
                        "params?",
                        Map.of()),
                valid("hybrid_search", "index_id", "flat", "query_vectors", vectors, "k?", 3, "vector_weight?", 0.5),
                valid(
                        "range_search",
                        "index_id",
                        "flat",
                        "query_vectors",
                        vectors,
                        "radius?",
                        2.5,
                        "params?",
                        Map.of()),
                valid("reconstruct", "index_id", "flat", "id?", 0),
                valid("reconstruct", "index_id", "flat", "idx?", 0),
                valid("reconstruct_n", "index_id", "flat", "start_idx?", 0, "num_vectors", 1),
                valid("get_vectors", "index_id", "flat", "start_idx?", 0, "limit?", 1),
                valid("train_index", "index_id", "ivf", "training_vectors", vectors),
                valid("merge_indices", "target_index_id", "flat", "source_index_ids", List.of("ivf")),
                valid("compute_clustering", "vectors", vectors, "n_clusters", 1, "metric_type?", "L2", "niter?", 2),
                valid("recluster_index", "index_id", "ivf", "n_clusters", 2, "sample_ratio?", 0.5),
                valid("optimize_index", "index_id", "ivf", "optimization_level?", 1),
                valid("get_transform_info", "index_id", "pca"),
                valid("apply_transform", "index_id", "pca", "vectors", vectors));
    }

    @BeforeAll
    static void start() {
        door = opened();
    }

    private static DoorFixture opened() {
        DoorFixture door = new DoorFixture();
        for (String[] index :
                new String[][] {{"flat", "L2"}, {"ivf", "IVF4"}, {"map", "IDMap:L2"}, {"pca", "PCA1,L2"}}) {
            door.done("create_index", "index_id", index[0], "dimension", 2, "index_type", index[1]);
        }
        door.done("add_vectors", "index_id", "flat", "vectors", List.of(List.of(1, 2), List.of(3, 4)));
        door.done("add_with_ids", "index_id", "map", "vectors", List.of(List.of(1, 2)), "ids", List.of(7));
        door.done("train_index", "index_id", "pca", "training_vectors", List.of(List.of(1, 2), List.of(3, 5)));
        return door;
    }

    @AfterAll
    static void stop() {
        door.close();
    }

    private static DoorFixture.Reply ask(DoorFixture door, Valid valid, Map<String, Object> fields) {
        Map<String, Object> message = new LinkedHashMap<>(fields);
        message.put("action", valid.action());
        return door.send(DoorFixture.encode(message));
    }

    @ParameterizedTest
    @MethodSource("actions")
    void field_ofTheWrongType_isRefusedByNameAndChangesNothing(Valid valid) {
        long before = door.changes();
        for (String field : valid.fields().keySet()) {
            List<Object> wrong = new ArrayList<>();
            SAMPLES.forEach((kind, sample) -> {
                if (!valid.right().get(field).contains(kind)) {
                    wrong.add(sample);
                }
            });
            for (Object value : wrong) {
                Map<String, Object> fields = new LinkedHashMap<>(valid.fields());
                fields.put(field, value);
                DoorFixture.Reply reply = ask(door, valid, fields);
                String what = "%s.%s = %s: %s".formatted(valid.action(), field, value, reply.fields());
                assertThat(reply.isSuccess()).as(what).isFalse();
                assertThat(reply.error()).as(what).containsIgnoringCase(field);
                assertThat(reply.get("error_code")).as(what).isEqualTo("INVALID_REQUEST");
            }
        }
        assertThat(door.changes()).isEqualTo(before);
    }

    @ParameterizedTest
    @MethodSource("actions")
    void field_thatIsMissingOrNil_isRefusedByNameUnlessOptional(Valid valid) {
        long before = door.changes();
        for (String field : valid.fields().keySet()) {
            if (valid.optional().contains(field)) {
                continue;
            }
            Map<String, Object> without = new LinkedHashMap<>(valid.fields());
            without.remove(field);
            Map<String, Object> nil = new LinkedHashMap<>(valid.fields());
            nil.put(field, null);
            for (Map<String, Object> fields : List.of(without, nil)) {
                DoorFixture.Reply reply = ask(door, valid, fields);
                if (field.equals("num_vectors")) {
                    assertThat(reply.error()).contains("beyond the end");
                    continue;
                }
                assertThat(reply.isSuccess())
                        .as(valid.action() + " without " + field)
                        .isFalse();
                assertThat(reply.error()).contains(field);
            }
        }
        assertThat(door.changes()).isEqualTo(before);
    }

    @ParameterizedTest
    @MethodSource("actions")
    void action_withRightFieldsAndAnUnknownOne_succeeds(Valid valid) {
        Map<String, Object> fields = new LinkedHashMap<>(valid.fields());
        fields.put("unknown", List.of(1, "x", Map.of("y", List.of())));
        try (DoorFixture fresh = opened()) {
            DoorFixture.Reply reply = ask(fresh, valid, fields);
            assertThat(reply.isSuccess()).as("%s", reply.fields()).isTrue();
            assertThat(reply.get("version")).isEqualTo("test");
            assertThat(reply.get("timestamp")).isInstanceOf(Double.class);
        }
    }

    @ParameterizedTest
    @MethodSource("actions")
    void action_onAnUnknownIndex_namesIt(Valid valid) {
        for (String field : List.of("index_id", "target_index_id")) {
            if (valid.fields().containsKey(field) && !valid.action().equals("create_index")) {
                Map<String, Object> fields = new LinkedHashMap<>(valid.fields());
                fields.put(field, "nowhere/at all");
                DoorFixture.Reply reply = ask(door, valid, fields);
                assertThat(reply.isSuccess()).isFalse();
                assertThat(reply.error()).matches("Index nowhere/at all (not found|does not exist)");
                assertThat(reply.get("error_code")).isEqualTo("NOT_FOUND");
            }
        }
    }

    @Test
    void actions_ofTheTable_areAllThatTheDoorHas() {
        List<String> tested =
                new ArrayList<>(actions().map(Valid::action).distinct().toList());
        tested.addAll(List.of("ping", "list_indices", "list_indexes"));
        assertThat(tested).hasSize(31);
        for (String action : tested) {
            assertThat(door.ask(action, "index_id", "nowhere").fields().toString())
                    .doesNotContain("Unknown action");
        }
    }
}
