package dev.kith.vectors;

import java.util.Optional;

/**
 * A change of the one point that a filter accepts. It keeps its id, and its key where keys are bytes.
 *
 * @param filter which point
 * @param vector the new one, a block of one; empty: the old one stays
 * @param payload the new one; empty: the old one stays
 * @param merge lay the new payload over the old one, field by field of the top level, instead of replacing it
 */
public record Revision(Filter filter, Optional<VectorBlock> vector, Optional<Value.Fields> payload, boolean merge) {
    public Revision {
        vector.ifPresent(block -> {
            if (block.count() != 1) {
                throw Rejection.invalid("A point has one vector, not %d".formatted(block.count()));
            }
        });
    }
}
