package dev.kith.doors.faissx;

/**
 * What one word of the wire does. It reads and checks every field before its first command that changes something,
 * and writes the reply's own fields; {@code success} and the like are the door's.
 */
@FunctionalInterface
interface Action {
    void answer(Exchange exchange);
}
