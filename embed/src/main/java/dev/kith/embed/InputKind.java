package dev.kith.embed;

/** What kind of input a model takes. */
public enum InputKind {
    TEXT,
    IMAGE,
    AUDIO
}
