package dev.kith.service;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.kith.embed.Embedder;
import dev.kith.engine.Engine;
import dev.kith.engine.EngineOptions;
import dev.kith.vectors.CollectionInfo;
import dev.kith.vectors.CollectionSpec;
import dev.kith.vectors.IndexSpec;
import dev.kith.vectors.Metric;
import dev.kith.vectors.Put;
import dev.kith.vectors.Query;
import dev.kith.vectors.Rejection;
import dev.kith.vectors.Selection;
import dev.kith.vectors.Value;
import dev.kith.vectors.VectorBlock;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.util.List;
import java.util.TreeMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class CommandServiceTest {
    private static final Caller ANN = new Caller("ann", "faissx");
    private static final Caller BOB = new Caller("bob", "faissx");

    private final Engine engine = Engine.open(EngineOptions.inMemory(64L << 20, 1));
    private final MeterRegistry registry = new SimpleMeterRegistry();
    private final ExecutorService compute = Executors.newFixedThreadPool(
            1, Thread.ofPlatform().daemon().name("test-compute").factory());
    private final Service service = new CommandService(engine, Embedder.NONE, registry, compute);

    @AfterEach
    void close() {
        compute.shutdownNow();
        engine.close();
    }

    @Test
    void handle_pointCommands_reachTheCollection() {
        create(ANN, ref("a"), 2);
        var stored = service.handle(ANN, new Command.Store(ref("a"), Put.append(floats(2, 0, 0, 3, 4))));
        assertThat(stored.ids()).containsExactly(0, 1);
        var hits = service.handle(ANN, new Command.Search(ref("a"), Query.nearest(floats(2, 3, 4), 1)));
        assertThat(hits.getFirst().ids()).containsExactly(1);
        assertThat(service.handle(ANN, new Command.Get(ref("a"), new long[] {1}))
                        .total())
                .isEqualTo(2);
        assertThat(service.handle(ANN, new Command.Scan(ref("a"), 0, 10)).ids()).containsExactly(0, 1);
        assertThat(service.handle(ANN, new Command.Delete(ref("a"), new Selection.Ids(new long[] {0, 9}))))
                .isEqualTo(1);
        assertThat(service.handle(ANN, new Command.Reset(ref("a"))).points()).isZero();
        assertThat(service.handle(ANN, new Command.Drop(ref("a"))).name().name())
                .isEqualTo("a");
        assertThat(service.handle(ANN, new Command.Find(ref("a")))).isEmpty();
    }

    @Test
    void handle_otherTenant_seesNothingAnywhere() {
        create(ANN, ref("a"), 2);
        create(BOB, ref("b"), 2);
        List<Command<?>> commands = List.of(
                new Command.Alter(ref("a"), spec -> spec),
                new Command.Drop(ref("a")),
                new Command.Reset(ref("a")),
                new Command.Store(ref("a"), Put.append(floats(2, 1, 1))),
                new Command.Delete(ref("a"), new Selection.Ids(new long[] {0})),
                new Command.Search(ref("a"), Query.nearest(floats(2, 1, 1), 1)),
                new Command.Get(ref("a"), new long[] {0}),
                new Command.Scan(ref("a"), 0, 1),
                new Command.Merge(ref("b"), List.of(ref("a")), false),
                new Command.Merge(ref("a"), List.of(ref("b")), false),
                new Command.Train(ref("a"), floats(2, 1, 1)),
                new Command.Transform(ref("a"), floats(2, 1, 1)));
        for (Command<?> command : commands) {
            Rejection refused = catchThrowableOfType(Rejection.class, () -> service.handle(BOB, command));
            assertThat(refused.code()).as("%s", command).isEqualTo(Rejection.Code.NOT_FOUND);
            assertThat(refused.text()).isEqualTo("Collection a not found");
        }
        assertThat(service.handle(BOB, new Command.Find(ref("a")))).isEmpty();
        assertThat(service.handle(BOB, new Command.ListCollections("faissx")))
                .extracting(info -> info.name().name())
                .containsExactly("b");
        create(BOB, ref("a"), 3);
        assertThat(service.handle(ANN, new Command.Find(ref("a")))
                        .orElseThrow()
                        .spec()
                        .dimension())
                .isEqualTo(2);
    }

    @Test
    void handle_nameWithSlash_ownExactNameWinsElseOtherNamespace() {
        create(ANN, new CollectionRef("other", "x"), 5);
        assertThat(dimension("other/x")).isEqualTo(5);
        create(ANN, ref("other/x"), 2);
        assertThat(dimension("other/x")).isEqualTo(2);
        service.handle(ANN, new Command.Drop(ref("other/x")));
        assertThat(dimension("other/x")).isEqualTo(5);
        assertThat(service.handle(ANN, new Command.ListCollections("faissx"))).isEmpty();
        create(ANN, ref("/odd/"), 7);
        assertThat(dimension("/odd/")).isEqualTo(7);
        assertThat(service.handle(ANN, new Command.Find(ref("/")))).isEmpty();
        assertThat(service.handle(ANN, new Command.Find(ref("none/x")))).isEmpty();
    }

    @Test
    void handle_cluster_answersAndRefuses() {
        var vectors = floats(1, 0, 0.1f, 9, 9.1f);
        var clusters = service.handle(ANN, new Command.Cluster(vectors, new Command.Clustering(2, Metric.L2, 10)));
        assertThat(clusters.sizes()).containsExactly(2, 2);
        assertThatThrownBy(() ->
                        service.handle(ANN, new Command.Cluster(vectors, new Command.Clustering(5, Metric.L2, 10))))
                .isInstanceOf(Rejection.class);
    }

    @Test
    void handle_trainWithoutTransform_isNoted() {
        create(ANN, ref("a"), 2);
        CollectionInfo info = service.handle(ANN, new Command.Train(ref("a"), floats(2, 1, 2, 3, 4)));
        assertThat(TrainingNote.of(info.spec())).isEqualTo(new TrainingNote(true, 2));
        assertThatThrownBy(() -> service.handle(ANN, new Command.Train(ref("a"), floats(3, 1, 2, 3))))
                .isInstanceOf(Rejection.class)
                .hasMessage("Vector dimension mismatch. Expected 2, got 3");
    }

    @Test
    void handle_transform_learnsFromTrainingOrOwnPointsOrRefuses() {
        create(ANN, ref("a"), "PCA1");
        assertThatThrownBy(() -> service.handle(ANN, new Command.Transform(ref("a"), floats(2, 1, 1))))
                .isInstanceOf(Rejection.class)
                .hasMessageContaining("not trained");
        service.handle(ANN, new Command.Store(ref("a"), Put.append(floats(2, 0, 0, 0, 2, 0, 4))));
        var own = service.handle(ANN, new Command.Transform(ref("a"), floats(2, 5, 3)));
        assertThat(own.values()).containsExactly(1);
        service.handle(ANN, new Command.Train(ref("a"), floats(2, 0, 0, 2, 0, 4, 0)));
        var trained = service.handle(ANN, new Command.Transform(ref("a"), floats(2, 5, 3)));
        assertThat(trained.values()).containsExactly(3);
        CollectionInfo info = service.handle(ANN, new Command.Find(ref("a"))).orElseThrow();
        assertThat(TransformOutline.of(info.spec()))
                .isEqualTo(new TransformOutline(List.of(new TransformOutline.Step("PCA1", 2, 1)), true));
    }

    @Test
    void handle_createWithImpossibleTransform_isRefused() {
        assertThatThrownBy(() -> create(ANN, ref("a"), "PCA3")).isInstanceOf(Rejection.class);
        assertThat(service.handle(ANN, new Command.Find(ref("a")))).isEmpty();
    }

    @Test
    void handle_fault_becomesInternalWithoutDetails() {
        create(ANN, ref("a"), 2);
        Rejection refused = catchThrowableOfType(
                Rejection.class,
                () -> service.handle(ANN, new Command.Alter(ref("a"), spec -> {
                    throw new IllegalStateException("a secret detail");
                })));
        assertThat(refused.code()).isEqualTo(Rejection.Code.INTERNAL);
        assertThat(refused.text()).doesNotContain("secret");
    }

    @Test
    void handle_anyCommand_isCountedByCommandTenantAndDoor() {
        create(ANN, ref("a"), 2);
        service.handle(ANN, new Command.Find(ref("a")));
        assertThatThrownBy(() -> service.handle(BOB, new Command.Scan(ref("a"), 0, 1)))
                .isInstanceOf(Rejection.class);
        var tags = List.of("command", "find", "tenant", "ann", "door", "faissx");
        assertThat(registry.get("kith.command")
                        .tags(tags.toArray(String[]::new))
                        .timer()
                        .count())
                .isEqualTo(1);
        assertThat(registry.get("kith.command")
                        .tags("command", "scan", "tenant", "bob")
                        .timer()
                        .count())
                .isEqualTo(1);
        assertThat(registry.get("kith.command.failures")
                        .tags("command", "scan", "tenant", "bob", "code", "NOT_FOUND")
                        .counter()
                        .count())
                .isEqualTo(1);
    }

    @Test
    void handle_forACallerWhoHasGone_doesNothing() {
        Caller gone = new Caller("ann", "faissx", () -> false);
        var refused = catchThrowableOfType(Rejection.class, () -> create(gone, ref("a"), 2));
        assertThat(refused.code()).isEqualTo(Rejection.Code.UNAVAILABLE);
        assertThat(service.handle(ANN, new Command.Find(ref("a")))).isEmpty();
    }

    @Test
    void handle_tooManyTenants_shareOneLabel() {
        for (int i = 0; i < CommandMetrics.TENANT_LABELS_MAX + 5; i++) {
            service.handle(new Caller("t" + i, "faissx"), new Command.ListCollections("faissx"));
        }
        assertThat(registry.find("kith.command").timers()).hasSize(CommandMetrics.TENANT_LABELS_MAX + 1);
        assertThat(registry.get("kith.command")
                        .tag("tenant", CommandMetrics.TENANT_OTHER)
                        .timer()
                        .count())
                .isEqualTo(5);
    }

    private int dimension(String name) {
        return service.handle(ANN, new Command.Find(ref(name)))
                .orElseThrow()
                .spec()
                .dimension();
    }

    private void create(Caller caller, CollectionRef ref, int dimension) {
        service.handle(caller, new Command.Create(ref, CollectionSpec.floats(dimension, Metric.L2)));
    }

    private void create(Caller caller, CollectionRef ref, String transform) {
        IndexSpec index = new IndexSpec(IndexSpec.Kind.FLAT, Metric.L2, transform, new TreeMap<>());
        service.handle(
                caller,
                new Command.Create(
                        ref,
                        CollectionSpec.floats(2, Metric.L2).withIndex(index).withAttributes(Value.Fields.EMPTY)));
    }

    private static CollectionRef ref(String text) {
        return new CollectionRef("faissx", text);
    }

    private static VectorBlock.Floats floats(int dimension, float... values) {
        return new VectorBlock.Floats(values, values.length / dimension, dimension);
    }
}
