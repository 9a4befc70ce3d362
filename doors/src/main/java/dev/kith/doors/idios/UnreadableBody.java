package dev.kith.doors.idios;

/** A body whose text cannot be had: the wrong encoding, too deep, half characters. */
final class UnreadableBody extends RuntimeException {
    private static final long serialVersionUID = 1L;

    UnreadableBody() {
        super("There was an error parsing the body", null, false, false);
    }
}
