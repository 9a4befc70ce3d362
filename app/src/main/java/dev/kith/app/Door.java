package dev.kith.app;

import java.util.Arrays;
import java.util.EnumSet;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Collectors;

/** The doors that a server can have. */
public enum Door {
    FAISSX(true),
    AHNLICH_DB(true),
    AHNLICH_AI(true),
    /** Its port carries health and metrics too. */
    IDIOS(true),
    VECTORFLOW(false);

    static final Set<Door> BOTH_OF_AHNLICH = Set.of(AHNLICH_DB, AHNLICH_AI);
    private static final String AHNLICH = "ahnlich";

    private final boolean exists;

    Door(boolean exists) {
        this.exists = exists;
    }

    /** The name in settings and in the ready line. */
    public String label() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    /** Whether its clients bring texts or images instead of vectors. */
    boolean embeds() {
        return this == AHNLICH_AI || this == IDIOS || this == VECTORFLOW;
    }

    /** Whether this version has it. */
    boolean exists() {
        return exists;
    }

    static Set<Door> existing() {
        return Arrays.stream(values())
                .filter(Door::exists)
                .collect(Collectors.toCollection(() -> EnumSet.noneOf(Door.class)));
    }

    /** The doors of that label; {@value #AHNLICH} means both of that wire. */
    static Set<Door> ofLabel(String label) {
        return label.equals(AHNLICH)
                ? BOTH_OF_AHNLICH
                : Arrays.stream(values())
                        .filter(door -> door.label().equals(label))
                        .collect(Collectors.toUnmodifiableSet());
    }
}
