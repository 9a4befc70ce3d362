package dev.kith.doors.idios;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.kith.images.Images;
import dev.kith.vectors.Value;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** JSON, numbers and addresses against what Python and pydantic 1.10.24 said of the same. */
class ReadingTest {
    private static final long SEED = 20261130;

    record Row(List<String> columns) {
        String json(int column) {
            try {
                return ((Value.Text) PythonJson.parse(columns.get(column))).value();
            } catch (JsonFault fault) {
                throw new IllegalStateException(fault.text(), fault);
            }
        }
    }

    static Stream<Row> rows(String name) throws IOException {
        try (InputStream in = ReadingTest.class.getResourceAsStream(name)) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8)
                    .lines().map(line -> new Row(List.of(line.split("\t", -1)))).toList().stream();
        }
    }

    static Stream<Row> faults() throws Exception {
        return rows("json-faults.tsv");
    }

    static Stream<Row> addresses() throws Exception {
        return rows("addresses.tsv");
    }

    @ParameterizedTest
    @MethodSource("faults")
    void parse_malformed_failsAsPythonDoes(Row row) {
        String text = row.json(0);
        JsonFault fault = catchThrowableOfType(JsonFault.class, () -> PythonJson.parse(text));
        assertThat(fault).isNotNull();
        Problem problem = JsonBody.problem(text, fault);
        assertThat(problem.message())
                .isEqualTo("%s: line %s column %s (char %s)"
                        .formatted(
                                row.columns().get(1),
                                row.columns().get(3),
                                row.columns().get(4),
                                row.columns().get(2)));
        assertThat(problem.context().keySet()).containsExactly("msg", "doc", "pos", "lineno", "colno");
    }

    @Test
    void parse_wellFormed_keepsOrderAndKinds() throws JsonFault {
        Value value = PythonJson.parse(
                " {\"b\":[1, -2.5e3,true,null],\"a\":\"x\\u00e9\\ud83d\\ude00\\n\",\"b\":12345678901234567890} ");
        assertThat(new String(JsonOut.bytes(value), StandardCharsets.UTF_8))
                .isEqualTo("{\"b\":1.2345678901234567e+19,\"a\":\"x\u00e9\ud83d\ude00\\n\"}");
    }

    @ParameterizedTest
    @ValueSource(strings = {"\"\\ud800\"", "\"\\udc00x\""})
    void parse_halfACharacter_isUnreadable(String text) {
        assertThatThrownBy(() -> PythonJson.parse(text)).isInstanceOf(UnreadableBody.class);
    }

    @Test
    void parse_tooDeep_isUnreadable() {
        assertThatThrownBy(() -> PythonJson.parse("[".repeat(100_000))).isInstanceOf(UnreadableBody.class);
    }

    @ParameterizedTest
    @MethodSource("addresses")
    void check_address_isTakenOrRefusedAsPydanticDoes(Row row) {
        List<Problem> problems = new ArrayList<>();
        Optional<String> kept = WebAddress.check(row.json(0), Problem.Place.BODY.to("url"), problems);
        if (row.json(1).equals("ok")) {
            assertThat(problems).isEmpty();
            assertThat(kept).contains(row.json(2));
        } else {
            assertThat(kept).isEmpty();
            assertThat(problems).hasSize(1);
            assertThat(problems.getFirst().type()).isEqualTo(row.json(1));
            assertThat(problems.getFirst().message()).isEqualTo(row.json(2));
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "0.0",
                "-0.0",
                "1.0",
                "0.1",
                "0.001",
                "0.00015",
                "0.0001",
                "9.999e-05",
                "1e-05",
                "1.25e-07",
                "10000000.0",
                "12345678.9",
                "1000000000000000.0",
                "1e+16",
                "1.5e+16",
                "1e+22",
                "1e+23",
                "1.7976931348623157e+308",
                "1.2345678901234568e+17",
                "-2.5e-05",
                "1e+100",
                "1234567.0",
                "9007199254740992.0"
            })
    void of_number_isPythonsRepr(String text) {
        assertThat(PythonText.of(Double.parseDouble(text))).isEqualTo(text);
    }

    @Test
    void jsonLength_ofEverything_isThatOfPythonsDumps() throws JsonFault {
        // len(json.dumps({"a": [1, 2.5, None, True, "é\x7f\"\\\n😀"], "b": {}, "c": [], "d": 1e16}))
        Value value = PythonJson.parse(
                "{\"a\":[1,2.5,null,true,\"\u00e9\u007f\\\"\\\\\\n\ud83d\ude00\"],\"b\":{},\"c\":[],\"d\":1e16}");
        assertThat(PythonText.jsonLength(value)).isEqualTo(91);
    }

    @Test
    void read_numbersOfAnyForm_areRoundedAsTheJdkDoes() {
        Random random = new Random(SEED);
        for (int round = 0; round < 200; round++) {
            StringBuilder text = new StringBuilder("{\"url\":\"http://a.de/\",\"metadata\":null,\"embedding\":[");
            List<String> numbers = new ArrayList<>();
            for (int i = 0; i < 700; i++) {
                numbers.add(number(random));
            }
            text.append(String.join(round % 2 == 0 ? "," : " , ", numbers)).append("]}");
            byte[] bytes = text.toString().getBytes(StandardCharsets.UTF_8);
            float[] read = ((Images.Content.Vector)
                            EntryText.read(bytes, 0, bytes.length).orElseThrow().content())
                    .vector();
            assertThat(read).hasSize(numbers.size());
            for (int i = 0; i < read.length; i++) {
                assertThat(read[i]).as("%s, seed %d", numbers.get(i), SEED).isEqualTo((float)
                        Double.parseDouble(numbers.get(i)));
            }
        }
    }

    private static String number(Random random) {
        return switch (random.nextInt(7)) {
            case 0 -> Integer.toString(random.nextInt(1000) - 500);
            case 1 -> PythonText.of((float) random.nextGaussian());
            case 2 -> Double.toString(random.nextGaussian() * 1e-9);
            case 3 -> Double.toString(Double.longBitsToDouble(random.nextLong() & 0x3fffffffffffffffL));
            // Exactly between two floats, and a little off: where rounding is decided by the last digit.
            case 4 -> new java.math.BigDecimal((double) random.nextFloat() + Math.ulp(0.5f) / 2).toPlainString();
            case 5 ->
                new java.math.BigDecimal((double) Math.nextUp(1f))
                                .add(new java.math.BigDecimal(1))
                                .toPlainString()
                        + random.nextInt(10);
            default -> Float.toString(random.nextFloat() * 1e-3f);
        };
    }

    @Test
    void vector_everyFloat_isReadBackBitForBit() {
        Random random = new Random(SEED);
        float[] vector = new float[20_000];
        for (int i = 0; i < vector.length; i++) {
            float any = Float.intBitsToFloat(random.nextInt());
            vector[i] = i % 2 == 0 && Float.isFinite(any) ? any : (float) random.nextGaussian() / 22;
        }
        JsonOut out = Dump.write(new JsonOut(), new Images.Entry("http://a.de/", Optional.empty(), vector));
        Images.Item item = EntryText.read(out.bytes(), 0, out.size()).orElseThrow();
        assertThat(((Images.Content.Vector) item.content()).vector())
                .as("seed %d", SEED)
                .isEqualTo(vector);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{\"url\":\"http://a.de/\",\"embedding\":[01]}",
                "{\"url\":\"http://a.de/\",\"embedding\":[1.]}",
                "{\"url\":\"http://a.de/\",\"embedding\":[.5]}",
                "{\"url\":\"http://a.de/\",\"embedding\":[1e]}",
                "{\"url\":\"http://a.de/\",\"embedding\":[\"1\"]}",
                "{\"url\":\"http://a.de/\",\"embedding\":[]}",
                "{\"url\":\"http://a.de/\",\"embedding\":[1,]}",
                "{\"url\":\"http://a.de/\",\"embedding\":[1]}x",
                "{\"url\":\"nowhere\",\"embedding\":[1]}",
                "{\"url\":\"http://a.de/\"}",
                "{}",
                "{",
                "{\"url\":\"http://a.de/\",\"metadata\":{\"a\":},\"embedding\":[1]}",
                "{\"url\":\"\\u0061\",\"embedding\":[1]}"
            })
    void read_whatIsUnusual_isLeftToTheThoroughWay(String text) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        assertThat(EntryText.read(bytes, 0, bytes.length)).isEmpty();
    }

    @Test
    void next_bracketsInTexts_areNotTakenForEnds() throws EntryStream.Broken {
        String entry = "{\"a\":\"}]\\\"{[\",\"b\":[[{}]]}";
        byte[] bytes = ("[ " + entry + " ,\n" + entry + "]\n").getBytes(StandardCharsets.UTF_8);
        EntryStream.Batch batch =
                new EntryStream(new ByteArrayInputStream(bytes)).next().orElseThrow();
        assertThat(batch.ends()).containsExactly(entry.length(), 2 * entry.length());
        assertThat(new String(batch.bytes(), 0, 2 * entry.length(), StandardCharsets.UTF_8))
                .isEqualTo(entry + entry);
        assertThat(batch.offset()).isEqualTo(2);
    }
}
