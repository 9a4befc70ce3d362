package dev.kith.shell.language;

import java.util.List;

/** Which entries are meant. */
public sealed interface Condition {
    enum Operator {
        EQUALS,
        NOT_EQUALS,
        IN,
        NOT_IN
    }

    /**
     * Compares what an entry has under a key.
     *
     * @param values exactly one for the two equalities, at least one for the others
     */
    record Comparison(String key, Operator operator, List<Value> values) implements Condition {}

    record And(Condition left, Condition right) implements Condition {}

    record Or(Condition left, Condition right) implements Condition {}
}
