package dev.kith.doors.faissx;

import dev.kith.doors.faissx.MsgpackReader.Kind;
import dev.kith.service.Command;
import dev.kith.vectors.CollectionInfo;
import dev.kith.vectors.CollectionSpec;
import dev.kith.vectors.IndexSpec;
import dev.kith.vectors.Limits;
import dev.kith.vectors.Metric;
import dev.kith.vectors.Rejection;
import dev.kith.vectors.Value;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The actions on whole indexes. */
final class CatalogueActions {
    /** In a list: why an index cannot be opened. */
    static final String UNAVAILABLE = "unavailable";
    /** There and in a status: where the files of an index are damaged; what was stored before that can be read. */
    static final String DAMAGE = "damage";

    private static final double MILLIS_PER_SECOND = 1e3;

    private final InstantSource clock;

    CatalogueActions(InstantSource clock) {
        this.clock = clock;
    }

    Map<String, Action> actions() {
        return Map.of(
                "ping", this::ping,
                "list_indices", CatalogueActions::list,
                "list_indexes", CatalogueActions::list,
                "get_index_stats", CatalogueActions::stats,
                "create_index", CatalogueActions::create,
                "delete_index", CatalogueActions::delete,
                "reset", CatalogueActions::reset,
                "clear", CatalogueActions::reset);
    }

    private void ping(Exchange exchange) {
        exchange.reply().text("message", "pong").real("time", clock.millis() / MILLIS_PER_SECOND);
    }

    private static void list(Exchange exchange) {
        List<FaissIndex> found = exchange.all();
        MsgpackWriter out = exchange.reply().field("indexes").array(found.size());
        for (FaissIndex index : found) {
            CollectionInfo info = index.info();
            Optional<Rejection> unavailable = info.unavailable();
            boolean hurt = unavailable.isPresent() || info.damage().isPresent();
            out.map((index.isIdMap() ? 6 : 3) + (hurt ? 1 : 0));
            out.text(Exchange.INDEX_ID).text(index.id());
            out.text("dimension").integer(index.dimension());
            out.text("vector_count");
            if (unavailable.isPresent()) {
                // It has vectors, and nobody knows how many: 0 would look like an empty one.
                out.nil();
                out.text(UNAVAILABLE).text(unavailable.get().text());
            } else {
                out.integer(index.points());
                info.damage().ifPresent(where -> out.text(DAMAGE).text(where));
            }
            if (index.isIdMap()) {
                out.text("base_index_id").text(index.base());
                out.text("is_idmap").bool(index.idMap() == 1);
                out.text("is_idmap2").bool(index.idMap() == 2);
            }
        }
    }

    private static void stats(Exchange exchange) {
        FaissIndex index = exchange.index(Exchange.NOT_FOUND);
        MsgpackWriter out = exchange.reply().field("stats").map(4);
        out.text(Exchange.INDEX_ID).text(index.id());
        out.text("dimension").integer(index.dimension());
        out.text("vector_count").integer(index.points());
        out.text("type").text(index.metricName());
        exchange.reply()
                .text(Exchange.INDEX_ID, index.id())
                .integer("dimension", index.dimension())
                .integer("ntotal", index.points())
                .integer("count", index.points())
                .text("index_type", index.className())
                .text("served_by", index.info().servedBy());
    }

    private static void create(Exchange exchange) {
        FieldReader fields = exchange.fields();
        String id = fields.indexId(Exchange.INDEX_ID);
        int dimension = dimension(fields);
        IndexType type = resolve(exchange, IndexTypes.parse(fields.text("index_type", "L2"), dimension), dimension);
        Optional<Value.Fields> metadata = fields.map("metadata");
        CollectionInfo made = make(exchange, id, FaissIndex.specOf(type, dimension));
        describe(exchange.reply(), new FaissIndex(id, made));
        metadata.ifPresent(given -> exchange.reply().field("metadata").value(given));
    }

    private static CollectionInfo make(Exchange exchange, String id, CollectionSpec spec) {
        try {
            return exchange.ask(new Command.Create(Exchange.ref(id), spec));
        } catch (Rejection refused) {
            if (refused.code() == Rejection.Code.ALREADY_EXISTS) {
                throw new Rejection(refused.code(), "Index %s already exists".formatted(id));
            }
            throw refused;
        }
    }

