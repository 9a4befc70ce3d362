package dev.kith.shell.snapshot;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import java.io.IOException;
import java.util.Optional;

/**
 * Where the stores are in a file. The oldest files name no version; then what stands directly in the first object
 * tells: a store has numbers and lists of its own, a schema has only objects.
 */
enum Layout {
    /** Nothing at all, as the original makes a file before its first snapshot. */
    EMPTY("an empty file"),
    /** {@code db_version} 2: {@code stores} by schema and name. */
    TAGGED_NESTED("version 2"),
    /** {@code db_version} 1: {@code stores} by name. */
    TAGGED_FLAT("version 1"),
    /** Stores by schema and name. */
    NESTED("without a version, by schema"),
    /** Stores by name. */
    FLAT("without a version and schemas");

    static final String VERSION = "db_version";

    private final String words;

    Layout(String words) {
        this.words = words;
    }

    String words() {
        return words;
    }

    boolean isTagged() {
        return this == TAGGED_NESTED || this == TAGGED_FLAT;
    }

    boolean hasSchemas() {
        return this == TAGGED_NESTED || this == NESTED;
    }

    /** Reads the file through, so that a version is found wherever it stands. */
    static Layout of(JsonParser json) throws IOException {
        if (json.nextToken() == null) {
            return EMPTY;
        }
        SnapshotReader.expect(json, JsonToken.START_OBJECT, "an object with stores");
        Optional<Layout> untagged = Optional.empty();
        while (json.nextToken() == JsonToken.FIELD_NAME) {
            String name = json.currentName();
            JsonToken value = json.nextToken();
            if (name.equals(VERSION) && value.isScalarValue()) {
                return tagged(json);
            }
            if (untagged.isEmpty() && value == JsonToken.START_OBJECT) {
                untagged = untagged(json);
            } else {
                json.skipChildren();
            }
        }
        return untagged.orElse(EMPTY);
    }

    private static Layout tagged(JsonParser json) throws IOException {
        return switch (json.getText()) {
            case "2" -> TAGGED_NESTED;
            case "1" -> TAGGED_FLAT;
            default ->
                throw SnapshotException.at(
                        json.currentTokenLocation(),
                        "version %s is not known; versions 1 and 2 and files without one are"
                                .formatted(json.getText()));
        };
    }

    /** By the object that begins here, which is read to its end; an object with nothing in it does not tell. */
    private static Optional<Layout> untagged(JsonParser json) throws IOException {
        Optional<Layout> layout = Optional.empty();
        while (json.nextToken() == JsonToken.FIELD_NAME) {
            boolean isObject = json.nextToken() == JsonToken.START_OBJECT;
            json.skipChildren();
            if (!isObject) {
                layout = Optional.of(FLAT);
            } else if (layout.isEmpty()) {
                layout = Optional.of(NESTED);
            }
        }
        return layout;
    }
}
