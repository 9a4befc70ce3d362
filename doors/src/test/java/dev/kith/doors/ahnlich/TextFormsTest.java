package dev.kith.doors.ahnlich;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kith.vectors.Metric;
import dev.kith.vectors.Value;
import dev.kith.wire.ahnlich.algorithm.algorithms.Algorithm;
import dev.kith.wire.ahnlich.keyval.StoreValue;
import dev.kith.wire.ahnlich.metadata.MetadataValue;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Names in messages, values of metadata, and numbers of similarity, as the original's clients see them. */
class TextFormsTest {
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "plain|\"plain\"",
                "``|\"\"",
                "it's|\"it's\"",
                "a\"b|\"a\\\"b\"",
                "back\\slash|\"back\\\\slash\"",
                "`\t\r\n`|\"\\t\\r\\n\"",
                "`\u0000\u0007\u200b`|\"\\0\\u{7}\\u{200b}\"",
                "e\u0301|\"e\\u{301}\"",
                "`a\u00a0b`|\"a\\u{a0}b\"",
                "grüße 日本 🦀|\"grüße 日本 🦀\""
            })
    void name_isQuotedAsRustDoes(String name, String quoted) {
        assertThat(RustText.quoted(name)).isEqualTo(quoted);
    }

    @Test
    void refusal_ofAMissingStore_namesItInDebugForm() {
        assertThat(Refusals.noStore("a\"b").text()).isEqualTo("Store StoreName { value: \"a\\\"b\" } not found");
    }

    @Test
    void metadata_comesBackWithItsKind() {
        StoreValue given = StoreValue.newBuilder()
                .putValue("text", MetadataValue.newBuilder().setRawString("a").build())
                .putValue(
                        "image", MetadataValue.newBuilder().setImage(bytes("a")).build())
                .putValue(
                        "audio", MetadataValue.newBuilder().setAudio(bytes("a")).build())
                .putValue("none", MetadataValue.getDefaultInstance())
                .build();
        assertThat(Metadata.message(Metadata.payload(given))).isEqualTo(given);
        assertThat(List.copyOf(Metadata.payload(given).values().values())).doesNotHaveDuplicates();
    }

    private static com.google.protobuf.ByteString bytes(String text) {
        return com.google.protobuf.ByteString.copyFromUtf8(text);
    }

    @Test
    void values_ofOtherDoors_areShownAsText() {
        Map<String, Value> fields = new LinkedHashMap<>();
        fields.put("number", new Value.Int(5));
        fields.put("real", new Value.Real(0.5));
        fields.put("flag", new Value.Bool(true));
        fields.put("list", new Value.Items(List.of(new Value.Text("a\"b"), Value.NULL)));
        fields.put("object", new Value.Fields(Map.of("audio", new Value.Int(1))));
        StoreValue shown = Metadata.message(new Value.Fields(fields));
        assertThat(shown.getValueMap().values())
                .extracting(MetadataValue::getRawString)
                .containsExactlyInAnyOrder("5", "0.5", "true", "[\"a\\\"b\",null]", "{\"audio\":1}");
    }

    @ParameterizedTest
    @CsvSource({
        "-4, EuclideanDistance, L2, 2",
        "-4, KDTree, L2, 4",
        "0, EuclideanDistance, L2, 0",
        "-0.25, HNSW, L2, 0.5",
        "0.5, CosineSimilarity, COSINE, 0.5",
        "-Infinity, CosineSimilarity, COSINE, NaN",
        "-3, DotProductSimilarity, INNER_PRODUCT, -3"
    })
    void similarity_isTheOriginalsNumber(float score, Algorithm algorithm, Metric metric, Float value) {
        assertThat(Float.valueOf(Similarity.value(score, algorithm, metric))).isEqualTo(value);
    }
}
