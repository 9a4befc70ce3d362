package dev.kith.shell.snapshot;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.google.protobuf.ByteString;
import dev.kith.wire.ahnlich.keyval.StoreValue;
import dev.kith.wire.ahnlich.metadata.MetadataValue;
import java.io.IOException;
import java.util.Arrays;
import java.util.Optional;

/** Reads one entry: a list of its vector and of an object with its values, which are texts with a prefix. */
final class EntryReader {
    private static final int FIRST_COMPONENTS = 128;
    private static final int PREFIX_CHARS = 4;

    private final JsonParser json;
    private final Visitor visitor;
    private float[] components = new float[FIRST_COMPONENTS];

    EntryReader(JsonParser json, Visitor visitor) {
        this.json = json;
        this.visitor = visitor;
    }

    void read(String id) throws IOException {
        SnapshotReader.expect(json, JsonToken.START_ARRAY, "an entry");
        json.nextToken();
        Optional<float[]> vector = vector(id);
        json.nextToken();
        StoreValue values = values(id);
        json.nextToken();
        SnapshotReader.expect(json, JsonToken.END_ARRAY, "the end of an entry");
        vector.ifPresent(numbers -> visitor.entry(id, numbers, values));
    }

    /** Nothing where a number is not finite: the original writes null for those, and cannot read that itself. */
    private Optional<float[]> vector(String id) throws IOException {
        SnapshotReader.expect(json, JsonToken.START_ARRAY, "a vector");
        int count = 0;
        int unusable = -1;
        while (json.nextToken() != JsonToken.END_ARRAY) {
            if (count == components.length) {
                components = Arrays.copyOf(components, 2 * count);
            }
            components[count] = component();
            if (!Float.isFinite(components[count]) && unusable < 0) {
                unusable = count;
            }
            count++;
        }
        if (unusable >= 0) {
            visitor.loss("entry %s: component %d is not a finite number".formatted(id, unusable));
            return Optional.empty();
        }
        return Optional.of(Arrays.copyOf(components, count));
    }

    private float component() throws IOException {
        if (json.currentToken() == JsonToken.VALUE_NULL) {
            return Float.NaN;
        }
        if (!json.currentToken().isNumeric()) {
            throw SnapshotException.at(json.currentTokenLocation(), "expected a number of a vector");
        }
        return (float) json.getDoubleValue();
    }

    private StoreValue values(String id) throws IOException {
        SnapshotReader.expect(json, JsonToken.START_OBJECT, "the values of an entry");
        StoreValue.Builder values = StoreValue.newBuilder();
        while (json.nextToken() == JsonToken.FIELD_NAME) {
            boolean isMap = json.currentName().equals("value");
            json.nextToken();
            if (isMap) {
                map(id, values);
            } else {
                json.skipChildren();
            }
        }
        return values.build();
    }

    private void map(String id, StoreValue.Builder values) throws IOException {
        SnapshotReader.expect(json, JsonToken.START_OBJECT, "values by their keys");
        while (json.nextToken() == JsonToken.FIELD_NAME) {
            String key = json.currentName();
            boolean isText = json.nextToken() == JsonToken.VALUE_STRING;
            Optional<MetadataValue> value = isText ? value(json.getText()) : Optional.empty();
            json.skipChildren();
            if (value.isPresent()) {
                values.putValue(key, value.get());
            } else {
                visitor.loss(
                        "entry %s: the value of %s is of an unknown kind; the rest of it is taken".formatted(id, key));
            }
        }
    }

    private static Optional<MetadataValue> value(String text) {
        if (text.length() < PREFIX_CHARS) {
            return Optional.empty();
        }
        String rest = text.substring(PREFIX_CHARS);
        return switch (text.substring(0, PREFIX_CHARS)) {
            case "str:" ->
                Optional.of(MetadataValue.newBuilder().setRawString(rest).build());
            case "img:" ->
                Ascii85.decode(rest)
                        .map(bytes -> MetadataValue.newBuilder()
                                .setImage(ByteString.copyFrom(bytes))
                                .build());
            case "aud:" ->
                Ascii85.decode(rest)
                        .map(bytes -> MetadataValue.newBuilder()
                                .setAudio(ByteString.copyFrom(bytes))
                                .build());
            default -> Optional.empty();
        };
    }
}
