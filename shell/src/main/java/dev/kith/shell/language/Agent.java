package dev.kith.shell.language;

/** The two servers that speak the language, each with statements of its own; the name is that of the flag. */
public enum Agent {
    /** Stores of vectors. */
    DB,
    /** Stores of texts, images and sounds, in front of a DB. */
    AI
}
