package dev.kith.service;

import dev.kith.vectors.CollectionSpec;
import dev.kith.vectors.Value;

/**
 * What a collection's attributes say about its training. Doors read it with {@link #of}; only {@link Command.Train}
 * and {@link Command.Transform} write it.
 *
 * @param trained whether a training was asked for, or the transform learned by itself
 * @param samples vectors of the last training; 0 where there was none
 */
public record TrainingNote(boolean trained, long samples) {
    private static final String TRAINED = "trained";
    private static final String TRAINED_WITH = "trained_with";

    /** The note in a specification; untrained where there is none. */
    public static TrainingNote of(CollectionSpec spec) {
        var attributes = spec.attributes().values();
        boolean trained = attributes.get(TRAINED) instanceof Value.Bool(boolean flag) && flag;
        long samples = attributes.get(TRAINED_WITH) instanceof Value.Int(long count) ? count : 0;
        return new TrainingNote(trained, samples);
    }

    CollectionSpec writtenInto(CollectionSpec spec) {
        return spec.withAttributes(
                spec.attributes().with(TRAINED, new Value.Bool(trained)).with(TRAINED_WITH, new Value.Int(samples)));
    }
}
