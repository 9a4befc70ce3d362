package dev.kith.embed;

import dev.kith.vectors.Rejection;
import java.util.List;
import java.util.Optional;

/** Models, and what they make of inputs. Safe on any thread. */
public interface Embedder extends AutoCloseable {
    /** That of a server without models. */
    Embedder NONE = new NoModels();

    /** All models with a descriptor, installed or not, by name. */
    List<ModelInfo> models();

    /** The model of this name or alias, in any case of letters. */
    Optional<ModelInfo> find(String name);

    /**
     * Embeds inputs with one model; blocks until all are done. Inputs of several callers may share a batch.
     *
     * @return for each input, in order, its vectors: one, or any number where the model gives several
     * @throws Unembeddable where an input cannot be taken; nothing is returned for the others then
     * @throws Rejection NOT_FOUND: no such model; UNAVAILABLE: it is not installed or its files are damaged, and the
     *     message says what to run; EXHAUSTED: too much is waiting or there is no memory, and later it may succeed
     */
    List<List<Embedding>> embed(String model, List<Input> inputs, Preparation preparation);

    /** Lets go of models and threads; calls that wait are refused. */
    @Override
    void close();

    /** Knows no model. */
    final class NoModels implements Embedder {
        private NoModels() {}

        @Override
        public List<ModelInfo> models() {
            return List.of();
        }

        @Override
        public Optional<ModelInfo> find(String name) {
            return Optional.empty();
        }

        @Override
        public List<List<Embedding>> embed(String model, List<Input> inputs, Preparation preparation) {
            throw new Rejection(Rejection.Code.NOT_FOUND, "Model %s not found".formatted(model));
        }

        @Override
        public void close() {}
    }
}
