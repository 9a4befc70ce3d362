package dev.kith.doors.ahnlich;

import dev.kith.vectors.CollectionSpec;
import dev.kith.vectors.Value;
import dev.kith.wire.ahnlich.ai.models.AIModel;
import java.util.Optional;

/**
 * What the proxy remembers of a store: one attribute of a collection, so that it comes and goes with that. Models are
 * kept by their names, which no number can confuse.
 *
 * @param storeOriginal whether each entry keeps the input that it was made of
 */
record AiRecord(AIModel queryModel, AIModel indexModel, boolean storeOriginal) {
    private static final String ATTRIBUTE = "ahnlich_ai";
    private static final String QUERY_MODEL = "query_model";
    private static final String INDEX_MODEL = "index_model";
    private static final String STORE_ORIGINAL = "store_original";

    /** The record in a specification; empty where the store is the database's alone. */
    static Optional<AiRecord> of(CollectionSpec spec) {
        if (!(spec.attributes().values().get(ATTRIBUTE) instanceof Value.Fields kept)) {
            return Optional.empty();
        }
        boolean original = kept.values().get(STORE_ORIGINAL) instanceof Value.Bool(boolean flag) && flag;
        return model(kept, QUERY_MODEL)
                .flatMap(query -> model(kept, INDEX_MODEL).map(index -> new AiRecord(query, index, original)));
    }

    private static Optional<AIModel> model(Value.Fields kept, String field) {
        return kept.values().get(field) instanceof Value.Text(String name) ? AiModels.named(name) : Optional.empty();
    }

    CollectionSpec writtenInto(CollectionSpec spec) {
        Value.Fields kept = Value.Fields.EMPTY
                .with(QUERY_MODEL, new Value.Text(AiModels.nameOf(queryModel)))
                .with(INDEX_MODEL, new Value.Text(AiModels.nameOf(indexModel)))
                .with(STORE_ORIGINAL, new Value.Bool(storeOriginal));
        return spec.withAttributes(spec.attributes().with(ATTRIBUTE, kept));
    }
}
