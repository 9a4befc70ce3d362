package dev.kith.embed;

/** What kind of input a model takes. */
public enum InputKind {
    TEXT,
    IMAGE,
    AUDIO;

    /** The kind of this input. */
    public static InputKind of(Input input) {
        return switch (input) {
            case Input.Text _ -> TEXT;
            case Input.Image _ -> IMAGE;
            case Input.Audio _ -> AUDIO;
        };
    }
}
