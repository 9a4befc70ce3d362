package dev.kith.doors.faissx;

import dev.kith.doors.faissx.MsgpackReader.Kind;
import dev.kith.vectors.Rejection;
import java.util.Arrays;

/**
 * The top level of a message: which fields it has and where their values are. Made by one pass over the whole message
 * that checks every length, depth and text and decodes nothing, so that it is cheap before a caller is known. Belongs
 * to one thread.
 */
final class TopLevel {
    private static final int ABSENT = -1;
    private static final int INTS_PER_FIELD = 3;

    private final MsgpackReader reader;
    private final byte[] bytes;
    private final int fields;
    private final int end;
    /** Start and end of each field's name, and start of its value. */
    private final int[] places;

    private TopLevel(MsgpackReader reader, int fields, int[] places) {
        this.reader = reader;
        this.bytes = reader.bytes();
        this.fields = fields;
        this.places = places;
        this.end = reader.position();
    }

    /** Reads one map from the reader's position; what comes after it is left. */
    static TopLevel read(MsgpackReader reader) {
        int start = reader.position();
        if (reader.remaining() == 0 || reader.peek() != Kind.MAP) {
            throw MsgpackReader.malformed("the body is not a map", start);
        }
        int fields = reader.readMap();
        if (fields > WireLimits.FIELDS_MAX) {
            throw MsgpackReader.malformed("%d fields, at most %d".formatted(fields, WireLimits.FIELDS_MAX), start);
        }
        MsgpackSkipper skipper = new MsgpackSkipper(reader);
        int[] places = new int[fields * INTS_PER_FIELD];
        for (int field = 0; field < fields; field++) {
            int at = field * INTS_PER_FIELD;
            if (reader.peek() != Kind.TEXT) {
                throw MsgpackReader.malformed("a field's name is not text", reader.position());
            }
            int head = reader.position();
            skipper.skip(1);
            places[at + 1] = reader.position();
            places[at] = nameStart(reader.bytes(), head);
            for (int earlier = 0; earlier < at; earlier += INTS_PER_FIELD) {
                if (sameName(reader.bytes(), places, earlier, at)) {
                    throw MsgpackReader.malformed("a field is given twice", head);
                }
            }
            places[at + 2] = reader.position();
            skipper.skip(1);
        }
        return new TopLevel(reader, fields, places);
    }

    /** Reads a map that is the whole message. */
    static TopLevel readAll(byte[] body) {
        MsgpackReader reader = new MsgpackReader(body);
        TopLevel top = read(reader);
        if (reader.remaining() > 0) {
            throw MsgpackReader.malformed("%d bytes after the map".formatted(reader.remaining()), reader.position());
        }
        return top;
    }

    private static int nameStart(byte[] bytes, int head) {
        return switch (bytes[head] & 0xFF) {
            case 0xD9 -> head + 2;
            case 0xDA -> head + 3;
            case 0xDB -> head + 5;
            default -> head + 1;
        };
    }

    private static boolean sameName(byte[] bytes, int[] places, int one, int other) {
        return Arrays.equals(bytes, places[one], places[one + 1], bytes, places[other], places[other + 1]);
    }

    /** Whether the field is there and not nil: an absent value may be sent as nil. */
    boolean has(String field) {
        int at = find(field);
        return at != ABSENT && bytes[at] != (byte) 0xC0;
    }

    /** The reader, at the field's value. */
    MsgpackReader at(String field) {
        int at = find(field);
        if (at == ABSENT) {
            throw Rejection.invalid("Missing field: " + field);
        }
        reader.seek(at);
        return reader;
    }

    /** The byte after the map. */
    int end() {
        return end;
    }

    private int find(String field) {
        for (int i = 0; i < fields; i++) {
            int at = i * INTS_PER_FIELD;
            if (isNamed(places[at], places[at + 1], field)) {
                return places[at + 2];
            }
        }
        return ABSENT;
    }

    /** Compares with a name of ours, which are all ASCII. */
    private boolean isNamed(int start, int stop, String name) {
        if (stop - start != name.length()) {
            return false;
        }
        for (int i = 0; i < name.length(); i++) {
            if (bytes[start + i] != name.charAt(i)) {
                return false;
            }
        }
        return true;
    }
}
