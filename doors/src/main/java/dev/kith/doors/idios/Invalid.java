package dev.kith.doors.idios;

import java.util.List;

/** A request with problems, all of them together. */
final class Invalid extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final transient List<Problem> problems;

    Invalid(List<Problem> problems) {
        super("The request is not valid", null, false, false);
        this.problems = List.copyOf(problems);
    }

    List<Problem> problems() {
        return problems;
    }
}
