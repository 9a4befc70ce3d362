package dev.kith.engine.payload;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.kith.testkit.Seeded;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.Objects;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;

class BlockCodecTest {
    /** Rows 64 to 191: the value 7 in three of them, a text in every other one, both under "the field is there". */
    private static FieldBlock block() {
        byte[] keys = {3, -128, 0, 0, 0, 0, 0, 0, 7, 5, 'a', 'b', 9};
        char[] rows = {0, 5, 127};
        long[][] bits = {{0x5555555555555555L, 0x5555555555555555L}, {0x5555555555555575L, 0xd555555555555555L}};
        FieldBlock.Postings postings = new FieldBlock.Postings(rows, new int[] {0, 3, 3, 3}, new int[] {1, 2}, bits);
        return new FieldBlock(64, 128, new FieldBlock.Keys(keys, new int[] {0, 9, 12, 13}), postings);
    }

    private static ByteBuffer encoded() {
        FieldBlock block = block();
        ByteBuffer bytes = ByteBuffer.allocate(BlockCodec.bytes(block)).order(ByteOrder.LITTLE_ENDIAN);
        BlockCodec.encode(block, bytes);
        assertThat(bytes.hasRemaining()).isFalse();
        return bytes.flip();
    }

    private static String golden() throws IOException {
        try (InputStream stream = BlockCodecTest.class.getResourceAsStream("block-v1.hex")) {
            return new String(Objects.requireNonNull(stream).readAllBytes(), StandardCharsets.US_ASCII).strip();
        }
    }

    @Test
    void encode_writesTheGoldenBytes() throws IOException {
        assertThat(HexFormat.of().formatHex(encoded().array())).isEqualTo(golden());
    }

    @Test
    void decode_ofTheGoldenBytes_isTheBlock() throws IOException {
        ByteBuffer bytes = ByteBuffer.wrap(HexFormat.of().parseHex(golden())).order(ByteOrder.LITTLE_ENDIAN);
        FieldBlock found = BlockCodec.decode(bytes, 64, 128).orElseThrow();
        assertThat(found.keys().bytes()).isEqualTo(block().keys().bytes());
        assertThat(found.keys().starts()).isEqualTo(block().keys().starts());
        assertThat(found.postings().rows()).isEqualTo(block().postings().rows());
        assertThat(found.postings().starts()).isEqualTo(block().postings().starts());
        assertThat(found.postings().dense()).isEqualTo(block().postings().dense());
        assertThat(found.postings().bits()).isDeepEqualTo(block().postings().bits());
    }

    /** What lists the rows of a block has a bit for each row between two multiples of the most that a block has. */
    @Test
    void block_acrossAMultipleOfItsMostRows_isNone() throws IOException {
        byte[] golden = HexFormat.of().parseHex(golden());
        int last = FieldBlock.ROWS_MAX - 128;
        assertThat(BlockCodec.decode(ByteBuffer.wrap(golden).order(ByteOrder.LITTLE_ENDIAN), last, 128))
                .isPresent();
        assertThat(BlockCodec.decode(ByteBuffer.wrap(golden).order(ByteOrder.LITTLE_ENDIAN), last + 64, 128))
                .isEmpty();
        FieldBlock block = block();
        assertThatThrownBy(() -> new FieldBlock(last + 64, 128, block.keys(), block.postings()))
                .isInstanceOf(IllegalStateException.class);
    }

    @Test
    void decode_ofOtherBytes_isNoBlockOrOneThatCanBeAsked() {
        Random random = new Seeded(1).random();
        byte[] good = encoded().array();
        for (int i = 0; i < 2000; i++) {
            byte[] bytes = good.clone();
            bytes[random.nextInt(i % 2 == 0 ? 48 : bytes.length)] = (byte) random.nextInt();
            ByteBuffer buffer = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
            buffer.limit(i % 5 == 0 ? random.nextInt(bytes.length) : bytes.length);
            Optional<FieldBlock> found = BlockCodec.decode(buffer, 64, 128);
            found.ifPresent(
                    block -> block.mark(new FieldBlock.Run(0, block.keys().count()), new long[3]));
        }
    }
}
