package dev.kith.embed.pipeline;

import dev.kith.embed.Embedding;
import dev.kith.embed.Input;
import dev.kith.embed.Preparation;
import dev.kith.embed.Unembeddable;
import java.util.List;

/**
 * What one tower of a model does with inputs of its kind. Safe on any thread.
 *
 * @param <P> an input that is ready for the networks
 */
public interface Pipeline<P> extends AutoCloseable {
    /** Most bytes that one prepared input takes; room for them is taken before {@link #prepare}. */
    long preparedBytesMax();

    /**
     * Makes an input ready, on the caller's thread.
     *
     * @throws Unembeddable where it cannot be taken; with index 0, which the caller replaces
     */
    P prepare(Input input, Preparation preparation);

    /** How long a prepared input is, in the unit of its tensors; inputs that share a batch have about one length. */
    default int length(P prepared) {
        return 1;
    }

    /**
     * Bytes that the networks may need for a moment to compute a batch: what lies between their layers, besides their
     * weights. More rather than less.
     *
     * @param length of the longest, as {@link #length} gives it
     */
    long computingBytes(int count, int length);

    /**
     * Embeds prepared inputs, on an inference thread.
     *
     * @param batch one or more, at most as many as the descriptor allows
     * @return for each, in order, its vectors, each of the model's dimension
     */
    List<List<Embedding>> run(List<P> batch, Networks networks);

    /** Lets go of native memory; nothing is prepared any more. */
    @Override
    default void close() {}
}
