package dev.kith.engine.transform;

import dev.kith.kernel.Kernels;
import dev.kith.vectors.Rejection;
import dev.kith.vectors.Value;
import dev.kith.vectors.VectorBlock;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.UnaryOperator;

/**
 * The chain of transforms that a specification asks for. What was learned lives in the collection's attributes, so
 * that it is as durable as the collection; this class keeps none of it. Immutable, safe on any thread.
 */
public final class Transforms {
    /** Bytes that one collection's learned matrices may have: two square ones of the greatest width. */
    public static final int LEARNED_BYTES_MAX =
            2 * Float.BYTES * Step.LEARNED_DIMENSION_MAX * Step.LEARNED_DIMENSION_MAX;
    /** The attribute that holds what was learned: one object a step. */
    private static final String ATTRIBUTE = "transform";

    private final List<Step> steps;
    private final int dimension;

    private Transforms(List<Step> steps, int dimension) {
        this.steps = List.copyOf(steps);
        this.dimension = dimension;
    }

    /**
     * The chain of this text ({@link dev.kith.vectors.IndexSpec#transform()}) over vectors of this dimension; refuses
     * unknown words with their position, widths that cannot be, and more to learn than {@link #LEARNED_BYTES_MAX}.
     */
    public static Transforms of(String text, int dimension) {
        List<Step> steps = Chain.parse(text, dimension);
        long bytes = 0;
        for (Step step : steps) {
            bytes += learns(step) ? (long) Float.BYTES * step.input() * step.output() : 0;
        }
        if (bytes > LEARNED_BYTES_MAX) {
            throw Rejection.invalid("The transforms %s would learn %d bytes; at most %d are allowed"
                    .formatted(text, bytes, LEARNED_BYTES_MAX));
        }
        return new Transforms(steps, dimension);
    }

    public List<Step> steps() {
        return steps;
    }

    public boolean isEmpty() {
        return steps.isEmpty();
    }

    /** Whether the attributes hold all that {@link #apply} needs. */
    public boolean learnedIn(Value.Fields attributes) {
        return read(attributes).isPresent();
    }

    /**
     * Learns every step from the samples as the steps before it leave them; refuses non-finite samples.
     *
     * @return writes what was learned into a collection's attributes, in place of what was there
     */
    public UnaryOperator<Value.Fields> learn(VectorBlock.Floats samples) {
        requireInput(samples);
        List<Value> items = new ArrayList<>();
        VectorBlock.Floats now = samples;
        for (Step step : steps) {
            Optional<LinearMap> map = switch (step) {
                case Step.Norm _ -> Optional.empty();
                case Step.Pca pca -> Optional.of(Principal.of(now).strongest(pca.output()));
                case Step.Opq opq -> Optional.of(Principal.of(now).balanced(opq.output(), opq.parts()));
            };
            Value.Fields fields = Value.Fields.EMPTY.with("step", new Value.Text(step.text()));
            items.add(map.map(learned -> learned.writtenInto(fields)).orElse(fields));
            now = map.isPresent() ? map.get().apply(now) : normalised(now);
        }
        Value learned = new Value.Items(items);
        return attributes -> attributes.with(ATTRIBUTE, learned);
    }

    /** Sends vectors through the chain; the attributes must be {@linkplain #learnedIn learned}. */
    public VectorBlock.Floats apply(VectorBlock.Floats vectors, Value.Fields attributes) {
        requireInput(vectors);
        List<Optional<LinearMap>> maps =
                read(attributes).orElseThrow(() -> new IllegalStateException("Transforms are not learned"));
        VectorBlock.Floats now = vectors;
        for (Optional<LinearMap> map : maps) {
            now = map.isPresent() ? map.get().apply(now) : normalised(now);
        }
        return now;
    }

    private void requireInput(VectorBlock.Floats vectors) {
        if (vectors.dimension() != dimension) {
            throw Rejection.invalid(
                    "Vector dimension mismatch. Expected %d, got %d".formatted(dimension, vectors.dimension()));
        }
        if (!Kernels.active().allFinite(vectors.values(), 0, vectors.values().length)) {
            throw Rejection.invalid("Vectors contain NaN or infinity");
        }
    }

    /** What the attributes hold, one a step and empty where it learns nothing; empty unless it is whole. */
    private Optional<List<Optional<LinearMap>>> read(Value.Fields attributes) {
        List<Value> items =
                attributes.values().get(ATTRIBUTE) instanceof Value.Items(List<Value> values) ? values : List.of();
        List<Optional<LinearMap>> maps = new ArrayList<>();
        for (int i = 0; i < steps.size(); i++) {
            Step step = steps.get(i);
            if (!learns(step)) {
                maps.add(Optional.empty());
                continue;
            }
            Optional<LinearMap> map = i < items.size() ? read(step, items.get(i)) : Optional.empty();
            if (map.isEmpty()) {
                return Optional.empty();
            }
            maps.add(map);
        }
        return Optional.of(maps);
    }

    private static Optional<LinearMap> read(Step step, Value item) {
        if (!(item instanceof Value.Fields fields)
                || !new Value.Text(step.text()).equals(fields.values().get("step"))) {
            return Optional.empty();
        }
        return LinearMap.read(fields, step.input(), step.output());
    }

    private static boolean learns(Step step) {
        return !(step instanceof Step.Norm);
    }

    private static VectorBlock.Floats normalised(VectorBlock.Floats block) {
        int dimension = block.dimension();
        float[] values = block.values().clone();
        for (int row = 0; row < block.count(); row++) {
            double sum = 0;
            for (int i = row * dimension; i < (row + 1) * dimension; i++) {
                sum += (double) values[i] * values[i];
            }
            double norm = Math.sqrt(sum);
            for (int i = row * dimension; norm > 0 && i < (row + 1) * dimension; i++) {
                values[i] = (float) (values[i] / norm);
            }
        }
        return new VectorBlock.Floats(values, block.count(), dimension);
    }
}
