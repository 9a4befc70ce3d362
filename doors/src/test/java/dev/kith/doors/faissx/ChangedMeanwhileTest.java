package dev.kith.doors.faissx;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kith.service.Command;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** An index that another client drops, and makes again as something else, while a request that looked at it is done. */
class ChangedMeanwhileTest {
    /** Actions that say of an index that was never there: it does not exist. */
    private static final Set<String> NAMING_IT_OTHERWISE =
            Set.of("add_with_ids", "add_vectors", "search", "search_and_reconstruct", "range_search", "train_index");

    private final DoorFixture door = new DoorFixture();

    @AfterEach
    void stop() {
        door.close();
    }

    /**
     * A request about index {@code i}.
     *
     * @param command what it does after it has looked at the index
     */
    record Request(String type, String action, Class<?> command, Map<String, Object> fields) {
        @Override
        public String toString() {
            return action;
        }
    }

    static Stream<Request> requests() {
        List<List<Integer>> one = List.of(List.of(1, 1));
        return Stream.of(
                new Request("IVF4", "train_index", Command.Train.class, Map.of("training_vectors", one)),
                new Request("HNSW", "set_parameter", Command.Alter.class, Map.of("parameter", "efSearch", "value", 9)),
                new Request("IVF4", "recluster_index", Command.Alter.class, Map.of("n_clusters", 9)),
                new Request("IVF4", "optimize_index", Command.Alter.class, Map.of()),
                new Request("IDMap:L2", "add_with_ids", Command.Store.class, Map.of("vectors", one, "ids", List.of(7))),
                new Request("IDMap:L2", "remove_ids", Command.Delete.class, Map.of("ids", List.of(0))),
                new Request("IDMap:L2", "replace_vector", Command.Store.class, Map.of("vector", one, "id", 0)),
                new Request("L2", "add_vectors", Command.Store.class, Map.of("vectors", one)),
                new Request("L2", "search", Command.Search.class, Map.of("query_vectors", one)),
                new Request("L2", "range_search", Command.Search.class, Map.of("query_vectors", one)),
                new Request("L2", "search_and_reconstruct", Command.Get.class, Map.of("query_vectors", one)),
                new Request("L2", "reconstruct", Command.Get.class, Map.of("id", 0)),
                new Request("L2", "get_vectors", Command.Scan.class, Map.of()),
                new Request("L2", "reset", Command.Reset.class, Map.of()),
                new Request("L2", "delete_index", Command.Drop.class, Map.of()),
                new Request("NORM,L2", "apply_transform", Command.Transform.class, Map.of("vectors", one)));
    }

    @ParameterizedTest
    @MethodSource("requests")
    void index_madeAgainMeanwhile_isLeftAloneAndTheOldOneIsGone(Request request) {
        door.create("i", request.type());
        door.add("i", List.of(1, 1));
        String gone = NAMING_IT_OTHERWISE.contains(request.action()) ? "Index i does not exist" : "Index i not found";
        door.beforeNext(request.command(), () -> makeAgain("i"));
        Map<String, Object> fields = DoorFixture.fields("index_id", "i", "action", request.action());
        fields.putAll(request.fields());
        assertThat(door.send(DoorFixture.encode(fields)).error()).isEqualTo(gone);
        requireAsMade("i");
    }

    @Test
    void merge_withAnIndexMadeAgainMeanwhile_isRefused() {
        for (String which : List.of("i", "s")) {
            door.create("i", "L2");
            door.create("s", "L2");
            door.add("s", List.of(1, 1));
            door.beforeNext(Command.Merge.class, () -> makeAgain(which));
            var refused = door.ask("merge_indices", "target_index_id", "i", "source_index_ids", List.of("s"));
            assertThat(refused.error()).isEqualTo("Index " + which + " not found");
            requireAsMade(which);
            door.done("delete_index", "index_id", "i");
            door.done("delete_index", "index_id", "s");
        }
    }

    private void makeAgain(String id) {
        door.done("delete_index", "index_id", id);
        door.create(id, "IP");
        door.add(id, List.of(3, 4), List.of(5, 6));
    }

    private void requireAsMade(String id) {
        assertThat(door.done("get_vectors", "index_id", id).get("vectors"))
                .isEqualTo(List.of(List.of(3.0, 4.0), List.of(5.0, 6.0)));
        var status = door.done("get_index_status", "index_id", id);
        assertThat(status.at("status", "index_type")).isEqualTo("IndexFlatIP");
        assertThat(status.at("status")).asString().doesNotContain("nprobe", "nlist", "ef_search");
    }
}
