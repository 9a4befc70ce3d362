package dev.kith.embed;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.SequencedMap;

/**
 * A model as its descriptor and its files say.
 *
 * @param name by which it is asked for, such as {@code all-minilm-l6-v2}
 * @param served names under which this server's doors ask for it besides its own, as the configuration says
 * @param inputs the kinds of inputs that it takes, the chief one first, and for each how large one may be: tokens of a
 *     text, pixels of an image's side, or seconds of sound. A model that takes two kinds puts both into one space
 * @param dimension components of its vectors
 * @param several whether one input gives any number of vectors (faces) instead of one
 * @param installed whether its files are here and complete, so that it can be used
 * @param bytes of its files
 * @param licence SPDX identifier, or what the licence says
 * @param source where it comes from
 */
public record ModelInfo(
        String name,
        List<String> served,
        SequencedMap<InputKind, Integer> inputs,
        int dimension,
        boolean several,
        boolean installed,
        long bytes,
        String licence,
        String source) {
    public ModelInfo {
        served = List.copyOf(served);
        inputs = Collections.unmodifiableSequencedMap(new LinkedHashMap<>(inputs));
    }

    /** The chief kind of its inputs. */
    public InputKind kind() {
        return inputs.firstEntry().getKey();
    }

    /** How large an input of the chief kind may be. */
    public int inputMax() {
        return inputs.firstEntry().getValue();
    }

    public boolean takes(InputKind kind) {
        return inputs.containsKey(kind);
    }
}
