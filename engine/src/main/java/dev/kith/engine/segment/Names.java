package dev.kith.engine.segment;

import java.util.OptionalLong;

/** Names of the files here: what a file is, and 16 hexadecimal digits of a number that no other file here has had. */
enum Names {
    CHECKPOINT("checkpoint-"),
    SEGMENT("segment-"),
    GRAPH("graph-"),
    FIELDS("fields-");

    private final String prefix;

    Names(String prefix) {
        this.prefix = prefix;
    }

    String of(long number) {
        return "%s%016x".formatted(prefix, number);
    }

    /** The number in a name; empty when it is not one of this kind. */
    OptionalLong number(String name) {
        if (!name.startsWith(prefix) || !name.substring(prefix.length()).matches("[0-7][0-9a-f]{15}")) {
            return OptionalLong.empty();
        }
        return OptionalLong.of(Long.parseLong(name, prefix.length(), name.length(), 16));
    }

    /** The number in a name of any kind. */
    static OptionalLong anyNumber(String name) {
        for (Names kind : values()) {
            OptionalLong number = kind.number(name);
            if (number.isPresent()) {
                return number;
            }
        }
        return OptionalLong.empty();
    }
}
