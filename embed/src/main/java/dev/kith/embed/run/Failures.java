package dev.kith.embed.run;

import dev.kith.embed.Unembeddable;
import dev.kith.vectors.Rejection;

/** Failures that happened on one thread and are told on another. */
final class Failures {
    private Failures() {}

    /** Refusals as they are, since they carry no stack; anything else with the thread of the caller in its trace. */
    static RuntimeException rethrown(Throwable fault) {
        return switch (fault) {
            case Rejection refused -> refused;
            case Unembeddable refused -> refused;
            default -> new IllegalStateException("an inference failed", fault);
        };
    }
}
