package dev.kith.doors.ahnlich;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kith.testkit.Await;
import dev.kith.vectors.Limits;
import dev.kith.wire.ahnlich.algorithm.algorithms.Algorithm;
import dev.kith.wire.ahnlich.db.pipeline.DBQuery;
import dev.kith.wire.ahnlich.db.pipeline.DBRequestPipeline;
import dev.kith.wire.ahnlich.db.pipeline.DBServerResponse;
import dev.kith.wire.ahnlich.db.query.CreatePredIndex;
import dev.kith.wire.ahnlich.db.query.GetKey;
import dev.kith.wire.ahnlich.db.query.GetPred;
import dev.kith.wire.ahnlich.db.query.GetSimN;
import dev.kith.wire.ahnlich.db.query.GetStore;
import dev.kith.wire.ahnlich.db.query.ListStoreEntries;
import dev.kith.wire.ahnlich.db.query.ListStores;
import dev.kith.wire.ahnlich.db.query.Set;
import dev.kith.wire.ahnlich.keyval.DbStoreEntry;
import dev.kith.wire.ahnlich.keyval.StoreKey;
import dev.kith.wire.ahnlich.metadata.MetadataValue;
import dev.kith.wire.ahnlich.predicates.Equals;
import dev.kith.wire.ahnlich.predicates.NotEquals;
import dev.kith.wire.ahnlich.predicates.Predicate;
import dev.kith.wire.ahnlich.predicates.PredicateCondition;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** That no request makes the door hold more than its room has. */
class AhnlichBoundsTest {
    private static final int MEGABYTE = 1 << 20;
    private static final String LONG = "x".repeat(MEGABYTE / 2);
    private static final PredicateCondition ANY = PredicateCondition.newBuilder()
            .setValue(Predicate.newBuilder()
                    .setNotEquals(NotEquals.newBuilder()
                            .setKey("text")
                            .setValue(MetadataValue.newBuilder().setRawString("none"))))
            .build();

    private final AhnlichFixture door = new AhnlichFixture(32 * MEGABYTE);

    @AfterEach
    void end() {
        Await.until("the room is empty", () -> door.room.used() == 0);
        door.close();
    }

    static Status refusal(Runnable call) {
        try {
            call.run();
        } catch (StatusRuntimeException refused) {
            return refused.getStatus();
        }
        throw new AssertionError("the call was answered");
    }

    /** Decoded, what this small request asks for would be ten times the heap of the test. */
    @Test
    void getKey_ofALargeEntryVeryOften_isRefusedBeforeItIsInMemory() {
        door.create("s", 2);
        StoreKey key = AhnlichFixture.key(1, 2);
        door.set("s", List.of(AhnlichFixture.entry(key, LONG)));
        GetKey often = GetKey.newBuilder()
                .setStore("s")
                .addAllKeys(Collections.nCopies(100_000, key))
                .build();
        Status refused = refusal(() -> door.stub().getKey(often));
        assertThat(refused.getCode()).isEqualTo(Status.Code.RESOURCE_EXHAUSTED);
        assertThat(refused.getDescription()).contains("Too busy");
        assertThat(door.stub()
                        .getKey(GetKey.newBuilder()
                                .setStore("s")
                                .addKeys(key)
                                .addKeys(key)
                                .build())
                        .getEntriesList())
                .containsExactly(AhnlichFixture.entry(key, LONG), AhnlichFixture.entry(key, LONG));
    }

    @Test
    void entriesTogetherAboveTheRoom_areRefusedByEveryReadAndGivenInPages() {
        door.create("s", 2);
        for (int number = 0; number < 60; number++) {
            door.set("s", List.of(AhnlichFixture.entry(AhnlichFixture.key(1, number), LONG)));
        }
        List<Runnable> reads = List.of(
                () -> door.stub()
                        .getPred(GetPred.newBuilder()
                                .setStore("s")
                                .setCondition(ANY)
                                .build()),
                () -> door.stub()
                        .listStoreEntries(
                                ListStoreEntries.newBuilder().setStore("s").build()),
                () -> door.stub().getSimN(near(100)));
        for (Runnable read : reads) {
            assertThat(refusal(read).getCode()).isEqualTo(Status.Code.RESOURCE_EXHAUSTED);
        }
        assertThat(door.stub().getSimN(near(3)).getEntriesList())
                .extracting(found -> found.getKey().getKey(1))
                .containsExactly(0f, 1f, 2f);
        assertThat(pages(7))
                .isEqualTo(IntStream.range(0, 60).mapToObj(n -> (float) n).toList());
    }

