package dev.kith.doors.ahnlich;

import dev.kith.embed.Embedding;
import dev.kith.embed.ModelInfo;
import dev.kith.vectors.Rejection;
import dev.kith.wire.ahnlich.ai.query.ConvertStoreInputToEmbeddings;
import dev.kith.wire.ahnlich.ai.server.EmbeddingWithMetadata;
import dev.kith.wire.ahnlich.ai.server.MultipleEmbedding;
import dev.kith.wire.ahnlich.ai.server.SingleInputToEmbedding;
import dev.kith.wire.ahnlich.ai.server.StoreInputToEmbeddingsList;
import dev.kith.wire.ahnlich.keyval.StoreInput;
import dev.kith.wire.ahnlich.keyval.StoreValue;
import dev.kith.wire.ahnlich.metadata.MetadataValue;
import java.util.List;

/** Inputs into vectors, without a store. Safe on any thread. */
final class AiConversion {
    private AiConversion() {}

    static StoreInputToEmbeddingsList convert(ConvertStoreInputToEmbeddings query, AiAsking asking) {
        ModelInfo model = asking.models().require(query.getModel(), asking.asking());
        if (!query.hasPreprocessAction()) {
            throw Rejection.invalid("Preprocess Action Value input not specified");
        }
        List<StoreInput> inputs = query.getStoreInputsList();
        if (inputs.stream().anyMatch(input -> !model.takes(AiInputs.kind(input)))) {
            throw new Rejection(Rejection.Code.CONFLICT, "Store input type and AI model type don't match");
        }
        AiEmbedding embedding = AiEmbedding.of(asking, model, query.getPreprocessAction(), query.getModelParamsMap());
        List<List<Embedding>> embedded = embedding.embed(inputs);
        StoreInputToEmbeddingsList.Builder reply = StoreInputToEmbeddingsList.newBuilder();
        for (int number = 0; number < inputs.size(); number++) {
            SingleInputToEmbedding.Builder value =
                    SingleInputToEmbedding.newBuilder().setInput(inputs.get(number));
            if (model.several()) {
                value.setMultiple(MultipleEmbedding.newBuilder()
                        .addAllEmbeddings(embedded.get(number).stream()
                                .map(AiConversion::message)
                                .toList()));
            } else {
                value.setSingle(message(embedded.get(number).getFirst()));
            }
            reply.addValues(value);
        }
        return reply.build();
    }

    /** What the model says about a vector is left out where it says nothing. */
    private static EmbeddingWithMetadata message(Embedding embedding) {
        EmbeddingWithMetadata.Builder message =
                EmbeddingWithMetadata.newBuilder().setEmbedding(AiEmbedding.key(embedding));
        if (!embedding.notes().isEmpty()) {
            StoreValue.Builder notes = StoreValue.newBuilder();
            embedding
                    .notes()
                    .forEach((name, note) -> notes.putValue(
                            name, MetadataValue.newBuilder().setRawString(note).build()));
            message.setMetadata(notes);
        }
        return message.build();
    }
}
