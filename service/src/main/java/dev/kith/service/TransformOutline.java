package dev.kith.service;

import dev.kith.engine.transform.Transforms;
import dev.kith.vectors.CollectionSpec;
import java.util.List;

/**
 * What a collection's pre-transform does to a vector, for doors that describe it.
 *
 * @param steps in their order; none where the collection has no transform
 * @param learned whether vectors can be transformed without a training before
 */
public record TransformOutline(List<Step> steps, boolean learned) {

    /**
     * One transform.
     *
     * @param text in FAISS's words
     * @param input components of a vector before it
     * @param output components after it
     */
    public record Step(String text, int input, int output) {}

    public TransformOutline {
        steps = List.copyOf(steps);
    }

    /** The outline of a specification; refuses one whose text or widths cannot be. */
    public static TransformOutline of(CollectionSpec spec) {
        Transforms transforms = Transforms.of(spec.index().transform(), spec.dimension());
        List<Step> steps = transforms.steps().stream()
                .map(step -> new Step(step.text(), step.input(), step.output()))
                .toList();
        return new TransformOutline(steps, transforms.learnedIn(spec.attributes()));
    }
}
