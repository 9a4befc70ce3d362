package dev.kith.doors.faissx;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.kith.vectors.Rejection;
import dev.kith.vectors.Value;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class MsgpackReaderTest {
    private static byte[] hex(String text) {
        return HexFormat.of().parseHex(text.replace(" ", ""));
    }

    private static Value read(byte[] bytes) {
        new MsgpackSkipper(new MsgpackReader(bytes)).skip(0);
        return new ValueReader(new MsgpackReader(bytes), Allowance.SMALL).read();
    }

    @ParameterizedTest
    @CsvSource({
        "00, 0",
        "7f, 127",
        "ff, -1",
        "e0, -32",
        "cc ff, 255",
        "cd ffff, 65535",
        "ce ffffffff, 4294967295",
        "cf 7fffffffffffffff, 9223372036854775807",
        "d0 80, -128",
        "d1 8000, -32768",
        "d2 80000000, -2147483648",
        "d3 8000000000000000, -9223372036854775808"
    })
    void integer_ofAnyWidth_isRead(String bytes, long expected) {
        assertThat(read(hex(bytes))).isEqualTo(new Value.Int(expected));
    }

    @ParameterizedTest
    @CsvSource({"ca 3fc00000, 1.5", "cb 3ff8000000000000, 1.5", "cb c000000000000000, -2.0"})
    void real_ofEitherWidth_isRead(String bytes, double expected) {
        assertThat(read(hex(bytes))).isEqualTo(new Value.Real(expected));
    }

    @ParameterizedTest
    @CsvSource({"a3 616263, abc", "d9 03 616263, abc", "da 0003 616263, abc", "db 00000003 616263, abc", "a2 c3a4, ä"})
    void text_withAnyHead_isRead(String bytes, String expected) {
        assertThat(read(hex(bytes))).isEqualTo(new Value.Text(expected));
    }

    @ParameterizedTest
    @ValueSource(strings = {"c4 02 0102", "c5 0002 0102", "c6 00000002 0102"})
    void bytes_withAnyHead_areRead(String bytes) {
        assertThat(read(hex(bytes))).isEqualTo(new Value.Bytes(new byte[] {1, 2}));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "dd ffffffff",
                "df ffffffff",
                "db ffffffff",
                "c6 ffffffff",
                "dc ffff 00",
                "de ffff 00",
                "c5 ffff 00",
                "9f 00",
                "8f a0 00",
                "bf 61",
                "cb 00",
                "ca 00",
                "cf 00",
                "d3",
                "cd 00",
                "d9",
                "dc 00",
                ""
            })
    void declaredLength_beyondTheMessage_isRefused(String bytes) {
        assertThatThrownBy(() -> read(hex(bytes))).isInstanceOf(Rejection.class).hasMessageContaining("Malformed");
    }

    @ParameterizedTest
    @ValueSource(strings = {"c1", "c7 01 02 03", "c8 0001 02 03", "c9 00000001 02 03", "d4 01 02", "d8 01", "d6 ff 00"})
    void extensionTypes_areRefused(String bytes) {
        assertThatThrownBy(() -> read(hex(bytes))).isInstanceOf(Rejection.class);
    }

    @ParameterizedTest
    @ValueSource(strings = {"a1 80", "a2 c380 a1 ff", "a1 ff", "a2 c0 af", "a3 eda080", "d9 01 fe"})
    void text_thatIsNotUtf8_isRefused(String bytes) {
        byte[] content = hex(bytes);
        MsgpackReader reader = new MsgpackReader(content);
        assertThatThrownBy(() -> {
                    while (true) {
                        new MsgpackSkipper(reader).skip(0);
                    }
                })
                .isInstanceOf(Rejection.class)
                .hasMessageContaining(reader.remaining() == 0 ? "" : "UTF-8");
    }

    @ParameterizedTest
    @ValueSource(strings = {"81 01 00", "81 c0 00", "81 c4 01 61 00", "81 a1 61 81 01 00", "91 81 90 00"})
    void mapKey_thatIsNotText_isRefused(String bytes) {
        assertThatThrownBy(() -> new MsgpackSkipper(new MsgpackReader(hex(bytes))).skip(0))
                .isInstanceOf(Rejection.class)
                .hasMessageContaining("key");
    }

    @Test
    void field_givenTwice_isRefusedAtAnyLevel() {
        assertThatThrownBy(() -> read(hex("82 a1 61 00 a1 61 01"))).hasMessageContaining("twice");
        assertThatThrownBy(() -> read(hex("81 a1 62 82 a1 61 00 a1 61 01"))).hasMessageContaining("twice");
        assertThatThrownBy(() -> TopLevel.readAll(hex("82 a1 61 00 d9 01 61 01")))
                .hasMessageContaining("twice");
    }

    static Stream<Byte> openers() {
        return Stream.of((byte) 0x91, (byte) 0x81);
    }

    @ParameterizedTest
    @MethodSource("openers")
    void nesting_hundredThousandDeep_isRefusedWithoutRecursion(byte opener) {
        byte[] deep = new byte[300_000];
        Arrays.fill(deep, (byte) 0xA0);
        if (opener == (byte) 0x91) {
            Arrays.fill(deep, opener);
        } else {
            for (int i = 0; i < deep.length; i += 2) {
                deep[i] = opener;
            }
        }
        assertThatThrownBy(() -> new MsgpackSkipper(new MsgpackReader(deep)).skip(0))
                .isInstanceOf(Rejection.class)
                .hasMessageContaining("levels");
        assertThatThrownBy(() -> new ValueReader(new MsgpackReader(deep), Allowance.SMALL).read())
                .isInstanceOf(Rejection.class)
                .hasMessageContaining("levels");
    }

    @Test
    void nesting_upToTheLimit_isRead() {
        byte[] deep = new byte[WireLimits.DEPTH_MAX + 1];
        Arrays.fill(deep, (byte) 0x91);
        deep[WireLimits.DEPTH_MAX] = 0;
        assertThat(read(deep)).isInstanceOf(Value.Items.class);
    }

    @Test
    void integer_of2To63_canBePassedOverButNotRead() {
        byte[] huge = hex("cf 8000000000000000");
        new MsgpackSkipper(new MsgpackReader(huge)).skip(0);
        assertThatThrownBy(() -> new MsgpackReader(huge).readInteger()).isInstanceOf(Rejection.class);
    }

    @Test
    void writtenValues_areReadBackAsTheyWere() {
        Value value = DoorFixture.value(DoorFixture.fields(
                "nil",
                null,
                "flag",
                true,
                "small",
                5,
                "negative",
                -40L,
                "large",
                1L << 40,
                "real",
                0.25,
                "text",
                "ä".repeat(300),
                "bytes",
                new byte[70_000],
                "items",
                java.util.Collections.nCopies(70_000, 7),
                "map",
                DoorFixture.fields("x", -1)));
        byte[] bytes = DoorFixture.encode(value);
        assertThat(read(bytes)).isEqualTo(value);
    }
}
