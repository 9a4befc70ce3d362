package dev.kith.shell.language;

/** What an entry is known by: its vector in a DB, its text, image or sound in an AI store. */
public sealed interface Key {
    /**
     * A vector.
     *
     * @param components owned by the key
     */
    record Vector(float[] components) implements Key {}

    record Input(Value value) implements Key {}
}
