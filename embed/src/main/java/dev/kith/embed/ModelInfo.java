package dev.kith.embed;

import java.util.List;

/**
 * A model as its descriptor and its files say.
 *
 * @param name by which it is asked for, such as {@code all-minilm-l6-v2}
 * @param aliases other names of the same model
 * @param kind of its inputs
 * @param dimension components of its vectors
 * @param inputMax tokens of a text, pixels of an image's side, or seconds of sound
 * @param several whether one input gives any number of vectors (faces) instead of one
 * @param installed whether its files are here and complete, so that it can be used
 * @param bytes of its files
 * @param licence SPDX identifier, or what the licence says
 * @param source where it comes from
 */
public record ModelInfo(
        String name,
        List<String> aliases,
        InputKind kind,
        int dimension,
        int inputMax,
        boolean several,
        boolean installed,
        long bytes,
        String licence,
        String source) {
    public ModelInfo {
        aliases = List.copyOf(aliases);
    }
}
