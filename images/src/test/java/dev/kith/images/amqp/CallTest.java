package dev.kith.images.amqp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.kith.images.BadImage;
import dev.kith.images.WorkerFailure;
import dev.kith.images.json.JsonException;
import dev.kith.vectors.Rejection;
import dev.kith.vectors.Value;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class CallTest {
    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    @Test
    void bytes_ofACall_areTheOriginalsArray() {
        Call call =
                new Call("search_by_url", List.of(new Value.Text("vit_b32"), new Value.Text("u"), new Value.Int(3)));
        assertThat(new String(call.bytes(), StandardCharsets.UTF_8))
                .isEqualTo("[\"search_by_url\",[\"vit_b32\",\"u\",3]]");
        assertThat(Call.read(call.bytes())).isEqualTo(call);
        assertThat(call.argument(3)).isEqualTo(Value.NULL);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "{}", "[]", "[\"ping\"]", "[\"ping\",[],1]", "[1,[]]", "[\"ping\",{}]", "[[],[]]"})
    void read_whatIsNoCall_isRefused(String text) {
        assertThatThrownBy(() -> Call.read(bytes(text))).isInstanceOf(JsonException.class);
    }

    @ParameterizedTest
    @CsvSource(
            quoteCharacter = '`',
            value = {
                "ValueError,BadImage",
                "UnicodeDecodeError,BadImage",
                "RuntimeError,WorkerFailure",
                "RecursionError,WorkerFailure",
                "KeyError,Rejection",
                "UnidentifiedImageError,Rejection",
                "__import__('os').system,Rejection",
                "dev.kith.images.BadImage,Rejection",
            })
    void reply_exception_isMappedByItsNameAndNeverRun(String type, String expected) {
        byte[] reply = bytes("{\"exception_type\":\"%s\",\"exception_args\":[\"why\"]}".formatted(type));
        assertThatThrownBy(() -> Call.reply(reply))
                .satisfies(
                        thrown -> assertThat(thrown.getClass().getSimpleName()).isEqualTo(expected))
                .satisfies(thrown ->
                        assertThat(thrown).hasMessage(expected.equals("Rejection") ? "A worker failed" : "why"));
    }

    @Test
    void reply_exceptionWithOddArguments_isStillOne() {
        assertThatThrownBy(() -> Call.reply(bytes("{\"exception_type\":\"ValueError\",\"exception_args\":[]}")))
                .isInstanceOf(BadImage.class)
                .hasMessage("");
        assertThatThrownBy(() -> Call.reply(bytes("{\"exception_type\":\"ValueError\",\"exception_args\":[1,\"x\"]}")))
                .isInstanceOf(BadImage.class)
                .hasMessage("[1,\"x\"]");
        assertThatThrownBy(() -> Call.reply(bytes("{\"exception_type\":7}"))).isInstanceOf(Rejection.class);
        assertThatThrownBy(() -> Call.reply(bytes("<html>"))).isInstanceOf(WorkerFailure.class);
    }

    @ParameterizedTest
    @EnumSource(Rejection.Code.class)
    void failure_ofARefusal_comesBackAsTheCallersFaultOrTheWorkers(Rejection.Code code) {
        byte[] reply = Call.failure(new Rejection(code, "why"));
        boolean callers = switch (code) {
            case INVALID, NOT_FOUND, ALREADY_EXISTS, CONFLICT -> true;
            case UNAUTHENTICATED, EXHAUSTED, INTERNAL, UNAVAILABLE -> false;
        };
        assertThatThrownBy(() -> Call.reply(reply))
                .isInstanceOf(callers ? BadImage.class : WorkerFailure.class)
                .hasMessage("why");
    }

    @Test
    void failure_ofOurOwn_saysNothingOfIt() {
        assertThat(new String(Call.failure(new IllegalStateException("secret")), StandardCharsets.UTF_8))
                .doesNotContain("secret")
                .contains("RuntimeError");
    }
}
