package dev.kith.embed;

import java.util.SortedMap;

/**
 * One vector, and what the model says about it.
 *
 * @param vector {@code float[dimension]}; owned
 * @param notes texts by name, such as the box of a face; mostly empty
 */
public record Embedding(float[] vector, SortedMap<String, String> notes) {}
