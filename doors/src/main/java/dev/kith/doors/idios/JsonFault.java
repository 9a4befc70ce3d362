package dev.kith.doors.idios;

/** A text that is not JSON, in the words of Python's parser. */
final class JsonFault extends Exception {
    private static final long serialVersionUID = 1L;

    private final String text;
    private final int at;

    /** @param at where, in UTF-16 units from 0 */
    JsonFault(String text, int at) {
        super(text, null, false, false);
        this.text = text;
        this.at = at;
    }

    String text() {
        return text;
    }

    int at() {
        return at;
    }
}
