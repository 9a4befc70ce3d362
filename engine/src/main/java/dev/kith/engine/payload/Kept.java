package dev.kith.engine.payload;

import dev.kith.engine.segment.KeptBlock;
import dev.kith.vectors.FieldPath;
import java.nio.ByteBuffer;

/** A block with the field that it is of, for the files of a checkpoint. */
record Kept(FieldPath field, FieldBlock block) implements KeptBlock {
    @Override
    public int first() {
        return block.first();
    }

    @Override
    public int count() {
        return block.count();
    }

    @Override
    public int bytes() {
        return BlockCodec.bytes(block);
    }

    @Override
    public void write(ByteBuffer into) {
        BlockCodec.encode(block, into);
    }
}
