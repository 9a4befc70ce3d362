package dev.kith.images;

import static dev.kith.images.ImagesFixture.ANN;
import static dev.kith.images.ImagesFixture.BOB;
import static dev.kith.images.ImagesFixture.MODEL;
import static dev.kith.images.ImagesFixture.fetched;
import static dev.kith.images.ImagesFixture.metadata;
import static dev.kith.images.ImagesFixture.vector;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.kith.images.Images.Content;
import dev.kith.images.Images.Insertion;
import dev.kith.images.Images.Item;
import dev.kith.images.Images.OnFailure;
import dev.kith.images.Images.Outcome;
import dev.kith.testkit.Await;
import dev.kith.vectors.CollectionInfo;
import dev.kith.vectors.IndexSpec;
import dev.kith.vectors.Rejection;
import dev.kith.vectors.Value;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class LocalImagesTest {
    private static final String A = "https://a.example/1.png";
    private static final String B = "https://b.example/2.png";
    private static final String C = "https://c.example/3.png";

    private final ImagesFixture fixture = new ImagesFixture();
    private final LocalImages images = fixture.images;

    @AfterEach
    void close() {
        fixture.close();
    }

    @Test
    void everything_ofAModelWithoutImages_isEmpty() {
        assertThat(images.count(ANN, MODEL)).isZero();
        assertThat(images.urls(ANN, MODEL, "", 10)).isEmpty();
        assertThat(images.entries(ANN, MODEL, "", 10)).isEmpty();
        assertThat(images.entry(ANN, MODEL, A)).isEmpty();
        assertThat(images.searchByText(ANN, MODEL, "1 0", 10)).isEmpty();
        images.remove(ANN, MODEL, List.of(A));
        assertThat(images.insert(ANN, MODEL, new Insertion(List.of(), true, OnFailure.THROW)))
                .isEqualTo(new Outcome(List.of(), List.of(), List.of()));
    }

    @Test
    void models_thatMakeVectorsOfImages_areNamedWhereInstalledAndTheOriginalAlways() {
        assertThat(images.models()).containsExactlyInAnyOrder(MODEL, "near");
        assertThatThrownBy(() -> images.count(ANN, "far"))
                .isInstanceOfSatisfying(
                        Rejection.class, r -> assertThat(r.code()).isEqualTo(Rejection.Code.NOT_FOUND));
    }

    @Test
    void insert_metadata_comesBackAsItWas() {
        Map<String, Value> fields = new LinkedHashMap<>();
        fields.put("z", new Value.Int(1));
        fields.put("a", new Value.Items(List.of(new Value.Real(1), Value.NULL, new Value.Text("ü"))));
        fields.put("metadata", Value.Fields.EMPTY);
        Value.Fields rich = new Value.Fields(fields);
        fixture.restore(
                new Item(A, Optional.of(rich), new Content.Vector(new float[] {1, 0})),
                new Item(B, Optional.of(Value.Fields.EMPTY), new Content.Vector(new float[] {0, 1})),
                vector(C, 1, 1));
        List<Images.Entry> entries = images.entries(ANN, MODEL, "", 10);
        assertThat(entries).extracting(Images.Entry::url).containsExactly(A, B, C);
        assertThat(entries)
                .extracting(Images.Entry::metadata)
                .containsExactly(Optional.of(rich), Optional.of(Value.Fields.EMPTY), Optional.empty());
        Value.Fields back = entries.getFirst().metadata().orElseThrow();
        assertThat(back.values().keySet()).containsExactly("z", "a", "metadata");
        assertThat(entries.get(2).vector()).containsExactly(1, 1);
        assertThat(images.entry(ANN, MODEL, B)).map(Images.Entry::url).contains(B);
    }

    @Test
    void insert_urlThatIsThere_replacesTheOneEntry() {
        fixture.restore(vector(A, 1, 0));
        fixture.page(A, "0 2");
        Item again = new Item(A, Optional.of(metadata("n", new Value.Int(2))), new Content.AtUrl());
        assertThat(images.insert(ANN, MODEL, new Insertion(List.of(again), true, OnFailure.THROW))
                        .added())
                .containsExactly(A);
        assertThat(images.count(ANN, MODEL)).isOne();
        Images.Entry entry = images.entry(ANN, MODEL, A).orElseThrow();
        assertThat(entry.vector()).containsExactly(0, 1);
        assertThat(entry.metadata()).contains(metadata("n", new Value.Int(2)));
    }

    @Test
    void insert_withoutReplacing_leavesWhatIsThereAndFetchesOnlyTheRest() {
        fixture.restore(vector(A, 1, 0));
        fixture.page(A, "0 1").page(B, "0 1");
        Outcome outcome =
                images.insert(ANN, MODEL, new Insertion(List.of(fetched(A), fetched(B)), false, OnFailure.THROW));
        assertThat(outcome).isEqualTo(new Outcome(List.of(B), List.of(A), List.of()));
        assertThat(fixture.fetches).hasValue(1);
        assertThat(images.entry(ANN, MODEL, A).orElseThrow().vector()).containsExactly(1, 0);
    }

    @Test
    void insert_sameUrlByManyAtOnceWithoutReplacing_addsItOnce() {
        fixture.page(A, "0 1");
        CountDownLatch all = new CountDownLatch(8);
        // All have looked and found nothing before the first may go on to store.
        fixture.onFetch = () -> {
            all.countDown();
            Await.until("all have looked", () -> all.getCount() == 0);
        };
        AtomicInteger added = new AtomicInteger();
        AtomicInteger found = new AtomicInteger();
        List<Thread> callers = IntStream.range(0, 8)
                .mapToObj(at -> Thread.ofVirtual().name("caller-" + at).start(() -> {
                    Outcome outcome =
                            images.insert(ANN, MODEL, new Insertion(List.of(fetched(A)), false, OnFailure.THROW));
                    added.addAndGet(outcome.added().size());
                    found.addAndGet(outcome.found().size());
                }))
                .toList();
        callers.forEach(caller -> Await.until("the caller is done", () -> !caller.isAlive()));
        assertThat(added).hasValue(1);
        assertThat(found).hasValue(7);
        assertThat(images.count(ANN, MODEL)).isOne();
    }

    @Test
    void insert_sameUrlTwice_takesTheLastOnce() {
        fixture.page(A, "1 0");
        Item first = new Item(A, Optional.of(metadata("n", new Value.Int(1))), new Content.AtUrl());
        Item last = new Item(A, Optional.of(metadata("n", new Value.Int(2))), new Content.AtUrl());
        Outcome outcome = images.insert(ANN, MODEL, new Insertion(List.of(first, last), true, OnFailure.REPORT));
        assertThat(outcome).isEqualTo(new Outcome(List.of(A), List.of(), List.of()));
        assertThat(fixture.fetches).hasValue(1);
        assertThat(images.entry(ANN, MODEL, A).orElseThrow().metadata()).contains(metadata("n", new Value.Int(2)));
    }

    @Test
    void insert_manyWithFailures_storesTheOthersAndReportsEach() {
        List<Item> items = new ArrayList<>();
        for (int at = 0; at < 200; at++) {
            String url = "https://a.example/%03d".formatted(at);
            if (at % 3 != 0) {
                fixture.page(url, at % 7 == 0 ? "tiny" : "%d 1".formatted(at));
            }
            items.add(fetched(url));
        }
        Outcome outcome = images.insert(ANN, MODEL, new Insertion(items, true, OnFailure.REPORT));
        long bad =
                IntStream.range(0, 200).filter(at -> at % 3 == 0 || at % 7 == 0).count();
        assertThat(outcome.failed())
                .hasSize((int) bad)
                .allSatisfy(failure -> assertThat(failure.error())
                        .isIn(
                                "The URL cannot be fetched: its host is not known",
                                "Images must have their dimensions above 150 x 150 pixels"));
        assertThat(outcome.added()).hasSize((int) (200 - bad));
        assertThat(images.count(ANN, MODEL)).isEqualTo(200 - bad);
    }

    @Test
    void insert_oneFailureAmongManyThatMustSucceed_storesNothing() {
        fixture.page(A, "1 0");
        assertThatThrownBy(() -> images.insert(
                        ANN, MODEL, new Insertion(List.of(fetched(A), fetched(B)), true, OnFailure.THROW)))
                .isInstanceOf(BadImage.class);
        assertThat(images.count(ANN, MODEL)).isZero();
    }

    @Test
    void insert_vectorOfAnotherLength_isRefusedWithAllOthers() {
        assertThatThrownBy(() -> fixture.restore(vector(A, 1, 0), vector(B, 1, 0, 0)))
                .isInstanceOfSatisfying(
                        Rejection.class, r -> assertThat(r.code()).isEqualTo(Rejection.Code.INVALID))
                .hasMessage("The embedding of %s has 3 numbers; those of model vit_b32 have 2".formatted(B));
        assertThat(images.count(ANN, MODEL)).isZero();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "tiny|Images must have their dimensions above 150 x 150 pixels",
                "huge|The image has more bytes or pixels than can be taken",
                "page|The image cannot be decoded",
            })
    void search_byAnImageThatCannotBeUsed_saysWhy(String content, String message) {
        fixture.page(A, content).page(B, "1 0");
        assertThatThrownBy(() -> images.searchByUrl(ANN, MODEL, A, 10))
                .isInstanceOf(BadImage.class)
                .hasMessage(message);
        assertThatThrownBy(() -> images.compare(ANN, MODEL, A, B))
                .isInstanceOf(BadImage.class)
                .hasMessage(message);
        assertThatThrownBy(() -> images.compare(ANN, MODEL, B, A))
                .isInstanceOf(BadImage.class)
                .hasMessage(message);
    }

    @Test
    void search_byUrlTextOrFile_findsTheNearestFirst() {
        fixture.restore(vector(A, 1, 0), vector(B, 0.6f, 0.8f), vector(C, -1, 0));
        List<Images.Match> matches = images.searchByUrl(ANN, MODEL, A, 10);
        assertThat(fixture.fetches).hasValue(0);
        assertThat(matches).extracting(Images.Match::url).containsExactly(A, B, C);
        assertThat(matches.get(0).similarity()).isEqualTo(100);
        assertThat(matches.get(1).similarity()).isCloseTo(60, within(1e-4));
        assertThat(matches.get(2).similarity()).isZero();
        assertThat(images.searchByText(ANN, MODEL, "0 1", 1))
                .extracting(Images.Match::url)
                .containsExactly(B);
        assertThat(images.searchByImage(ANN, MODEL, "-2 0".getBytes(java.nio.charset.StandardCharsets.UTF_8), 1))
                .extracting(Images.Match::url)
                .containsExactly(C);
        fixture.page("https://d.example/", "3 4");
        assertThat(images.searchByUrl(ANN, MODEL, "https://d.example/", 1))
                .extracting(Images.Match::url)
                .containsExactly(B);
    }

    @Test
    void search_limits_areKeptWithinTheirBounds() {
        fixture.restore(vector(A, 1, 0), vector(B, 0, 1));
        assertThat(images.searchByUrl(ANN, MODEL, A, 1)).hasSize(1);
        assertThat(images.searchByUrl(ANN, MODEL, A, Gallery.LIMIT_MAX)).hasSize(2);
        for (int limit : new int[] {0, -1, Gallery.LIMIT_MAX + 1}) {
            assertThatThrownBy(() -> images.searchByUrl(ANN, MODEL, A, limit)).isInstanceOf(Rejection.class);
            assertThatThrownBy(() -> images.urls(ANN, MODEL, "", limit)).isInstanceOf(Rejection.class);
            assertThatThrownBy(() -> images.entries(ANN, MODEL, "", limit)).isInstanceOf(Rejection.class);
        }
    }

    /** A name that another model serves now than when the images came. */
    @ParameterizedTest
    @CsvSource({A + "," + B, B + "," + A})
    void compare_withWhatAnotherModelStored_saysWhichLengthIsStored(String url, String other) {
        new LocalGallery(fixture.service)
                .store(
                        ANN,
                        new ImageModel(MODEL, 3),
                        List.of(new Images.Entry(A, Optional.empty(), new float[] {1, 0, 0})),
                        true);
        fixture.page(B, "1 0");
        assertThatThrownBy(() -> images.compare(ANN, MODEL, url, other))
                .isInstanceOfSatisfying(
                        Rejection.class, r -> assertThat(r.code()).isEqualTo(Rejection.Code.INVALID))
                .hasMessageContaining("The embedding of " + A + " has 3 numbers; those of model vit_b32 have 2");
        assertThat(fixture.fetches).hasValue(0);
        assertThat(images.compare(ANN, MODEL, A, A)).isEqualTo(100);
    }

    @Test
    void compare_vectorsThatAreNotOfLengthOne_followsTheSquaredDistance() {
        fixture.restore(vector(A, 1, 0), vector(B, 1, 1), vector(C, 5, 5));
        assertThat(images.compare(ANN, MODEL, A, A)).isEqualTo(100);
        assertThat(images.compare(ANN, MODEL, A, B)).isEqualTo(50);
        assertThat(images.compare(ANN, MODEL, A, C)).isZero();
        assertThat(images.searchByUrl(ANN, MODEL, A, 10))
                .extracting(Images.Match::similarity)
                .containsExactly(100.0, 50.0, 0.0);
    }

    @Test
    void urls_pages_followTheBytesOfTheUrls() {
        List<String> all = List.of(
                "HTTP://a.example/", "http://a.example/", "http://a.example/ü", "http://a.example/\ud83d\ude00");
        fixture.restore(all.reversed().stream().map(url -> vector(url, 1, 0)).toArray(Item[]::new));
        List<String> paged = new ArrayList<>();
        for (List<String> page = images.urls(ANN, MODEL, "", 3); !page.isEmpty(); ) {
            paged.addAll(page);
            page = images.urls(ANN, MODEL, page.getLast(), 3);
        }
        assertThat(paged).isEqualTo(all);
        assertThat(images.entries(ANN, MODEL, all.get(1), 1))
                .extracting(Images.Entry::url)
                .containsExactly(all.get(2));
    }

    @Test
    void remove_some_leavesTheOthers() {
        fixture.restore(vector(A, 1, 0), vector(B, 0, 1));
        images.remove(ANN, MODEL, List.of(A, C));
        assertThat(images.urls(ANN, MODEL, "", 10)).containsExactly(B);
        assertThat(images.count(ANN, MODEL)).isOne();
    }

    @Test
    void everything_ofAnotherTenant_isApart() {
        fixture.restore(vector(A, 1, 0));
        assertThat(images.count(BOB, MODEL)).isZero();
        assertThat(images.entry(BOB, MODEL, A)).isEmpty();
        images.remove(BOB, MODEL, List.of(A));
        assertThat(images.count(ANN, MODEL)).isOne();
        assertThat(images.count(ANN, "near")).isZero();
    }

    @Test
    void search_whileOthersWaitForDownloads_waitsForNone() {
        fixture.restore(vector(A, 1, 0));
        CountDownLatch release = new CountDownLatch(1);
        AtomicInteger hanging = new AtomicInteger();
        fixture.onFetch = () -> {
            hanging.incrementAndGet();
            Await.until("released", () -> release.getCount() == 0);
        };
        List<Thread> adding = IntStream.range(0, 100)
                .mapToObj(at -> Thread.ofVirtual().name("adding-" + at).start(() -> {
                    try {
                        images.searchByUrl(ANN, MODEL, "https://slow.example/" + at, 1);
                    } catch (BadImage gone) {
                        // There is nothing at these addresses.
                    }
                }))
                .toList();
        Await.until("all hang", () -> hanging.get() == 100);
        assertThat(images.searchByUrl(ANN, MODEL, A, 1)).hasSize(1);
        assertThat(adding).allMatch(Thread::isAlive);
        release.countDown();
        adding.forEach(thread -> Await.until("it has ended", () -> !thread.isAlive()));
    }

    @Test
    void search_largeCollection_asksForAGraphAndFindsTheSame() {
        Random random = new Random(20260101);
        List<Item> items = IntStream.range(0, LocalGallery.GRAPH_FROM)
                .mapToObj(at -> vector("https://a.example/%05d".formatted(at), random.nextFloat(), random.nextFloat()))
                .toList();
        images.insert(ANN, MODEL, new Insertion(items, true, OnFailure.THROW));
        assertThat(info().spec().index().kind()).isEqualTo(IndexSpec.Kind.FLAT);
        String first = items.getFirst().url();
        assertThat(images.searchByUrl(ANN, MODEL, first, 1))
                .extracting(Images.Match::url)
                .containsExactly(first);
        assertThat(info().spec().index().kind()).isEqualTo(IndexSpec.Kind.HNSW);
        assertThat(images.searchByUrl(ANN, MODEL, first, 1))
                .extracting(Images.Match::url)
                .containsExactly(first);
    }

    private CollectionInfo info() {
        return fixture.engine
                .find(new dev.kith.vectors.CollectionName(ANN.tenant(), LocalGallery.NAMESPACE, MODEL))
                .orElseThrow();
    }
}
