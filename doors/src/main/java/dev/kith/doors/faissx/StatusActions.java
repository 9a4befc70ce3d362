package dev.kith.doors.faissx;

import dev.kith.doors.faissx.MsgpackReader.Kind;
import dev.kith.service.Command;
import dev.kith.vectors.CollectionInfo;
import dev.kith.vectors.Durability;
import dev.kith.vectors.IndexSpec;
import dev.kith.vectors.Rejection;
import java.util.Map;
import java.util.Set;

/** The actions that tell about one index and set its knobs. */
final class StatusActions {
    /** Vectors per list or centroid below which FAISS warns. */
    private static final long TRAINING_VECTORS_PER_CENTROID = 39;

    private static final Set<IndexSpec.Kind> INVERTED =
            Set.of(IndexSpec.Kind.IVF_FLAT, IndexSpec.Kind.IVF_PQ, IndexSpec.Kind.IVF_SQ, IndexSpec.Kind.BINARY_IVF);

    private StatusActions() {}

    static Map<String, Action> actions() {
        return Map.of(
                "get_index_status", StatusActions::status,
                "get_index_info", StatusActions::info,
                "set_parameter", StatusActions::setParameter,
                "get_parameter", StatusActions::getParameter);
    }

    static boolean isInverted(IndexSpec index) {
        return INVERTED.contains(index.kind());
    }

    /** Training vectors that the structure would want: some for each list and each of a code's values. */
    static long recommendedTraining(IndexSpec index) {
        long codes = index.parameters().containsKey("pq_bits") ? 1L << index.parameter("pq_bits", 0) : 1;
        return TRAINING_VECTORS_PER_CENTROID * Math.max(index.parameter("nlist", 1), codes);
    }

    private static void status(Exchange exchange) {
        FaissIndex index = exchange.index(Exchange.NOT_FOUND);
        exchange.reply().text(Exchange.INDEX_ID, index.id()).flag("is_trained", index.isTrained());
        writeStatus(exchange.reply().field("status"), index);
    }

    private static void writeStatus(MsgpackWriter out, FaissIndex index) {
        int start = out.beginMap();
        int pairs = 9;
        out.text(Exchange.INDEX_ID).text(index.id());
        out.text("dimension").integer(index.dimension());
        out.text("ntotal").integer(index.points());
        out.text("index_type").text(index.className());
        out.text("is_trained").bool(index.isTrained());
        out.text("requires_training").bool(index.requiresTraining());
        out.text("is_ready_for_use").bool(true);
        out.text("ready_reason").text(readyReason(index.info()));
        out.text("served_by").text(index.info().servedBy());
        if (index.index().kind() == IndexSpec.Kind.HNSW) {
            pairs++;
            out.text("tail_rows").integer(index.info().tailRows());
        }
        if (index.requiresTraining()) {
            pairs += 2;
            out.text("recommended_training_vectors").integer(recommendedTraining(index.index()));
            out.text("training_info").map(1);
            out.text("trained_with").integer(index.training().samples());
        }
        for (Parameters.Name name : Parameters.IN_STATUS) {
            if (name.in(index.index()).isPresent()) {
                pairs++;
                out.text(name.wire()).integer(index.index().parameter(name.ours(), 0));
            }
        }
        if (isInverted(index.index())) {
            pairs++;
            out.text("quantizer_type").text(quantizerType(index));
        }
        if (index.info().damage().isPresent()) {
            pairs++;
            out.text(CatalogueActions.DAMAGE).text(index.info().damage().get());
        }
        if (index.isIdMap()) {
            pairs++;
            out.text("base_index_id").text(index.base());
        }
        out.endMap(start, pairs);
    }

    static String readyReason(CollectionInfo index) {
        if (index.spec().index().kind() != IndexSpec.Kind.HNSW) {
            return "Vectors are added and searched exactly, trained or not";
        }
        return index.isServedByGraph()
                ? "Vectors are searched at once: through a graph, and exactly while it has not reached them"
                : "Vectors are searched at once: exactly, until they are many and a graph has reached half of them";
    }

    private static String quantizerType(FaissIndex index) {
        return switch (index.metric()) {
            case L2, NORMALISED_L2, COSINE -> "IndexFlatL2";
            case INNER_PRODUCT, NORMALISED_INNER_PRODUCT -> "IndexFlatIP";
            case HAMMING -> "IndexBinaryFlat";
        };
    }