    /** Clients may send the dimension as text. */
    static int dimension(FieldReader fields) {
        MsgpackReader reader = fields.at("dimension", "an integer", Kind.INTEGER, Kind.TEXT);
        long dimension;
        if (reader.peek() == Kind.INTEGER) {
            dimension = reader.readInteger();
        } else {
            String text = reader.readText();
            try {
                dimension = Long.parseLong(text.strip());
            } catch (NumberFormatException e) {
                throw Rejection.invalid("Invalid dimension: '%s' is not an integer".formatted(shortened(text)));
            }
        }
        if (dimension < 1 || dimension > Limits.DIMENSION_MAX) {
            throw Rejection.invalid("Dimension %d out of range (1-%d)".formatted(dimension, Limits.DIMENSION_MAX));
        }
        return (int) dimension;
    }

    private static String shortened(String text) {
        int shown = 40;
        return text.length() <= shown ? text : text.substring(0, shown) + "…";
    }

    /**
     * What an IDMap wraps: an index of the caller's with that id, or else a type. Either way the map gets storage of
     * its own. Sharing the base's would need FAISS's refusal to wrap an index that has vectors, and every client that
     * resets a map wants exactly that. For a type string the reference also makes an index {@code <id>_base}; nothing
     * reads it, so we do not: {@code base_index_id} then is the type string, which can be wrapped again.
     */
    private static IndexType resolve(Exchange exchange, IndexType type, int dimension) {
        if (!type.isIdMap()) {
            return type;
        }
        String base = type.base();
        if (base.length() <= WireLimits.INDEX_ID_CHARS_MAX && !base.isEmpty()) {
            Optional<FaissIndex> index = exchange.find(base);
            if (index.isPresent()) {
                FaissIndex found = index.get();
                if (found.dimension() != dimension) {
                    throw Rejection.invalid(
                            "Base index %s has dimension %d, not %d".formatted(base, found.dimension(), dimension));
                }
                return new IndexType(type.text(), found.index(), type.idMap(), base);
            }
        }
        try {
            IndexSpec spec = IndexTypes.parsePlain(base.isEmpty() ? "L2" : base, dimension)
                    .spec();
            return new IndexType(type.text(), spec, type.idMap(), base.isEmpty() ? "L2" : base);
        } catch (Rejection unknown) {
            throw Rejection.invalid("Unsupported index type: %s: '%s' is neither an index nor a type (%s)"
                    .formatted(type.text(), base, unknown.text()));
        }
    }

    private static void describe(Reply reply, FaissIndex index) {
        reply.text(Exchange.INDEX_ID, index.id())
                .integer("dimension", index.dimension())
                .text("type", index.className())
                .flag("is_trained", index.isTrained())
                .flag("requires_training", index.requiresTraining())
                .text("metric_type", index.metric() == Metric.INNER_PRODUCT ? "IP" : index.metricName())
                .text("served_by", index.info().servedBy());
        Parameters.IN_CREATE.forEach(
                name -> name.in(index.index()).ifPresent(value -> reply.integer(name.wire(), value)));
        if (index.isBinary()) {
            reply.flag("is_binary", true);
        }
        if (index.isIdMap()) {
            reply.text("base_index_id", index.base())
                    .flag("is_idmap", index.idMap() == 1)
                    .flag("is_idmap2", index.idMap() == 2);
        }
    }

    private static void delete(Exchange exchange) {
        FaissIndex index = exchange.indexToDelete();
        exchange.ask(new Command.Drop(index.ref()));
        exchange.reply().text(Exchange.INDEX_ID, index.id()).text("message", "Index %s deleted".formatted(index.id()));
    }

    /** The reference's clear makes a flat L2 index of whatever it was; here it keeps what the client had chosen. */
    private static void reset(Exchange exchange) {
        FaissIndex index = exchange.index(Exchange.NOT_FOUND).own();
        CollectionInfo now = exchange.ask(new Command.Reset(index.ref()));
        describe(exchange.reply(), new FaissIndex(index.id(), now));
        exchange.reply().integer("ntotal", now.points()).text("message", "Index %s reset".formatted(index.id()));
    }
}
