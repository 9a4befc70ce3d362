package dev.kith.doors.faissx;

import dev.kith.service.CollectionRef;
import dev.kith.service.TrainingNote;
import dev.kith.vectors.CollectionInfo;
import dev.kith.vectors.CollectionSpec;
import dev.kith.vectors.ElementType;
import dev.kith.vectors.IndexSpec;
import dev.kith.vectors.KeyPolicy;
import dev.kith.vectors.Metric;
import dev.kith.vectors.Rejection;
import dev.kith.vectors.Value;
import java.util.Map;
import java.util.OptionalLong;

/**
 * A collection as FAISSx sees it. What the type string said beyond the specification is kept in the collection's
 * attributes; a collection that another door made simply has none.
 *
 * @param id as the client wrote it
 */
record FaissIndex(String id, CollectionInfo info) {
    private static final String TYPE = "faissx_type";
    private static final String ID_MAP = "faissx_idmap";
    private static final String BASE = "faissx_base";

    /** The specification of a new collection of this type. */
    static CollectionSpec specOf(IndexType type, int dimension) {
        Value.Fields attributes = new Value.Fields(Map.of())
                .with(TYPE, new Value.Text(type.text()))
                .with(ID_MAP, new Value.Int(type.idMap()))
                .with(BASE, new Value.Text(type.base()));
        return CollectionSpec.of(type.element(), dimension, KeyPolicy.NONE, type.spec())
                .withAttributes(attributes);
    }

    /** This index, and no other that a client makes under its id meanwhile. */
    CollectionRef ref() {
        return new CollectionRef(Exchange.NAMESPACE, id, OptionalLong.of(info.id()));
    }

    /** Refuses to drop, empty or reshape what is another door's: whoever deletes all that is listed means his own. */
    FaissIndex own() {
        if (!info.name().namespace().equals(Exchange.NAMESPACE)) {
            throw new Rejection(
                    Rejection.Code.CONFLICT,
                    "Index %s is another door's, which alone deletes, empties and alters it".formatted(id));
        }
        return this;
    }

    CollectionSpec spec() {
        return info.spec();
    }

    IndexSpec index() {
        return spec().index();
    }

    Metric metric() {
        return index().metric();
    }

    int dimension() {
        return spec().dimension();
    }

    long points() {
        return info.points();
    }

    /** Memory of one point that is read back: its vector, its id, its row and its place in a list. */
    long bytesPerPoint() {
        return spec().element().bytesPerVector(dimension()) + 3L * Long.BYTES;
    }

    boolean isBinary() {
        return spec().element() == ElementType.BIT;
    }

    boolean isNormalised() {
        return IndexType.isNormalised(index());
    }

    /** 0, 1 for an IDMap, 2 for an IDMap2. */
    int idMap() {
        return spec().attributes().values().get(ID_MAP) instanceof Value.Int(long kind) ? (int) kind : 0;
    }

    boolean isIdMap() {
        return idMap() > 0;
    }

    String base() {
        return text(BASE, "");
    }

    String className() {
        return isIdMap() ? text(TYPE, "IDMap") : IndexType.classNameOf(index());
    }

    private String text(String attribute, String otherwise) {
        return spec().attributes().values().get(attribute) instanceof Value.Text(String value) ? value : otherwise;
    }

    boolean requiresTraining() {
        return IndexType.requiresTraining(index());
    }

    TrainingNote training() {
        return TrainingNote.of(spec());
    }

    boolean isTrained() {
        return !requiresTraining() || training().trained();
    }

    /** The two metrics of the wire's word {@code type} in statistics. */
    String metricName() {
        return switch (metric()) {
            case L2, NORMALISED_L2 -> "L2";
            case INNER_PRODUCT, NORMALISED_INNER_PRODUCT -> "IP";
            case COSINE -> "COSINE";
            case HAMMING -> "HAMMING";
        };
    }
}
