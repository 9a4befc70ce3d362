package dev.kith.doors.faissx;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kith.engine.Engine;
import dev.kith.engine.EngineOptions;
import dev.kith.vectors.CollectionName;
import dev.kith.vectors.CollectionSpec;
import dev.kith.vectors.ElementType;
import dev.kith.vectors.IndexSpec;
import dev.kith.vectors.KeyPolicy;
import dev.kith.vectors.Metric;
import dev.kith.vectors.Put;
import dev.kith.vectors.Value;
import dev.kith.vectors.VectorBlock;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What this door does with collections that other doors made. */
class OtherDoorsTest {
    private static final CollectionName DOCS = new CollectionName("default", "public", "docs");
    private static final CollectionName NEAR = new CollectionName("default", "idios", "near");
    private static final List<Value.Fields> NOTE = List.of(new Value.Fields(Map.of("note", new Value.Text("kept"))));
    private static final VectorBlock ONE = new VectorBlock.Floats(new float[] {1, 2}, 1, 2);

    private final Engine engine = Engine.open(EngineOptions.inMemory(256L << 20, 2));
    private final DoorFixture door = new DoorFixture(engine, Optional.empty());

    /** A store whose vectors are their own keys, and images whose keys are texts; a point each, with a payload. */
    @BeforeEach
    void makeOthers() {
        make(DOCS, KeyPolicy.VECTOR_BITS);
        make(NEAR, KeyPolicy.BYTES);
        var _ = engine.put(DOCS, new Put(ONE, Optional.empty(), List.of(), NOTE, Put.Known.REPLACE, Optional.empty()));
        var _ = engine.put(NEAR, Put.withKeys(ONE, List.of(Put.Key.of("http://a/b")), NOTE));
    }

    private void make(CollectionName name, KeyPolicy policy) {
        var _ = engine.create(name, CollectionSpec.of(ElementType.FLOAT32, 2, policy, IndexSpec.flat(Metric.L2)));
    }

    @AfterEach
    void end() {
        door.close();
    }

    @Test
    void deleteOfAllThatIsListed_leavesOtherDoorsCollections() {
        door.create("mine", "L2");
        for (Object entry : (List<?>) door.done("list_indexes").get("indexes")) {
            String id = (String) ((Map<?, ?>) entry).get("index_id");
            DoorFixture.Reply reply = door.ask("delete_index", "index_id", id);
            assertThat(reply.isSuccess()).isEqualTo(id.equals("mine"));
            if (!reply.isSuccess()) {
                assertThat(reply.error())
                        .isEqualTo("Index %s is another door's, which alone deletes, empties and alters it", id);
            }
        }
        assertThat(engine.list("default")).extracting(info -> info.name()).containsExactlyInAnyOrder(DOCS, NEAR);
    }

    @Test
    void changesOfTheWhole_areRefused() {
        for (String id : List.of("public/docs", "idios/near")) {
            for (String action : List.of("reset", "clear", "delete_index")) {
                assertThat(door.ask(action, "index_id", id).error()).contains("another door");
            }
            assertThat(door.ask("set_parameter", "index_id", id, "parameter", "nprobe", "value", 3)
                            .error())
                    .contains("another door");
        }
        assertThat(door.changes()).isZero();
    }

    @Test
    void addToVectorsThatAreTheirOwnKeys_storesWhatIsNewAndLeavesWhatIsThere() {
        float[][] vectors = {{1, 2}, {3, 4}, {3, 4}};
        DoorFixture.Reply reply = door.done("add_vectors", "index_id", "public/docs", "vectors", vectors);
        assertThat(reply.get("ntotal")).isEqualTo(2L);
        assertThat(engine.getByVectors(DOCS, ONE).payloads()).isEqualTo(NOTE);
    }

    @Test
    void addToVectorsThatAreKnownByTexts_isRefused() {
        DoorFixture.Reply reply = door.ask("add_vectors", "index_id", "idios/near", "vectors", new float[][] {{3, 4}});
        assertThat(reply.error()).startsWith("Index idios/near knows its vectors by texts");
        assertThat(door.changes()).isZero();
    }
}
