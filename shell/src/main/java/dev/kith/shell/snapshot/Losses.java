package dev.kith.shell.snapshot;

import java.io.PrintStream;

/** What could not be taken: the first of it in words, all of it counted. */
final class Losses {
    private static final int SHOWN_MAX = 20;

    private final PrintStream err;
    private long count;

    Losses(PrintStream err) {
        this.err = err;
    }

    void add(Visitor.StoreName store, String what) {
        count++;
        if (count <= SHOWN_MAX) {
            err.println("not taken: %s: %s".formatted(store, what));
        } else if (count == SHOWN_MAX + 1) {
            err.println("not taken: more, which are only counted");
        }
    }

    long count() {
        return count;
    }
}
