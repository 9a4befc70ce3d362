package dev.kith.kernel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.kith.testkit.Seeded;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Every kernel against its scalar twin, bit for bit, and against double maths within the error of summation. */
class KernelsTest {
    private static final int[] COUNTS = {0, 1, 2, 3, 7, 8, 33};
    private static final int[] QUERY_COUNTS = {1, 2, 3, 4, 5, 8, 9};
    private static final Kernels SIMD = Kernels.active();
    private static final Kernels SCALAR = Kernels.scalar();

    @Test
    void active_onThisJvm_isWhatTheBuildExpects() {
        assertThat(Kernels.active().name()).startsWith(System.getProperty("kernel.expected", "simd"));
        assertThat(Kernels.scalar().name()).isEqualTo("scalar");
    }

    @ParameterizedTest
    @ValueSource(ints = {16, 32, 48, 128, 208, 784, 1024, 4096, 10000})
    void oneToMany_anyLengthAndCount_equalsTwinAndOracle(int length) {
        Seeded seeded = new Seeded(length);
        for (int count : COUNTS) {
            FloatCase c = new FloatCase(seeded.normalRows(3, length), seeded.normalRows(count, length));
            check(c, seeded.toString());
        }
    }

    @Test
    void oneToMany_extremeElements_equalsTwinAndOracle() {
        int length = 48;
        Seeded seeded = new Seeded(7);
        float[] extremes = {0f, -0f, Float.MIN_VALUE, -Float.MIN_VALUE, Float.MIN_NORMAL, 1e-30f, 1e15f, -1e15f, 1f};
        float[][] rows = seeded.normalRows(33, length);
        for (float[] row : rows) {
            for (int i = 0; i < length; i++) {
                row[i] = extremes[seeded.random().nextInt(extremes.length)];
            }
        }
        check(new FloatCase(Arrays.copyOf(rows, 3), rows), seeded.toString());
    }

    @Test
    void oneToMany_sumBeyondFloat_equalsTwin() {
        float[][] huge = new float[2][16];
        Arrays.fill(huge[0], Float.MAX_VALUE);
        Arrays.fill(huge[1], -Float.MAX_VALUE);
        FloatCase c = new FloatCase(huge, huge);
        assertThat(bits(c.l2(SIMD))).isEqualTo(bits(c.l2(SCALAR)));
        assertThat(c.l2(SIMD)).containsExactly(0f, Float.NEGATIVE_INFINITY, Float.NEGATIVE_INFINITY, 0f);
        assertThat(c.dot(SIMD))
                .containsExactly(
                        Float.POSITIVE_INFINITY,
                        Float.NEGATIVE_INFINITY,
                        Float.NEGATIVE_INFINITY,
                        Float.POSITIVE_INFINITY);
    }

