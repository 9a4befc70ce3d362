package dev.kith.doors.faissx;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.kith.vectors.ElementType;
import dev.kith.vectors.Rejection;
import dev.kith.vectors.VectorBlock;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class VectorDecoderTest {
    private static VectorBlock decode(byte[] bytes, int dimension, ElementType element) {
        var expected = new VectorDecoder.Expectation(
                "vectors", "Vector dimension mismatch: expected %d, got %d", dimension, WireLimits.VECTORS_MAX);
        return new VectorDecoder(new MsgpackReader(bytes), expected, Allowance.SMALL).decode(element);
    }

    private static float[] floats(Object message, int dimension) {
        return ((VectorBlock.Floats) decode(DoorFixture.encode(message), dimension, ElementType.FLOAT32)).values();
    }

    private static byte[] raw(float... values) {
        ByteBuffer buffer = ByteBuffer.allocate(values.length * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
        buffer.asFloatBuffer().put(values);
        return buffer.array();
    }

    record Accepted(Object message, int dimension, float... expected) {}

    static Stream<Accepted> accepted() {
        return Stream.of(
                new Accepted(List.of(List.of(1.5, 2.5), List.of(3.5, -4.5)), 2, 1.5f, 2.5f, 3.5f, -4.5f),
                new Accepted(List.of(List.of(1, -2), List.of(3.5, 1 << 20)), 2, 1, -2, 3.5f, 1 << 20),
                new Accepted(List.of(1.5, 2), 2, 1.5f, 2),
                new Accepted(raw(1, 2, 3, 4), 2, 1, 2, 3, 4),
                new Accepted(List.of(), 3),
                new Accepted(new byte[0], 3),
                new Accepted(List.of(List.of(1, 2, 3)), 0, 1, 2, 3));
    }

    @ParameterizedTest
    @MethodSource("accepted")
    void vectors_inAnyForm_areRead(Accepted accepted) {
        assertThat(floats(accepted.message(), accepted.dimension())).isEqualTo(accepted.expected());
    }

    record Refused(Object message, int dimension, String text) {}

    static Stream<Refused> refused() {
        return Stream.of(
                new Refused(List.of(List.of(1, 2, 3)), 2, "expected 2, got 3"),
                new Refused(List.of(List.of(1, 2), List.of(1)), 2, "expected 2, got 1 (row 1)"),
                new Refused(List.of(List.of(1, 2), List.of()), 2, "expected 2, got 0 (row 1)"),
                new Refused(List.of(1, 2, 3), 2, "expected 2, got 3"),
                new Refused(List.of(List.of(1, 2), 3), 2, "vectors[1]: must be an array of numbers"),
                new Refused(List.of(List.of(1, "x")), 2, "vectors[0][1]: must be a number, not a string"),
                new Refused(List.of(List.of(1, List.of(1, 2, 3))), 2, "vectors[0][1]"),
                new Refused(List.of(List.of(0.5, true)), 2, "vectors[0][1]: must be a number, not a boolean"),
                new Refused(List.of(List.of(1, 2), List.of(1, Double.NaN)), 2, "row 1, column 1"),
                new Refused(List.of(List.of(Double.POSITIVE_INFINITY, 2)), 2, "row 0, column 0"),
                new Refused(List.of(List.of(1e39, 2)), 2, "row 0, column 0"),
                new Refused(raw(1, 2, 3, Float.NaN), 2, "row 1, column 1"),
                new Refused(raw(1, 2, 3), 2, "12 bytes are not float32 vectors of dimension 2"),
                new Refused(new byte[7], 1, "7 bytes"),
                new Refused("text", 2, "must be an array of vectors or float32 bytes, not a string"),
                new Refused(5, 2, "not an integer"),
                new Refused(java.util.Map.of(), 2, "not a map"),
                new Refused(java.util.Collections.nCopies(10_001, List.of(1)), 1, "10001 exceeds maximum (10000)"),
                new Refused(new byte[40_004], 1, "10001 exceeds maximum (10000)"));
    }

    @ParameterizedTest
    @MethodSource("refused")
    void vectors_thatAreWrong_areRefusedWithTheirPlace(Refused refused) {
        assertThatThrownBy(() -> floats(refused.message(), refused.dimension()))
                .isInstanceOf(Rejection.class)
                .hasMessageContaining(refused.text());
    }

    @Test
    void bits_areSetAboveOneHalf_leastSignificantFirst() {
        byte[] message = DoorFixture.encode(
                List.of(List.of(1, 0.5, 0.51, 0, 0, 0, 0, 0.9, 1), List.of(0, 0, 0, 0, 0, 0, 0, 0, -1)));
        VectorBlock block = decode(message, 9, ElementType.BIT);
        assertThat(((VectorBlock.Bits) block).values()).containsExactly(0b1000_0101, 1, 0, 0);
    }

    @Test
    void bits_fromRawFloats_areTheSame() {
        byte[] message = DoorFixture.encode(raw(1, 0, 0.6f, 0, 0, 0, 0, 1));
        assertThat(((VectorBlock.Bits) decode(message, 8, ElementType.BIT)).values())
                .containsExactly(0b1000_0101);
    }

    @Test
    void declaredCount_largerThanTheMessage_allocatesNothing() {
        byte[] bomb = {(byte) 0xDC, 0x27, 0x10, (byte) 0xDC, 0x27, 0x10};
        assertThatThrownBy(() -> decode(java.util.Arrays.copyOf(bomb, 20_000), 10_000, ElementType.FLOAT32))
                .isInstanceOf(Rejection.class);
    }

    @Test
    void decodingAnAdd_allocatesLittleMoreThanItsVectors() {
        int count = 1_000;
        int dimension = 128;
        Random random = new Random(3);
        float[][] rows = new float[count][dimension];
        for (float[] row : rows) {
            for (int i = 0; i < dimension; i++) {
                row[i] = random.nextFloat();
            }
        }
        byte[] body = DoorFixture.encode(DoorFixture.fields("action", "add_vectors", "index_id", "i", "vectors", rows));
        var threads = (com.sun.management.ThreadMXBean) ManagementFactory.getThreadMXBean();
        long allocated = 0;
        for (int round = 0; round < 20; round++) {
            long before = threads.getCurrentThreadAllocatedBytes();
            FieldReader fields = new FieldReader(TopLevel.readAll(body), Allowance.SMALL);
            fields.text("action");
            var expected = new VectorDecoder.Expectation("vectors", "%d %d", dimension, WireLimits.VECTORS_MAX);
            new VectorDecoder(fields.top().at("vectors"), expected, Allowance.SMALL).decode(ElementType.FLOAT32);
            allocated = threads.getCurrentThreadAllocatedBytes() - before;
        }
        assertThat(allocated).isLessThan((long) (1.2 * count * dimension * Float.BYTES));
    }
}
