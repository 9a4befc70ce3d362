package dev.kith.shell.language;

import java.util.Optional;

/** How an AI server turns an input into a vector; empty in statements to a DB. */
public record Processing(Action action, Optional<Provider> provider) {
    public enum Action {
        NOPREPROCESSING,
        MODELPREPROCESSING
    }

    /** What computes; the server's CPU where none is named. */
    public enum Provider {
        TENSORRT,
        CUDA,
        DIRECTML,
        COREML,
        MIGRAPHX
    }

    static final Processing NONE = new Processing(Action.NOPREPROCESSING, Optional.empty());
}
