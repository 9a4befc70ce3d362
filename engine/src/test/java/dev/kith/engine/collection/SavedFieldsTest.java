package dev.kith.engine.collection;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kith.engine.segment.FileRef;
import dev.kith.engine.segment.KeptBlock;
import dev.kith.vectors.FieldPath;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class SavedFieldsTest {
    private static final int ROWS = 1 << 16;

    private final List<List<? extends KeptBlock>> written = new ArrayList<>();

    private record Block(int first, int count) implements KeptBlock {
        @Override
        public FieldPath field() {
            return FieldPath.of("f");
        }

        @Override
        public int bytes() {
            return count;
        }

        @Override
        public void write(ByteBuffer into) {
            into.position(into.position() + count);
        }
    }

    private FileRef write(List<? extends KeptBlock> blocks) {
        written.add(blocks);
        return new FileRef(
                written.size(), blocks.stream().mapToInt(KeptBlock::bytes).sum(), 0);
    }

    private static List<Block> whole(int count) {
        return IntStream.range(0, count)
                .mapToObj(i -> new Block(i * ROWS, ROWS))
                .toList();
    }

    @Test
    void with_ofMoreBlocks_writesTheNewOnesAlone() {
        SavedFields saved = SavedFields.NONE.with(whole(3), this::write).with(whole(5), this::write);
        assertThat(written.getLast()).hasSize(2);
        assertThat(saved.files()).extracting(FileRef::number).containsExactly(1L, 2L);
        assertThat(saved.with(whole(5), this::write)).isEqualTo(saved);
        assertThat(written).hasSize(2);
        assertThat(saved.with(List.of(), this::write).files()).isEmpty();
    }

    @Test
    void with_ofManyFilesOrMuchThatIsOver_writesAllAnew() {
        SavedFields saved = SavedFields.NONE;
        for (int i = 1; i <= 17; i++) {
            saved = saved.with(whole(i), this::write);
            assertThat(saved.files()).hasSize(i == 17 ? 1 : i);
        }
        List<Block> small =
                IntStream.range(0, 8).mapToObj(i -> new Block(i * 64, 64)).toList();
        List<Block> fewer = List.of(small.getFirst(), new Block(64, 128));
        saved = SavedFields.NONE.with(small, this::write).with(fewer, this::write);
        assertThat(written.getLast()).isEqualTo(fewer);
        assertThat(saved.files()).hasSize(1);
    }

    @Test
    void isWorthWriting_whereMuchIsInNoFile() {
        assertThat(SavedFields.NONE.isWorthWriting(List.of(new Block(0, ROWS / 4))))
                .isFalse();
        assertThat(SavedFields.NONE.isWorthWriting(whole(1))).isTrue();
        SavedFields saved = SavedFields.NONE.with(whole(8), this::write);
        assertThat(saved.isWorthWriting(whole(9))).isFalse();
        assertThat(saved.isWorthWriting(whole(11))).isTrue();
    }
}
