package dev.kith.shell.language;

/** A line that is not in the language: says where it stops being so and what could have stood there. */
public final class SyntaxException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final int position;
    private final String complaint;

    SyntaxException(int position, String complaint) {
        super("column %d: %s".formatted(position + 1, complaint), null, false, false);
        this.position = position;
        this.complaint = complaint;
    }

    /** Characters of the line before the fault. */
    public int position() {
        return position;
    }

    /** What was expected and what was found, without the position. */
    public String complaint() {
        return complaint;
    }
}