    @Test
    void l2_rowWithItself_isPositiveZero() {
        for (int length : new int[] {16, 128, 784}) {
            float[][] rows = new Seeded(3).normalRows(5, length);
            FloatCase c = new FloatCase(rows, rows);
            for (Kernels kernels : new Kernels[] {SIMD, SCALAR}) {
                float[] scores = c.l2(kernels);
                for (int i = 0; i < rows.length; i++) {
                    assertThat(Float.floatToRawIntBits(scores[i * rows.length + i]))
                            .isZero();
                }
            }
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {16, 32, 48, 128, 208, 784, 1024, 4096})
    void tile_anyShape_equalsOneToManyBitForBit(int length) {
        Seeded seeded = new Seeded(length + 1);
        float[][] queries = seeded.normalRows(9, length);
        float[][] rows = seeded.normalRows(33, length);
        for (int queryCount : QUERY_COUNTS) {
            for (int count : COUNTS) {
                FloatCase c = new FloatCase(Arrays.copyOf(queries, queryCount), Arrays.copyOf(rows, count));
                String shape = queryCount + " queries x " + count + " rows, " + seeded;
                assertThat(bits(c.l2Tile(SIMD))).as(shape).isEqualTo(bits(c.l2(SIMD)));
                assertThat(bits(c.dotTile(SIMD))).as(shape).isEqualTo(bits(c.dot(SIMD)));
                assertThat(bits(c.l2Tile(SCALAR))).as(shape).isEqualTo(bits(c.l2(SIMD)));
                assertThat(bits(c.dotTile(SCALAR))).as(shape).isEqualTo(bits(c.dot(SIMD)));
            }
        }
    }

    @Test
    void oneToMany_manyRowsInOneCall_equalsRowByRow() {
        int length = 784;
        Seeded seeded = new Seeded(11);
        FloatCase all = new FloatCase(seeded.normalRows(1, length), seeded.normalRows(515, length));
        float[] l2 = all.l2(SIMD);
        float[] dot = all.dot(SIMD);
        for (int i = 0; i < all.rows.length; i++) {
            FloatCase one = new FloatCase(all.queries, new float[][] {all.rows[i]});
            assertThat(bits(one.l2(SIMD))).as("row %d", i).containsExactly(Float.floatToRawIntBits(l2[i]));
            assertThat(bits(one.dot(SIMD))).as("row %d", i).containsExactly(Float.floatToRawIntBits(dot[i]));
        }
    }

    @Test
    void oneToMany_interpretedThenCompiled_givesTheSameBitsForEver() {
        Seeded seeded = new Seeded(13);
        FloatCase c = new FloatCase(seeded.normalRows(2, 208), seeded.normalRows(33, 208));
        int[] first = bits(c.l2(SIMD));
        int[] firstTile = bits(c.dotTile(SIMD));
        for (int run = 0; run < 3_000; run++) {
            assertThat(Arrays.equals(bits(c.l2(SIMD)), first)).as("run %d", run).isTrue();
            assertThat(Arrays.equals(bits(c.dotTile(SIMD)), firstTile))
                    .as("run %d", run)
                    .isTrue();
        }
    }

    @Test
    void squaredNorm_anyRow_equalsDotWithItself() {
        for (int length : new int[] {16, 48, 128, 784}) {
            Seeded seeded = new Seeded(length);
            float[] row = seeded.normalRow(length);
            FloatCase c = new FloatCase(new float[][] {row}, new float[][] {row});
            try (Arena arena = Arena.ofConfined()) {
                MemorySegment rows = c.place(arena);
                for (Kernels kernels : new Kernels[] {SIMD, SCALAR}) {
                    float expected = c.dot(kernels)[0];
                    assertThat(kernels.squaredNorm(row, 0, length)).isEqualTo(expected);
                    assertThat(kernels.squaredNorm(rows, FloatCase.MARGIN, length))
                            .isEqualTo(expected);
                }
            }
        }
    }

    @Test
    void hamming_anyWordsAndCount_equalsTwinAndPlainCount() {
        for (int words : new int[] {1, 2, 3, 4, 7, 8, 12, 64, 157}) {
            Seeded seeded = new Seeded(words);
            for (int count : COUNTS) {
                long[][] rows = seeded.bitRows(count, words * Long.SIZE);
                long[] query = new long[words + 3];
                System.arraycopy(seeded.bitRows(1, words * Long.SIZE)[0], 0, query, 3, words);
                float[] expected = new float[count];
                try (Arena arena = Arena.ofConfined()) {
                    MemorySegment memory = arena.allocate(8L * words * count + 8, 8);
                    for (int i = 0; i < count; i++) {
                        int differing = 0;
                        for (int w = 0; w < words; w++) {
                            memory.set(ValueLayout.JAVA_LONG, 8 + 8L * (i * words + w), rows[i][w]);
                            differing += Long.bitCount(rows[i][w] ^ query[3 + w]);
                        }
                        expected[i] = 0f - differing;
                    }
                    for (Kernels kernels : new Kernels[] {SIMD, SCALAR}) {
                        float[] out = new float[count + 2];
                        kernels.hamming(query, 3, memory, 8, count, words, out, 2);
                        assertThat(Arrays.copyOfRange(out, 2, count + 2)).isEqualTo(expected);
                        assertThat(out[0] + out[1]).isZero();
                    }
                }
            }
        }
    }

    @Test
    void allFinite_oneBadElementAnywhere_isFalse() {
        for (Kernels kernels : new Kernels[] {SIMD, SCALAR}) {
            for (int length : new int[] {0, 1, 7, 8, 9, 33, 128, 131}) {
                float[] values = new Seeded(length).normalRow(length + 5);
                values[0] = Float.NaN;
                values[length + 4] = Float.NaN;
                assertThat(kernels.allFinite(values, 1, 1 + length)).isTrue();
                for (int i = 1; i <= length; i++) {
                    float kept = values[i];
                    for (float bad : new float[] {Float.NaN, Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY}) {
                        values[i] = bad;
                        assertThat(kernels.allFinite(values, 1, 1 + length)).isFalse();
                    }
                    values[i] = Float.MAX_VALUE;
                    assertThat(kernels.allFinite(values, 1, 1 + length)).isTrue();
                    values[i] = kept;
                }
            }
        }
    }

    @Test
    void above_anyCountAndThreshold_findsWhatAPlainLoopFinds() {
        for (int count : new int[] {0, 1, 7, 8, 31, 32, 33, 100, 257}) {
            Seeded seeded = new Seeded(count);
            float[] scores = seeded.normalRow(count + 3);
            for (int i = 0; i < count; i += 5) {
                scores[3 + i] = i % 2 == 0 ? Float.NaN : 0.5f;
            }
            for (float threshold :
                    new float[] {Float.NEGATIVE_INFINITY, 0.5f, Math.nextDown(0.5f), 2.5f, Float.POSITIVE_INFINITY}) {
                int[] expected = new int[count];
                int found = 0;
                for (int i = 0; i < count; i++) {
                    if (scores[3 + i] > threshold) {
                        expected[found++] = i;
                    }
                }
                for (Kernels kernels : new Kernels[] {SIMD, SCALAR}) {
                    int[] positions = new int[count];
                    assertThat(kernels.above(scores, 3, count, threshold, positions))
                            .isEqualTo(found);
                    assertThat(Arrays.copyOf(positions, found))
                            .as("%s, threshold %s", seeded, threshold)
                            .isEqualTo(Arrays.copyOf(expected, found));
                }
            }
        }
    }

    @Test
    void anyKernel_rangeOutsideItsMemory_isRefused() {
        float[] q = new float[32];
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment rows = arena.allocate(10 * 64, 64);
            for (Kernels kernels : new Kernels[] {SIMD, SCALAR}) {
                assertOutside(() -> kernels.l2(q, 0, rows, 0, 11, 16, new float[11], 0));
                assertOutside(() -> kernels.l2(q, 0, rows, 64, 10, 16, new float[10], 0));
                assertOutside(() -> kernels.l2(q, 0, rows, -64, 1, 16, new float[10], 0));
                assertOutside(() -> kernels.l2(q, 0, rows, 0, -1, 16, new float[10], 0));
                assertOutside(() -> kernels.dot(q, 17, rows, 0, 1, 16, new float[1], 0));
                assertOutside(() -> kernels.dot(q, 0, rows, 0, 2, 16, new float[2], 1));
                assertOutside(() -> kernels.l2Tile(q, 3, rows, 0, 1, 16, new float[3]));
                assertOutside(() -> kernels.dotTile(q, 2, rows, 0, 2, 16, new float[3]));
                assertOutside(() -> kernels.dotTile(q, -1, rows, 0, 2, 16, new float[3]));
                assertOutside(() -> kernels.hamming(new long[2], 0, rows, 0, 41, 2, new float[41], 0));
                assertOutside(() -> kernels.squaredNorm(rows, 10 * 64 - 32, 16));
                assertOutside(() -> kernels.above(q, 30, 3, 0, new int[3]));
                assertOutside(() -> kernels.above(q, 0, 3, 0, new int[2]));
                assertOutside(() -> kernels.allFinite(q, 0, 33));
                assertThatThrownBy(() -> kernels.l2(q, 0, rows, 0, 1, 8, new float[1], 0))
                        .isInstanceOf(IllegalArgumentException.class);
                assertThatThrownBy(() -> kernels.l2(q, 0, MemorySegment.ofArray(q), 0, 1, 16, new float[1], 0))
                        .isInstanceOf(IllegalArgumentException.class);
            }
        }
    }

