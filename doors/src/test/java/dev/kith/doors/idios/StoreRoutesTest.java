package dev.kith.doors.idios;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.kith.images.Gallery;
import dev.kith.images.ImageModel;
import dev.kith.images.Images;
import dev.kith.images.remote.RemoteGallery;
import dev.kith.service.Caller;
import dev.kith.vectors.Rejection;
import dev.kith.vectors.Value;
import java.net.URI;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The store wire, from a worker's gallery to the server's. */
class StoreRoutesTest {
    private static final ImageModel MODEL = new ImageModel("vit_b32", 512);
    private static final Caller NOBODY = new Caller("nobody", "worker");
    private static final String A = "https://a.example/\u00fc";
    private static final String B = "https://b.example/";

    private final IdiosFixture fixture = new IdiosFixture(new MemoryImages(), true);
    private final RemoteGallery ann = gallery("key-ann");
    private final RemoteGallery bob = gallery("key-bob");

    @AfterEach
    void close() {
        ann.close();
        bob.close();
        fixture.close();
    }

    private RemoteGallery gallery(String key) {
        return new RemoteGallery(URI.create("http://127.0.0.1:" + fixture.port()), Optional.of(key));
    }

    private static Images.Entry entry(String url, int axis) {
        float[] vector = new float[512];
        vector[axis] = 1;
        Value.Fields metadata =
                Value.Fields.EMPTY.with("z", new Value.Int(axis)).with("a", Value.NULL);
        return new Images.Entry(url, axis == 0 ? Optional.empty() : Optional.of(metadata), vector);
    }

    @Test
    void gallery_ofAnotherProcess_keepsWhatItIsGiven() {
        assertThat(ann.count(NOBODY, MODEL)).isZero();
        assertThat(ann.store(NOBODY, MODEL, List.of(entry(B, 1), entry(A, 0)), true))
                .containsExactly(false, false);
        assertThat(ann.store(NOBODY, MODEL, List.of(entry(A, 2)), false)).containsExactly(true);
        assertThat(ann.count(NOBODY, MODEL)).isEqualTo(2);
        assertThat(ann.urls(NOBODY, MODEL, new Gallery.Page("", 10))).containsExactly(A, B);
        assertThat(ann.urls(NOBODY, MODEL, new Gallery.Page(A, 10))).containsExactly(B);
        Images.Entry back =
                ann.get(NOBODY, MODEL, List.of("https://none.example/", B)).getFirst();
        assertThat(back.url()).isEqualTo(B);
        assertThat(back.vector()).containsExactly(entry(B, 1).vector());
        assertThat(back.metadata().orElseThrow().values().keySet()).containsExactly("z", "a");
        List<Images.Entry> all = ann.entries(NOBODY, MODEL, new Gallery.Page("", 10));
        assertThat(all).extracting(Images.Entry::url).containsExactly(A, B);
        assertThat(all.getFirst().metadata()).isEmpty();
        List<Images.Match> matches = ann.nearest(NOBODY, MODEL, entry(B, 1).vector(), 10);
        assertThat(matches).extracting(Images.Match::url).containsExactly(B, A);
        assertThat(matches).extracting(Images.Match::similarity).containsExactly(100.0, 0.0);
        ann.remove(NOBODY, MODEL, List.of(A, "https://none.example/"));
        assertThat(ann.urls(NOBODY, MODEL, new Gallery.Page("", 10))).containsExactly(B);
    }

    @Test
    void gallery_ofAnotherKey_isAnother() {
        boolean[] unused = ann.store(NOBODY, MODEL, List.of(entry(A, 0)), true);
        assertThat(bob.count(NOBODY, MODEL)).isZero();
        assertThat(bob.get(NOBODY, MODEL, List.of(A))).isEmpty();
        try (RemoteGallery nobody = gallery("no-key")) {
            assertThatThrownBy(() -> nobody.count(NOBODY, MODEL)).isInstanceOf(Rejection.class);
        }
    }

    @Test
    void store_whatTheDoorWouldNotTake_isRefusedAndNothingIsKept() {
        Value.Fields wide = Value.Fields.EMPTY.with("k", new Value.Text("x".repeat(Checks.METADATA_CHARS_MAX)));
        for (Images.Entry bad : List.of(
                entry("nowhere", 1),
                entry("http://a.example/" + "x".repeat(WebAddress.CHARS_MAX), 1),
                new Images.Entry(B, Optional.of(wide), entry(B, 1).vector()))) {
            assertThatThrownBy(() -> ann.store(NOBODY, MODEL, List.of(entry(A, 0), bad), true))
                    .isInstanceOfSatisfying(
                            Rejection.class, r -> assertThat(r.code()).isEqualTo(Rejection.Code.INVALID));
        }
        assertThat(ann.count(NOBODY, MODEL)).isZero();
    }

    @Test
    void gallery_refusals_comeBackAsWhatTheyAre() {
        assertThatThrownBy(() -> ann.store(NOBODY, MODEL, List.of(entry(A, 0), entry(A, 1)), true))
                .isInstanceOfSatisfying(
                        Rejection.class, r -> assertThat(r.code()).isEqualTo(Rejection.Code.INVALID))
                .hasMessageContaining("there twice");
        assertThatThrownBy(() -> ann.nearest(NOBODY, MODEL, new float[3], 10))
                .isInstanceOfSatisfying(
                        Rejection.class, r -> assertThat(r.code()).isEqualTo(Rejection.Code.INVALID));
        assertThatThrownBy(() -> ann.count(NOBODY, new ImageModel("none", 3)))
                .isInstanceOfSatisfying(
                        Rejection.class, r -> assertThat(r.code()).isEqualTo(Rejection.Code.NOT_FOUND));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "store|",
                "store|[]",
                "store|{\"entries\":[]}",
                "store|{\"replace\":true,\"entries\":[{\"url\":\"u\"}]}",
                "store|{\"replace\":true,\"entries\":[{\"url\":\"\",\"embedding\":[1]}]}",
                "search|{\"embedding\":[\"x\"],\"limit\":1}",
                "urls|{\"cursor\":\"\",\"limit\":0}",
                "dump|{\"cursor\":\"\",\"limit\":16385}",
                "get|{\"urls\":7}",
                "count|{",
            })
    void route_malformedBody_isRefusedInTheDoorsForm(String operation, String body) {
        IdiosFixture.Reply reply = fixture.send(
                "POST",
                "/collections/vit_b32/" + operation,
                (body == null ? " " : body).getBytes(java.nio.charset.StandardCharsets.UTF_8),
                List.of("Authorization", "Bearer key-ann"));
        assertThat(reply.status()).as(reply.body()).isEqualTo(422);
        assertThat(reply.body()).startsWith("{\"detail\":[{").contains("\"msg\":");
    }
}
