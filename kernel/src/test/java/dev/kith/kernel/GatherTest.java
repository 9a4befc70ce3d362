package dev.kith.kernel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.kith.testkit.Seeded;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Rows that lie in several chunks score as they do in a scan, bit for bit, and no other memory is ever read. */
class GatherTest {
    private static final int ROWS_PER_CHUNK = 8;

    private static RowTable table(Arena arena, float[][] rows) {
        int length = rows[0].length;
        List<MemorySegment> chunks = new ArrayList<>();
        for (int from = 0; from < rows.length; from += ROWS_PER_CHUNK) {
            MemorySegment chunk = arena.allocate((long) ROWS_PER_CHUNK * length * Float.BYTES, 64);
            for (int i = 0; i < Math.min(ROWS_PER_CHUNK, rows.length - from); i++) {
                long at = (long) i * length * Float.BYTES;
                MemorySegment.copy(rows[from + i], 0, chunk, ValueLayout.JAVA_FLOAT, at, length);
            }
            chunks.add(chunk);
        }
        return new RowTable(chunks, ROWS_PER_CHUNK, length);
    }

    @ParameterizedTest
    @CsvSource({"16, 1", "16, 3", "32, 4", "128, 31", "256, 40", "272, 5", "768, 33"})
    void gather_ofAnyRows_scoresAsAScanDoes(int length, int asked) {
        Seeded seeded = new Seeded(length + asked);
        float[][] rows = seeded.normalRows(37, length);
        float[] query = seeded.normalRow(length);
        int[] wanted = seeded.random().ints(asked, 0, rows.length).toArray();
        try (Arena arena = Arena.ofConfined()) {
            RowTable table = table(arena, rows);
            for (Kernels kernels : List.of(Kernels.scalar(), Kernels.active())) {
                float[] l2 = new float[asked];
                float[] dot = new float[asked];
                kernels.l2Gather(query, table, wanted, asked, l2);
                kernels.dotGather(query, table, wanted, asked, dot);
                for (int i = 0; i < asked; i++) {
                    MemorySegment row = arena.allocate((long) length * Float.BYTES, 64);
                    MemorySegment.copy(rows[wanted[i]], 0, row, ValueLayout.JAVA_FLOAT, 0, length);
                    float[] one = new float[1];
                    kernels.l2(query, 0, row, 0, 1, length, one, 0);
                    assertThat(l2[i]).as("%s %s", kernels.name(), seeded).isEqualTo(one[0]);
                    kernels.dot(query, 0, row, 0, 1, length, one, 0);
                    assertThat(dot[i]).as("%s %s", kernels.name(), seeded).isEqualTo(one[0]);
                }
            }
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {-1, 16, 1_000_000, Integer.MIN_VALUE, Integer.MAX_VALUE})
    void gather_ofARowThatIsNotThere_isRefused(int row) {
        try (Arena arena = Arena.ofConfined()) {
            RowTable table = table(arena, new Seeded(1).normalRows(10, 16));
            assertThat(table.count()).isEqualTo(16);
            for (Kernels kernels : List.of(Kernels.scalar(), Kernels.active())) {
                for (int count : new int[] {1, 5}) {
                    int[] rows = new int[count];
                    rows[count - 1] = row;
                    assertThatThrownBy(() -> kernels.l2Gather(new float[16], table, rows, count, new float[count]))
                            .isInstanceOf(IndexOutOfBoundsException.class);
                    assertThatThrownBy(() -> kernels.dotGather(new float[16], table, rows, count, new float[count]))
                            .isInstanceOf(IndexOutOfBoundsException.class);
                }
            }
            assertThatThrownBy(() -> table.copy(row, new float[16])).isInstanceOf(IndexOutOfBoundsException.class);
        }
    }

    @Test
    void gather_intoArraysThatAreTooShort_isRefused() {
        try (Arena arena = Arena.ofConfined()) {
            RowTable table = table(arena, new Seeded(2).normalRows(8, 16));
            Kernels kernels = Kernels.active();
            int[] rows = {1, 2};
            assertThatThrownBy(() -> kernels.l2Gather(new float[15], table, rows, 2, new float[2]))
                    .isInstanceOf(IndexOutOfBoundsException.class);
            assertThatThrownBy(() -> kernels.l2Gather(new float[16], table, rows, 3, new float[3]))
                    .isInstanceOf(IndexOutOfBoundsException.class);
            assertThatThrownBy(() -> kernels.dotGather(new float[16], table, rows, 2, new float[1]))
                    .isInstanceOf(IndexOutOfBoundsException.class);
        }
    }

    @Test
    void table_ofChunksThatAreTooSmall_isRefused() {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment small = arena.allocate(16 * Float.BYTES * (ROWS_PER_CHUNK - 1), 64);
            assertThatThrownBy(() -> new RowTable(List.of(small), ROWS_PER_CHUNK, 16))
                    .isInstanceOf(IndexOutOfBoundsException.class);
            assertThatThrownBy(() -> new RowTable(List.of(), 7, 16)).isInstanceOf(IllegalArgumentException.class);
            assertThatThrownBy(() -> new RowTable(List.of(), 8, 15)).isInstanceOf(IllegalArgumentException.class);
        }
    }
}
