package dev.kith.shell.language;

/** What a key of an entry can hold; of an AI store also what an entry is found by. */
public sealed interface Value {
    record Text(String text) implements Value {}

    /**
     * An image.
     *
     * @param bytes owned by the value
     */
    record Image(byte[] bytes) implements Value {}

    /**
     * A sound.
     *
     * @param bytes owned by the value
     */
    record Audio(byte[] bytes) implements Value {}
}