    private static void info(Exchange exchange) {
        FaissIndex index = exchange.index(Exchange.NOT_FOUND);
        CollectionInfo now = index.info();
        MsgpackWriter status = exchange.reply().field("status").map(4);
        status.text("success").bool(true);
        status.text(Exchange.INDEX_ID).text(index.id());
        status.text("is_trained").bool(index.isTrained());
        writeStatus(status.text("status"), index);
        MsgpackWriter metrics = exchange.reply().field("metrics").map(3);
        metrics.text("vectors_count").integer(index.points());
        metrics.text("dimension").integer(index.dimension());
        metrics.text("byte_size_per_vector").integer(index.spec().element().bytesPerVector(index.dimension()));
        MsgpackWriter configuration = exchange.reply().field("configuration");
        int start = configuration.beginMap();
        int pairs = 4;
        configuration.text("index_type").text(index.className());
        configuration.text("metric_type").text(index.metricName());
        configuration.text("transform").text(index.index().transform());
        configuration.text("served_by").text(now.servedBy());
        for (Parameters.Name name : Parameters.READABLE) {
            if (name.in(index.index()).isPresent()) {
                pairs++;
                configuration.text(name.wire()).integer(index.index().parameter(name.ours(), 0));
            }
        }
        configuration.endMap(start, pairs);
        MsgpackWriter storage = exchange.reply().field("storage").map(3);
        storage.text("estimated_memory_bytes").integer(now.memoryBytes());
        storage.text("persistent").bool(now.durability() == Durability.FORCE);
        // Where the server keeps its files is nobody's business.
        storage.text("storage_path").nil();
        exchange.reply().text(Exchange.INDEX_ID, index.id());
    }

    private static void setParameter(Exchange exchange) {
        FieldReader fields = exchange.fields();
        FaissIndex index = exchange.index(Exchange.NOT_FOUND).own();
        String parameter = fields.text("parameter");
        long value = fields.at("value", "a positive integer", Kind.INTEGER).readInteger();
        if (value < 1 || value > Integer.MAX_VALUE) {
            throw Rejection.invalid("Invalid value: %s must be a positive integer, not %d".formatted(parameter, value));
        }
        String name = settable(index.index(), parameter);
        exchange.ask(new Command.Alter(
                index.ref(), spec -> spec.withIndex(spec.index().with(name, value))));
        exchange.reply().text("message", "%s set to %d".formatted(parameter, value));
    }

    /** Our name for a parameter that an index of this kind lets clients set. */
    private static String settable(IndexSpec index, String parameter) {
        boolean hnsw = index.kind() == IndexSpec.Kind.HNSW;
        boolean codes = index.parameters().containsKey("pq_m");
        return switch (parameter) {
            case String name when name.equals("nprobe") && isInverted(index) -> "nprobe";
            case String name when name.equals("efSearch") && hnsw -> "ef_search";
            case String name when name.equals("efConstruction") && hnsw -> "ef_construction";
            case String name when name.equals("use_precomputed_table") && codes -> "use_precomputed_table";
            default -> throw notThere(index, parameter);
        };
    }

    private static Rejection notThere(IndexSpec index, String parameter) {
        return Rejection.invalid("Parameter %s is not one of %s"
                .formatted(parameter.length() > 80 ? "given" : parameter, IndexType.classNameOf(index)));
    }

    private static void getParameter(Exchange exchange) {
        FaissIndex index = exchange.index(Exchange.NOT_FOUND);
        String parameter = exchange.fields().text("parameter");
        exchange.reply().text("param_name", parameter);
        switch (parameter) {
            case "is_trained" -> exchange.reply().flag("param_value", index.isTrained());
            case "dimension" -> exchange.reply().integer("param_value", index.dimension());
            case "ntotal" -> exchange.reply().integer("param_value", index.points());
            case "metric_type" -> exchange.reply().text("param_value", index.metricName());
            case "quantizer_type" -> {
                if (!isInverted(index.index())) {
                    throw notThere(index.index(), parameter);
                }
                exchange.reply().text("param_value", quantizerType(index));
            }
            default -> exchange.reply().integer("param_value", number(index.index(), parameter));
        }
    }

    private static long number(IndexSpec index, String parameter) {
        for (Parameters.Name name : Parameters.READABLE) {
            if (name.wire().equals(parameter) && name.in(index).isPresent()) {
                return index.parameter(name.ours(), 0);
            }
        }
        throw notThere(index, parameter);
    }
}