    /** What a condition accepts is what a reply has to have room for, however many results are asked for. */
    @Test
    void getSimN_ofMoreThanTheRoomHasPlaceFor_answersTheFewThatMatch() {
        door.create("wide", 1_000);
        float[] far = new float[1_000];
        for (int batch = 0; batch < 20; batch++) {
            List<DbStoreEntry> entries = new ArrayList<>();
            for (int number = 0; number < 1_000; number++) {
                far[0] = batch * 1_000 + number;
                entries.add(AhnlichFixture.entry(AhnlichFixture.key(far), number % 400 == 0 && batch == 3 ? "a" : "b"));
            }
            door.set("wide", entries);
        }
        GetSimN.Builder search = GetSimN.newBuilder()
                .setStore("wide")
                .setSearchInput(AhnlichFixture.key(new float[1_000]))
                .setAlgorithm(Algorithm.CosineSimilarity)
                .setCondition(PredicateCondition.newBuilder()
                        .setValue(Predicate.newBuilder()
                                .setEquals(Equals.newBuilder()
                                        .setKey("text")
                                        .setValue(MetadataValue.newBuilder().setRawString("a")))));
        for (long asked : new long[] {3, 10_000, 15_000, 1L << 40, -1}) {
            var found = door.stub().getSimN(search.setClosestN(asked).build()).getEntriesList();
            assertThat(found).extracting(entry -> entry.getKey().getKey(0)).containsExactly(3_000f, 3_400f, 3_800f);
        }
        Status refused = refusal(() ->
                door.stub().getSimN(search.clearCondition().setClosestN(15_000).build()));
        assertThat(refused.getCode()).isEqualTo(Status.Code.RESOURCE_EXHAUSTED);
    }

    @Test
    void getSimN_ofMoreThanAGraphKeeps_isExactAndHasZeroVectorsLast() {
        door.create("s", 2);
        door.set("s", List.of(AhnlichFixture.entry(AhnlichFixture.key(0, 0), "zero")));
        for (int batch = 0; batch < 2; batch++) {
            int first = batch * 6_000;
            door.set(
                    "s",
                    IntStream.range(first, first + 6_000)
                            .mapToObj(number -> AhnlichFixture.entry(AhnlichFixture.key(1, number), ""))
                            .toList());
        }
        GetSimN.Builder search = GetSimN.newBuilder()
                .setStore("s")
                .setSearchInput(AhnlichFixture.key(1, 0))
                .setAlgorithm(Algorithm.CosineSimilarity);
        var all = door.stub().getSimN(search.setClosestN(20_000).build()).getEntriesList();
        assertThat(all).hasSize(12_001);
        assertThat(all.getFirst().getSimilarity().getValue()).isEqualTo(1f);
        assertThat(all.getLast().getKey()).isEqualTo(AhnlichFixture.key(0, 0));
        assertThat(all.getLast().getSimilarity().getValue()).isNaN();
        assertThat(door.stub().getSimN(search.setClosestN(11_000).build()).getEntriesList())
                .isEqualTo(all.subList(0, 11_000));
    }

    /**
     * A store without entries takes no sample, and yet its line is memory. What the pipeline has changed is told, and
     * what does not fit refused in its place.
     */
    @Test
    void pipeline_whoseRepliesDoNotFit_tellsWhatItHasChanged() {
        door.create("s", 2);
        var indexes = CreatePredIndex.newBuilder().setStore("s");
        for (int number = 0; number < 200; number++) {
            indexes.addPredicates(number + "x".repeat(500));
        }
        var _ = door.stub().createPredIndex(indexes.build());
        DBQuery info = DBQuery.newBuilder()
                .setGetStore(GetStore.newBuilder().setStore("s"))
                .build();
        List<DBServerResponse> replies = door.stub()
                .pipeline(DBRequestPipeline.newBuilder()
                        .addQueries(setting(1))
                        .addAllQueries(Collections.nCopies(2_000, info))
                        .addQueries(setting(2))
                        .build())
                .getResponsesList();
        assertThat(replies).hasSize(2_002);
        assertThat(replies.getFirst().getSet().getUpsert().getInserted()).isEqualTo(1);
        assertThat(replies.getLast().getSet().getUpsert().getInserted()).isEqualTo(1);
        assertThat(replies.get(1).getStoreInfo().getPredicateIndicesCount()).isEqualTo(200);
        assertThat(replies.get(2_000).getError().getCode()).isEqualTo(Status.Code.RESOURCE_EXHAUSTED.value());
        assertThat(replies.get(2_000).getError().getMessage()).contains("Too busy");
    }

