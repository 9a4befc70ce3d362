package dev.kith.doors.ahnlich;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kith.testkit.Await;
import dev.kith.wire.ahnlich.algorithm.algorithms.Algorithm;
import dev.kith.wire.ahnlich.db.query.GetKey;
import dev.kith.wire.ahnlich.db.query.GetPred;
import dev.kith.wire.ahnlich.db.query.GetSimN;
import dev.kith.wire.ahnlich.db.query.ListStoreEntries;
import dev.kith.wire.ahnlich.keyval.StoreKey;
import dev.kith.wire.ahnlich.metadata.MetadataValue;
import dev.kith.wire.ahnlich.predicates.NotEquals;
import dev.kith.wire.ahnlich.predicates.Predicate;
import dev.kith.wire.ahnlich.predicates.PredicateCondition;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
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

    private List<Float> pages(int limit) {
        List<Float> all = new java.util.ArrayList<>();
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