    @Test
    void paddedLength_anyDimension_isTheNextMultipleOf16() {
        assertThat(Kernels.paddedLength(1)).isEqualTo(16);
        assertThat(Kernels.paddedLength(16)).isEqualTo(16);
        assertThat(Kernels.paddedLength(17)).isEqualTo(32);
        assertThat(Kernels.paddedLength(768)).isEqualTo(768);
    }

    private static void assertOutside(org.assertj.core.api.ThrowableAssert.ThrowingCallable call) {
        assertThatThrownBy(call).isInstanceOf(IndexOutOfBoundsException.class);
    }

    private static void check(FloatCase c, String seed) {
        assertThat(bits(c.l2(SIMD))).as(seed).isEqualTo(bits(c.l2(SCALAR)));
        assertThat(bits(c.dot(SIMD))).as(seed).isEqualTo(bits(c.dot(SCALAR)));
        assertThat(bits(c.l2Tile(SIMD))).as(seed).isEqualTo(bits(c.l2(SIMD)));
        assertThat(bits(c.dotTile(SIMD))).as(seed).isEqualTo(bits(c.dot(SIMD)));
        c.assertNear(c.l2(SIMD), c.dot(SIMD), seed);
    }

    private static int[] bits(float[] scores) {
        int[] bits = new int[scores.length];
        Arrays.setAll(bits, i -> Float.floatToRawIntBits(scores[i]));
        return bits;
    }
}