    /** A read that does not fit gives back what it took for the entries that it has read. */
    @Test
    void pipeline_withAReadThatDoesNotFit_goesOnToOnesThatDo() {
        door.create("s", 2);
        for (int number = 0; number < 60; number++) {
            door.set("s", List.of(AhnlichFixture.entry(AhnlichFixture.key(1, number), LONG)));
        }
        DBQuery all = DBQuery.newBuilder()
                .setGetPred(GetPred.newBuilder().setStore("s").setCondition(ANY))
                .build();
        DBQuery few = DBQuery.newBuilder().setGetSimN(near(10)).build();
        List<DBServerResponse> replies = door.stub()
                .pipeline(DBRequestPipeline.newBuilder()
                        .addQueries(all)
                        .addQueries(few)
                        .build())
                .getResponsesList();
        assertThat(replies.get(0).getError().getCode()).isEqualTo(Status.Code.RESOURCE_EXHAUSTED.value());
        assertThat(replies.get(1).getGetSimN().getEntriesCount()).isEqualTo(10);
    }

    @Test
    void pipeline_withAnElementWithoutAQuery_changesNothing() {
        door.create("s", 2);
        Status refused = refusal(() -> door.stub()
                .pipeline(DBRequestPipeline.newBuilder()
                        .addQueries(setting(1))
                        .addQueries(DBQuery.getDefaultInstance())
                        .build()));
        assertThat(refused.getCode()).isEqualTo(Status.Code.INVALID_ARGUMENT);
        assertThat(refused.getDescription()).isEqualTo("query is required");
        assertThat(door.stub()
                        .getStore(GetStore.newBuilder().setStore("s").build())
                        .getLen())
                .isZero();
    }

    private static DBQuery setting(int number) {
        return DBQuery.newBuilder()
                .setSet(Set.newBuilder()
                        .setStore("s")
                        .addInputs(AhnlichFixture.entry(AhnlichFixture.key(1, number), "a")))
                .build();
    }

    @Test
    void predicate_withALongName_isRefused() {
        door.create("s", 2);
        Status tooLong = refusal(() -> door.stub()
                .createPredIndex(CreatePredIndex.newBuilder()
                        .setStore("s")
                        .addPredicates("x".repeat(513))
                        .build()));
        assertThat(tooLong.getCode()).isEqualTo(Status.Code.INVALID_ARGUMENT);
    }

    /** Samples are given back store by store, and take what the store has and no more. */
    @Test
    void listStores_ofMoreStoresThanTheRoomHasSamplesFor_listsThemAll() {
        float[] wide = new float[10_000];
        for (int number = 0; number < 60; number++) {
            door.create("s" + number, wide.length);
            door.set("s" + number, List.of(AhnlichFixture.entry(AhnlichFixture.key(wide), LONG)));
        }
        var stores = door.stub().listStores(ListStores.getDefaultInstance()).getStoresList();
        assertThat(stores).hasSize(60).allSatisfy(store -> {
            assertThat(store.getLen()).isEqualTo(1);
            assertThat(store.getSizeInBytes()).isEqualTo(1_056 + 48 + 56);
        });
    }

    @Test
    void set_ofMoreEntriesThanOneWriteStores_changesNothing() {
        door.create("one", 1);
        List<DbStoreEntry> entries = IntStream.rangeClosed(0, Limits.PUT_POINTS_MAX)
                .mapToObj(number -> DbStoreEntry.newBuilder()
                        .setKey(AhnlichFixture.key(number))
                        .build())
                .toList();
        Status refused = refusal(() -> door.set("one", entries));
        assertThat(refused.getCode()).isEqualTo(Status.Code.INVALID_ARGUMENT);
        assertThat(refused.getDescription()).contains("at most 100000");
        assertThat(door.stub()
                        .getStore(GetStore.newBuilder().setStore("one").build())
                        .getLen())
                .isZero();
    }

    private List<Float> pages(int limit) {
        List<Float> all = new ArrayList<>();
        var request = ListStoreEntries.newBuilder().setStore("s").setLimit(limit);
        while (true) {
            var page = door.stub().listStoreEntries(request.build());
            page.getEntriesList().forEach(entry -> all.add(entry.getKey().getKey(1)));
            if (!page.hasNextCursor()) {
                return all;
            }
            assertThat(page.getEntriesCount()).isEqualTo(limit);
            request.setCursor(page.getNextCursor());
        }
    }

    private static GetSimN near(int count) {
        return GetSimN.newBuilder()
                .setStore("s")
                .setSearchInput(AhnlichFixture.key(1, 0))
                .setClosestN(count)
                .setAlgorithm(Algorithm.EuclideanDistance)
                .build();
    }
}
