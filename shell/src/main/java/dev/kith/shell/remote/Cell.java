package dev.kith.shell.remote;

import java.util.List;
import java.util.Map;

/** One value of a reply, in the kinds that a table or JSON can show. */
public sealed interface Cell {
    record Text(String text) implements Cell {}

    /**
     * A whole number.
     *
     * @param value all 64 bits, without a sign
     */
    record Count(long value) implements Cell {}

    record Real(float value) implements Cell {}

    record Switch(boolean value) implements Cell {}

    /**
     * A vector.
     *
     * @param components owned by the cell
     */
    record Vector(float[] components) implements Cell {}

    /**
     * An image or a sound.
     *
     * @param kind {@code image} or {@code audio}
     * @param bytes owned by the cell
     */
    record Bytes(String kind, byte[] bytes) implements Cell {}

    record Fields(Map<String, Cell> fields) implements Cell {}

    record Items(List<Cell> items) implements Cell {}

    /** A value that the server left out. */
    record Nothing() implements Cell {}
}
