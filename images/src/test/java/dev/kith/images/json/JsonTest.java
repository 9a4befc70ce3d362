package dev.kith.images.json;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.kith.images.Images;
import dev.kith.vectors.Value;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class JsonTest {
    @ParameterizedTest
    @ValueSource(
            strings = {
                "null",
                "true",
                "\"\\u0000\\\"ü\"",
                "[]",
                "{}",
                "{\"z\":1,\"a\":1.0,\"m\":[-5,1.5E300,null,{\"\":false}]}",
                "9223372036854775807",
            })
    void write_whatWasRead_isTheSame(String text) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        assertThat(new String(Json.write(Json.read(bytes)), StandardCharsets.UTF_8))
                .isEqualTo(text);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "nul", "[1,", "{\"a\"}", "1 2", "[NaN]", "{\"a\":}", "\u0001"})
    void read_whatIsNotOneValue_isRefused(String text) {
        assertThatThrownBy(() -> Json.read(text.getBytes(StandardCharsets.UTF_8)))
                .isInstanceOf(JsonException.class);
    }

    @Test
    void read_deepNesting_isRefusedAndNotFollowed() {
        byte[] deep = "[".repeat(100_000).getBytes(StandardCharsets.UTF_8);
        assertThatThrownBy(() -> Json.read(deep)).isInstanceOf(JsonException.class);
    }

    @Test
    void read_wholeNumberBeyond64Bits_becomesTheNearest() {
        assertThat(Json.read("18446744073709551616".getBytes(StandardCharsets.UTF_8)))
                .isEqualTo(new Value.Real(0x1p64));
    }

    @Test
    void entry_andOutcome_goBothWays() {
        Value.Fields metadata = Value.Fields.EMPTY.with("b", new Value.Int(1)).with("a", Value.NULL);
        var entry = new Images.Entry("https://a.example/", Optional.of(metadata), new float[] {0.1f, -2});
        Images.Entry back = Shapes.entry(Json.read(Json.write(Shapes.entry(entry))));
        assertThat(back.url()).isEqualTo(entry.url());
        assertThat(back.metadata()).isEqualTo(entry.metadata());
        assertThat(back.vector()).containsExactly(entry.vector());
        var outcome = new Images.Outcome(List.of("a"), List.of("b"), List.of(new Images.Failure("c", "why")));
        assertThat(Shapes.outcome(Json.read(Json.write(Shapes.outcome(outcome)))))
                .isEqualTo(outcome);
    }
}
