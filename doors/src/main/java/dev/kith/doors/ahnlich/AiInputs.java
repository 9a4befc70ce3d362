package dev.kith.doors.ahnlich;

import dev.kith.embed.Input;
import dev.kith.embed.InputKind;
import dev.kith.vectors.Rejection;
import dev.kith.wire.ahnlich.keyval.StoreInput;
import dev.kith.wire.ahnlich.keyval.StoreValue;
import dev.kith.wire.ahnlich.metadata.MetadataValue;
import dev.kith.wire.ahnlich.predicates.In;
import dev.kith.wire.ahnlich.predicates.Predicate;
import dev.kith.wire.ahnlich.predicates.PredicateCondition;
import java.util.Collection;
import java.util.List;
import java.util.Optional;

/** Inputs of models, and what entries keep of them: an original is metadata of the same kind, under a reserved key. */
final class AiInputs {
    /** Where an entry keeps the input that it was made of. */
    static final String ORIGINAL = "_ahnlich_input_key";
    /** Which of the vectors of one input an entry has. */
    static final String NUMBER = "_ahnlich_one_to_many_index";

    private AiInputs() {}

    /** The input for a model; one without a value is none. */
    static Input input(StoreInput input) {
        return switch (input.getValueCase()) {
            case RAW_STRING -> new Input.Text(input.getRawString());
            case IMAGE -> new Input.Image(input.getImage().toByteArray());
            case AUDIO -> new Input.Audio(input.getAudio().toByteArray());
            case VALUE_NOT_SET -> throw Rejection.invalid("Store Input Value input not specified");
        };
    }

    static InputKind kind(StoreInput input) {
        return switch (input.getValueCase()) {
            case RAW_STRING -> InputKind.TEXT;
            case IMAGE -> InputKind.IMAGE;
            case AUDIO -> InputKind.AUDIO;
            case VALUE_NOT_SET -> throw Rejection.invalid("Store Input Value input not specified");
        };
    }

    /** As the original's messages name it. */
    static String shown(InputKind kind) {
        return switch (kind) {
            case TEXT -> "RawString";
            case IMAGE -> "Image";
            case AUDIO -> "Audio";
        };
    }

    /** Bytes of an input; none where there is none. */
    static long bytes(StoreInput input) {
        return switch (input.getValueCase()) {
            case RAW_STRING -> input.getRawStringBytes().size();
            case IMAGE -> input.getImage().size();
            case AUDIO -> input.getAudio().size();
            case VALUE_NOT_SET -> 0;
        };
    }

    /** Bytes of the content of a value; stored, it takes some more. */
    static long bytes(StoreValue value) {
        return value.getValueMap().values().stream()
                .mapToLong(held -> switch (held.getValueCase()) {
                    case RAW_STRING -> held.getRawStringBytes().size();
                    case IMAGE -> held.getImage().size();
                    case AUDIO -> held.getAudio().size();
                    case VALUE_NOT_SET -> 0;
                })
                .sum();
    }

    static MetadataValue original(StoreInput input) {
        MetadataValue.Builder kept = MetadataValue.newBuilder();
        return switch (input.getValueCase()) {
            case RAW_STRING -> kept.setRawStringBytes(input.getRawStringBytes()).build();
            case IMAGE -> kept.setImage(input.getImage()).build();
            case AUDIO -> kept.setAudio(input.getAudio()).build();
            case VALUE_NOT_SET -> throw Rejection.invalid("Store Input Value input not specified");
        };
    }

    /** The input that an entry was made of, if it keeps that. */
    static Optional<StoreInput> original(StoreValue value) {
        MetadataValue kept = value.getValueMap().get(ORIGINAL);
        if (kept == null) {
            return Optional.empty();
        }
        StoreInput.Builder input = StoreInput.newBuilder();
        return Optional.of(
                switch (kept.getValueCase()) {
                    case RAW_STRING ->
                        input.setRawStringBytes(kept.getRawStringBytes()).build();
                    case IMAGE -> input.setImage(kept.getImage()).build();
                    case AUDIO -> input.setAudio(kept.getAudio()).build();
                    case VALUE_NOT_SET -> input.build();
                });
    }

    /** A value as clients see it: the original is a key there. */
    static StoreValue withoutOriginal(StoreValue value) {
        return value.containsValue(ORIGINAL)
                ? value.toBuilder().removeValue(ORIGINAL).build()
                : value;
    }

    /** Accepts the entries that were made of one of these inputs. */
    static PredicateCondition madeOf(Collection<StoreInput> inputs) {
        List<MetadataValue> originals =
                inputs.stream().map(AiInputs::original).distinct().toList();
        return PredicateCondition.newBuilder()
                .setValue(Predicate.newBuilder()
                        .setIn(In.newBuilder().setKey(ORIGINAL).addAllValues(originals)))
                .build();
    }
}
