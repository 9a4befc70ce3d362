package dev.kith.doors.ahnlich;

import dev.kith.embed.Embedding;
import dev.kith.embed.Input;
import dev.kith.embed.InputKind;
import dev.kith.embed.ModelInfo;
import dev.kith.embed.Preparation;
import dev.kith.embed.Unembeddable;
import dev.kith.service.Command;
import dev.kith.vectors.Limits;
import dev.kith.vectors.Rejection;
import dev.kith.wire.ahnlich.ai.preprocess.PreprocessAction;
import dev.kith.wire.ahnlich.keyval.StoreInput;
import dev.kith.wire.ahnlich.keyval.StoreKey;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Inputs of one call, through one model.
 *
 * @param preparation as the client asked for it
 */
record AiEmbedding(AiAsking asking, ModelInfo model, Preparation preparation) {
    /** Copies of a vector that are in memory at once: as it comes from the model, in a message, and as it is stored. */
    private static final int COPIES = 3;

    /**
     * How clients want their inputs made ready. Where the model's hardware is, Kith chooses; a provider that a client
     * names is what the original's documentation calls a wish, too.
     */
    static AiEmbedding of(AiAsking asking, ModelInfo model, PreprocessAction action, Map<String, String> parameters) {
        boolean prepared = switch (action) {
            case ModelPreprocessing -> true;
            case NoPreprocessing -> false;
            case UNRECOGNIZED -> throw Rejection.invalid("Preprocess Action Value input not specified");
        };
        if (!prepared && model.kind() == InputKind.AUDIO) {
            throw Rejection.invalid("NoPreprocessing is not supported for audio inputs; use ModelPreprocessing");
        }
        if (!prepared && model.several()) {
            throw Rejection.invalid(
                    "NoPreprocessing is not supported for face recognition models; use ModelPreprocessing");
        }
        var preparation = new Preparation(prepared, Preparation.Orientation.IGNORED, 0, 0, parameters);
        return new AiEmbedding(asking, model, preparation);
    }

    /** Refuses inputs of another kind than the model's. */
    void requireKind(Iterable<StoreInput> inputs, String action) {
        for (StoreInput input : inputs) {
            InputKind given = AiInputs.kind(input);
            if (!model.takes(given)) {
                throw Rejection.invalid("Cannot %s Input. Store expects [%s], input type [%s] was provided"
                        .formatted(action, AiInputs.shown(model.kind()), AiInputs.shown(given)));
            }
        }
    }

    /** Refuses more inputs than one call takes. */
    static void requireFew(int inputs) {
        if (inputs > Limits.PUT_POINTS_MAX) {
            throw Rejection.invalid("%d inputs are more than one call takes; send at most %d at once"
                    .formatted(inputs, Limits.PUT_POINTS_MAX));
        }
    }

    /**
     * The vectors of each input, in order; equal inputs are embedded once. A call that nobody waits for any more ends
     * between two batches.
     */
    List<List<Embedding>> embed(List<StoreInput> inputs) {
        requireFew(inputs.size());
        // Where each different input first is, in their order.
        Map<StoreInput, Integer> places = new LinkedHashMap<>();
        for (int number = 0; number < inputs.size(); number++) {
            places.putIfAbsent(inputs.get(number), number);
        }
        List<Integer> firsts = List.copyOf(places.values());
        Map<StoreInput, List<Embedding>> vectors = new HashMap<>();
        int size = batch();
        for (int from = 0; from < firsts.size(); from += size) {
            asking.call().requireWanted();
            List<Integer> batch = firsts.subList(from, Math.min(firsts.size(), from + size));
            List<List<Embedding>> embedded = embed(inputs, batch);
            take(embedded);
            for (int at = 0; at < batch.size(); at++) {
                vectors.put(inputs.get(batch.get(at)), embedded.get(at));
            }
        }
        asking.call().requireWanted();
        List<List<Embedding>> all = inputs.stream()
                .map(input -> vectors.getOrDefault(input, List.of()))
                .toList();
        if (all.size() > vectors.size()) {
            take(all);
        }
        return all;
    }

    private void take(List<List<Embedding>> embedded) {
        long vectors = embedded.stream().mapToLong(List::size).sum();
        asking.call().take(COPIES * vectors * model.dimension() * Float.BYTES);
    }

    /** Inputs of a batch, as many as the original has: some hundred milliseconds of work. */
    private int batch() {
        return switch (model.kind()) {
            case TEXT -> 128;
            case IMAGE -> 16;
            case AUDIO -> 8;
        };
    }

    /** @param places of the batch among the inputs */
    private List<List<Embedding>> embed(List<StoreInput> inputs, List<Integer> places) {
        List<Input> batch =
                places.stream().map(place -> AiInputs.input(inputs.get(place))).toList();
        try {
            return asking.asking()
                    .service()
                    .handle(asking.asking().caller(), new Command.Embed(model.name(), batch, preparation));
        } catch (Unembeddable refused) {
            throw refusal(refused, places.get(refused.index()));
        }
    }

    /** In the original's words where it has some, which do not say of which input they are. */
    private RuntimeException refusal(Unembeddable refused, int index) {
        String input = " (input %d)".formatted(index);
        return switch (refused.reason()) {
            case TOO_LONG ->
                model.kind() == InputKind.AUDIO
                        ? Rejection.invalid("Audio input is too long (" + length(refused) + input)
                        : Refusals.outOfRange(tokens(refused) + input);
            case SIZE -> Rejection.invalid(size(refused) + input);
            case UNDECODABLE -> Rejection.invalid(undecodable(refused) + input);
            case KIND, TOO_SMALL, TOO_LARGE, UNPREPARED -> Rejection.invalid(refused.text() + input);
        };
    }

    private static String tokens(Unembeddable refused) {
        return refused.measure()
                .map(measure -> "Max Token Exceeded. Model Expects [%d], input type was [%d]."
                        .formatted(measure.taken().getFirst(), measure.given().getFirst()))
                .orElse("Max Token Exceeded. " + refused.text());
    }

    private static String length(Unembeddable refused) {
        return refused.measure()
                .map(measure -> "%dms), the model takes up to %dms"
                        .formatted(measure.given().getFirst(), measure.taken().getFirst()))
                .orElse(refused.text() + ")");
    }

    private static String size(Unembeddable refused) {
        return refused.measure()
                .map(measure -> "Image Dimensions [(%d, %d)] does not match the expected model dimensions [(%d, %d)]"
                        .formatted(
                                measure.given().getFirst(),
                                measure.given().getLast(),
                                measure.taken().getFirst(),
                                measure.taken().getLast()))
                .orElse(refused.text());
    }

    /** Of sounds, the reason names what is read, which is less than what the original reads. */
    private String undecodable(Unembeddable refused) {
        return model.kind() == InputKind.AUDIO
                ? "Bytes could not be successfully decoded into audio. " + refused.text()
                : "Bytes could not be successfully decoded into an image.";
    }

    static StoreKey key(Embedding embedding) {
        StoreKey.Builder key = StoreKey.newBuilder();
        for (float component : embedding.vector()) {
            key.addKey(component);
        }
        return key.build();
    }
}
