package dev.kith.doors.ahnlich;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kith.vectors.CollectionName;
import dev.kith.vectors.CollectionSpec;
import dev.kith.vectors.ElementType;
import dev.kith.vectors.IndexSpec;
import dev.kith.vectors.KeyPolicy;
import dev.kith.vectors.Metric;
import dev.kith.vectors.Value;
import dev.kith.wire.ahnlich.algorithm.nonlinear.KDTreeConfig;
import dev.kith.wire.ahnlich.algorithm.nonlinear.NonLinearAlgorithm;
import dev.kith.wire.ahnlich.algorithm.nonlinear.NonLinearIndex;
import dev.kith.wire.ahnlich.db.query.ClearStore;
import dev.kith.wire.ahnlich.db.query.CreateNonLinearAlgorithmIndex;
import dev.kith.wire.ahnlich.db.query.CreatePredIndex;
import dev.kith.wire.ahnlich.db.query.CreateStore;
import dev.kith.wire.ahnlich.db.query.DelKey;
import dev.kith.wire.ahnlich.db.query.DropNonLinearAlgorithmIndex;
import dev.kith.wire.ahnlich.db.query.DropSchema;
import dev.kith.wire.ahnlich.db.query.DropStore;
import dev.kith.wire.ahnlich.db.query.GetStore;
import dev.kith.wire.ahnlich.db.query.ListStores;
import dev.kith.wire.ahnlich.db.server.StoreInfo;
import io.grpc.Status;
import java.util.List;
import java.util.TreeSet;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What this door does with stores that it does not have, or not as its own. */
class OtherDoorsTest {
    private static final CollectionName OTHER = new CollectionName("default", "faissx", "ip");

    private final AhnlichFixture door = new AhnlichFixture(32 << 20);

    @AfterEach
    void end() {
        door.close();
    }

    private CollectionSpec makeOther() {
        CollectionSpec spec = new CollectionSpec(
                ElementType.FLOAT32,
                2,
                KeyPolicy.NONE,
                IndexSpec.flat(Metric.INNER_PRODUCT),
                new TreeSet<>(),
                Value.Fields.EMPTY);
        var _ = door.engine.create(OTHER, spec);
        return spec;
    }

    @Test
    void storeOfAnotherDoor_isNotChanged() {
        CollectionSpec spec = makeOther();
        List<Runnable> changes = List.of(
                () -> door.stub()
                        .createNonLinearAlgorithmIndex(CreateNonLinearAlgorithmIndex.newBuilder()
                                .setSchema("faissx")
                                .setStore("ip")
                                .addNonLinearIndices(
                                        NonLinearIndex.newBuilder().setKdtree(KDTreeConfig.getDefaultInstance()))
                                .build()),
                () -> door.stub()
                        .dropNonLinearAlgorithmIndex(DropNonLinearAlgorithmIndex.newBuilder()
                                .setSchema("faissx")
                                .setStore("ip")
                                .addNonLinearIndices(NonLinearAlgorithm.HNSW)
                                .build()),
                () -> door.stub()
                        .createPredIndex(CreatePredIndex.newBuilder()
                                .setSchema("faissx")
                                .setStore("ip")
                                .addPredicates("a")
                                .build()),
                () -> door.stub()
                        .delKey(DelKey.newBuilder()
                                .setSchema("faissx")
                                .setStore("ip")
                                .addKeys(AhnlichFixture.key(1, 2))
                                .build()),
                () -> door.stub()
                        .clearStore(ClearStore.newBuilder()
                                .setSchema("faissx")
                                .setStore("ip")
                                .build()),
                () -> door.stub()
                        .dropStore(DropStore.newBuilder()
                                .setSchema("faissx")
                                .setStore("ip")
                                .build()));
        for (Runnable change : changes) {
            Status refused = AhnlichBoundsTest.refusal(change);
            assertThat(refused.getCode()).isEqualTo(Status.Code.FAILED_PRECONDITION);
            assertThat(refused.getDescription()).contains("another door");
        }
        assertThat(door.engine.find(OTHER).orElseThrow().spec()).isEqualTo(spec);
    }

    @Test
    void schemaWithAStoreOfAnotherDoor_isDroppedWhollyOrNotAtAll() {
        CollectionSpec other = makeOther();
        var _ = door.engine.create(new CollectionName("default", "mixed", "m"), other);
        for (String name : List.of("a", "z")) {
            var _ = door.stub()
                    .createStore(CreateStore.newBuilder()
                            .setSchema("mixed")
                            .setStore(name)
                            .setDimension(2)
                            .build());
        }
        DropSchema drop = DropSchema.newBuilder().setSchema("mixed").build();
        Status refused = AhnlichBoundsTest.refusal(() -> door.stub().dropSchema(drop));
        assertThat(refused.getCode()).isEqualTo(Status.Code.FAILED_PRECONDITION);
        ListStores list = ListStores.newBuilder().setSchema("mixed").build();
        assertThat(door.stub().listStores(list).getStoresList())
                .extracting(StoreInfo::getName)
                .containsExactly("a", "m", "z");
        door.engine.drop(new CollectionName("default", "mixed", "m"));
        assertThat(door.stub().dropSchema(drop).getDeletedCount()).isEqualTo(2);
        assertThat(door.stub().listStores(list).getStoresList()).isEmpty();
    }

    @Test
    void nameWithASlash_reachesAnotherSchemaForReadsAlone() {
        door.create("s", 2);
        var read = GetStore.newBuilder().setSchema("mine").setStore("public/s").build();
        assertThat(door.stub().getStore(read).getDimension()).isEqualTo(2);
        DropStore drop =
                DropStore.newBuilder().setSchema("mine").setStore("public/s").build();
        assertThat(door.stub().dropStore(drop).getDeletedCount()).isZero();
        Status refused = AhnlichBoundsTest.refusal(() -> door.stub()
                .clearStore(ClearStore.newBuilder()
                        .setSchema("mine")
                        .setStore("public/s")
                        .build()));
        assertThat(refused.getCode()).isEqualTo(Status.Code.NOT_FOUND);
        assertThat(door.stub().getStore(read).getDimension()).isEqualTo(2);
    }

    @Test
    void nameThatNoStoreCanHave_isThatOfNone() {
        for (String name : List.of("", "x".repeat(100_000))) {
            DropStore drop = DropStore.newBuilder().setStore(name).build();
            assertThat(door.stub().dropStore(drop).getDeletedCount()).isZero();
            List<Runnable> calls = List.of(
                    () -> door.stub()
                            .dropStore(
                                    drop.toBuilder().setErrorIfNotExists(true).build()),
                    () -> door.stub()
                            .getStore(GetStore.newBuilder().setStore(name).build()));
            for (Runnable call : calls) {
                assertThat(AhnlichBoundsTest.refusal(call).getCode()).isEqualTo(Status.Code.NOT_FOUND);
            }
        }
    }
}
