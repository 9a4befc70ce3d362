package dev.kith.doors.ahnlich;

import com.google.protobuf.ByteString;
import com.google.protobuf.UnsafeByteOperations;
import dev.kith.vectors.Value;
import dev.kith.wire.ahnlich.keyval.StoreValue;
import dev.kith.wire.ahnlich.metadata.MetadataValue;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * Values of entries and payloads. Text is text, an image is bytes, and audio is bytes in an object of the one field
 * {@value #AUDIO}, so that equality includes the kind; a value without a kind is null. What other doors have stored
 * and Ahnlich has no kind for is shown as text.
 */
final class Metadata {
    private static final String AUDIO = "audio";

    private Metadata() {}

    static Value.Fields payload(StoreValue value) {
        Map<String, Value> fields = new LinkedHashMap<>();
        value.getValueMap().forEach((name, held) -> fields.put(name, value(held)));
        return new Value.Fields(fields);
    }

    static Value value(MetadataValue value) {
        return switch (value.getValueCase()) {
            case RAW_STRING -> new Value.Text(value.getRawString());
            case IMAGE -> new Value.Bytes(value.getImage().toByteArray());
            case AUDIO ->
                new Value.Fields(Map.of(AUDIO, new Value.Bytes(value.getAudio().toByteArray())));
            case VALUE_NOT_SET -> Value.NULL;
        };
    }

    static StoreValue message(Value.Fields payload) {
        StoreValue.Builder message = StoreValue.newBuilder();
        payload.values().forEach((name, held) -> message.putValue(name, message(held)));
        return message.build();
    }

    private static MetadataValue message(Value value) {
        MetadataValue.Builder message = MetadataValue.newBuilder();
        return switch (value) {
            case Value.Null _ -> message.build();
            case Value.Text(String text) -> message.setRawString(text).build();
            case Value.Bytes(byte[] bytes) -> message.setImage(wrapped(bytes)).build();
            case Value.Fields fields
            when isAudio(fields) ->
                message.setAudio(wrapped(((Value.Bytes) audioOf(fields)).value()))
                        .build();
            case Value.Bool _, Value.Int _, Value.Real _, Value.Items _, Value.Fields _ ->
                message.setRawString(shown(value)).build();
        };
    }

    /** Bytes of a payload never change once they are there, so they need no copy. */
    private static ByteString wrapped(byte[] bytes) {
        return UnsafeByteOperations.unsafeWrap(bytes);
    }

    private static boolean isAudio(Value.Fields fields) {
        return fields.values().size() == 1 && audioOf(fields) instanceof Value.Bytes;
    }

    private static Value audioOf(Value.Fields fields) {
        return fields.values().getOrDefault(AUDIO, Value.NULL);
    }

    /** JSON, but for bytes, which are only counted: enough to recognise a value by. */
    private static String shown(Value value) {
        return switch (value) {
            case Value.Null _ -> "null";
            case Value.Bool(boolean flag) -> Boolean.toString(flag);
            case Value.Int(long number) -> Long.toString(number);
            case Value.Real(double number) -> Double.toString(number);
            case Value.Text(String text) -> '"' + text.replace("\\", "\\\\").replace("\"", "\\\"") + '"';
            case Value.Bytes(byte[] bytes) -> "\"%d bytes\"".formatted(bytes.length);
            case Value.Items(var items) ->
                items.stream().map(Metadata::shown).collect(Collectors.joining(",", "[", "]"));
            case Value.Fields(var fields) ->
                fields.entrySet().stream()
                        .map(field -> "\"%s\":%s".formatted(field.getKey(), shown(field.getValue())))
                        .collect(Collectors.joining(",", "{", "}"));
        };
    }

    /** Bytes that a payload takes in a reply, about. */
    static long bytes(Value value) {
        return switch (value) {
            case Value.Text(String text) -> VALUE_BYTES + 2L * text.length();
            case Value.Bytes(byte[] bytes) -> VALUE_BYTES + bytes.length;
            case Value.Items(var items) ->
                VALUE_BYTES + items.stream().mapToLong(Metadata::bytes).sum();
            case Value.Fields(var fields) ->
                VALUE_BYTES
                        + fields.entrySet().stream()
                                .mapToLong(field -> 2L * field.getKey().length() + bytes(field.getValue()))
                                .sum();
            case Value.Null _, Value.Bool _, Value.Int _, Value.Real _ -> VALUE_BYTES;
        };
    }

    /** What a value takes besides its content: the messages around it. */
    private static final long VALUE_BYTES = 64;
}
