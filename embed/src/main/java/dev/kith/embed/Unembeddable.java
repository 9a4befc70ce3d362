package dev.kith.embed;

import java.util.List;
import java.util.Optional;

/**
 * An input that a model cannot take, by the client's fault. It carries no stack trace; its message is safe to show, and
 * says nothing of what a decoder said.
 */
public final class Unembeddable extends RuntimeException {
    private static final long serialVersionUID = 1L;

    /** What is wrong with the input; each door maps every reason to its own answer. */
    public enum Reason {
        /** Text where the model takes images, and so on. */
        KIND,
        /** More tokens, or longer sound, than the model takes, and it was not to be cut. */
        TOO_LONG,
        /** An image with a side below the door's minimum. */
        TOO_SMALL,
        /** An image beyond the limits of bytes, pixels or time. */
        TOO_LARGE,
        /** An image that was not to be prepared and has not the model's size. */
        SIZE,
        /** The input was not to be prepared, which the model cannot do without. */
        UNPREPARED,
        /** Not a picture or sound of a known format, or a damaged one. */
        UNDECODABLE
    }

    /**
     * What an input has of something, and what the model takes of it: one number each of tokens ({@link
     * Reason#TOO_LONG}, text) or of milliseconds (sound), or a width and a height in pixels ({@link Reason#SIZE}).
     */
    public record Measure(List<Integer> given, List<Integer> taken) {
        public Measure {
            given = List.copyOf(given);
            taken = List.copyOf(taken);
        }
    }

    private final Reason reason;
    private final int index;
    private final transient Optional<Measure> measure;

    /** @param index of the input in its batch, from 0 */
    public Unembeddable(Reason reason, int index, String message) {
        this(reason, index, message, Optional.empty());
    }

    /**
     * The refusal of an input that was measured.
     *
     * @param index of the input in its batch, from 0
     * @param measure for the doors whose answers name the numbers
     */
    public Unembeddable(Reason reason, int index, String message, Optional<Measure> measure) {
        super(message, null, false, false);
        this.reason = reason;
        this.index = index;
        this.measure = measure;
    }

    public Reason reason() {
        return reason;
    }

    /** Which input of the batch, from 0. */
    public int index() {
        return index;
    }

    /** The same about another input of the batch. */
    public Unembeddable at(int other) {
        return new Unembeddable(reason, other, text(), measure);
    }

    /** What was measured, where the reason is one of size. */
    public Optional<Measure> measure() {
        return measure;
    }

    /** The message; never null. */
    public String text() {
        return String.valueOf(getMessage());
    }
}
