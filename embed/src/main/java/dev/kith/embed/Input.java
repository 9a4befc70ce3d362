package dev.kith.embed;

/** What a model turns into vectors. */
public sealed interface Input {

    record Text(String text) implements Input {}

    /** @param bytes a JPEG, PNG, WebP, GIF or BMP file as it was received; owned */
    record Image(byte[] bytes) implements Input {}

    /** @param bytes a sound file as it was received; owned */
    record Audio(byte[] bytes) implements Input {}
}
