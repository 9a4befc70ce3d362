package dev.kith.doors.faissx;

import dev.kith.service.Command;
import dev.kith.vectors.CollectionInfo;
import dev.kith.vectors.CollectionSpec;
import dev.kith.vectors.ElementType;
import dev.kith.vectors.FieldPath;
import dev.kith.vectors.Filter;
import dev.kith.vectors.Hits;
import dev.kith.vectors.KeyPolicy;
import dev.kith.vectors.Limits;
import dev.kith.vectors.Metric;
import dev.kith.vectors.Points;
import dev.kith.vectors.Put;
import dev.kith.vectors.Query;
import dev.kith.vectors.Rejection;
import dev.kith.vectors.Selection;
import dev.kith.vectors.Value;
import dev.kith.vectors.VectorBlock;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The operations of faiss-proxy's framed dialect. Its indexes are collections whose points have text keys and
 * payloads; other collections of the same namespace can be searched too, with their ids as text.
 */
final class ProxyOperations {
    private static final String NAME_ATTRIBUTE = "proxy_name";
    private static final String TYPE_ATTRIBUTE = "faissx_type";
    private static final double MILLIS_PER_SECOND = 1e3;
    private static final int K = 10;
    /** A result may be removed before its payload is read; the search then starts again, this often. */
    private static final int READ_ATTEMPTS = 3;
    /** Memory of one result beside its vector and its payload. */
    private static final long RESULT_BYTES = 512;

    private final FaissxDoor.Settings settings;

    ProxyOperations(FaissxDoor.Settings settings) {
        this.settings = settings;
    }

    Map<String, ProxyDialect.Operation> operations() {
        return Map.of(
                "ping", this::ping,
                "create_index", this::create,
                "add_vectors", ProxyOperations::add,
                "search", ProxyOperations::search,
                "delete_vector", ProxyOperations::deleteVector,
                "get_index_info", ProxyOperations::info,
                "get_index_stats", ProxyOperations::stats,
                "list_indexes", ProxyOperations::list,
                "delete_index", ProxyOperations::delete);
    }

    private static Value.Fields fields(Object... pairs) {
        Map<String, Value> fields = new LinkedHashMap<>();
        for (int i = 0; i < pairs.length; i += 2) {
            fields.put((String) pairs[i], (Value) pairs[i + 1]);
        }
        return new Value.Fields(fields);
    }

    private static Value text(String value) {
        return new Value.Text(value);
    }

    private static Value number(long value) {
        return new Value.Int(value);
    }

    private Value ping(ProxyMessage message, Exchange exchange) {
        return fields(
                "message", text("pong"), "time", new Value.Real(settings.clock().millis() / MILLIS_PER_SECOND));
    }

    private Value create(ProxyMessage message, Exchange exchange) {
        FieldReader header = message.header();
        String name = header.indexId("name");
        int dimension = CatalogueActions.dimension(header);
        IndexType type = IndexTypes.parsePlain(header.text("index_type", "IndexFlatL2"), dimension);
        if (type.element() != ElementType.FLOAT32) {
            throw Rejection.invalid("Unsupported index type: %s: this dialect carries float32".formatted(type.text()));
        }
        Value.Fields attributes = fields(NAME_ATTRIBUTE, text(name), TYPE_ATTRIBUTE, text(type.text()));
        String id = settings.ids().get().toString();
        exchange.ask(new Command.Create(
                Exchange.ref(id),
                CollectionSpec.of(ElementType.FLOAT32, dimension, KeyPolicy.BYTES, type.spec())
                        .withAttributes(attributes)));
        return fields(Exchange.INDEX_ID, text(id));
    }

    private static Value add(ProxyMessage message, Exchange exchange) {
        FaissIndex index = exchange.index(Exchange.NOT_FOUND);
        if (index.spec().keyPolicy() != KeyPolicy.BYTES) {
            throw new Rejection(
                    Rejection.Code.CONFLICT,
                    "Index %s has no text ids; add to it through FAISSx".formatted(index.id()));
        }
        ProxyRows rows = ProxyRows.read(message);
        List<Value> metadata = message.metadata().orElse(new Value.Items(List.of())) instanceof Value.Items items
                ? items.values()
                : List.of();
        // The last row of an id wins, as if they had come one after the other.
        Map<String, Integer> rowOf = new LinkedHashMap<>();
        int added = 0;
        for (int row = 0; row < rows.count() && row < metadata.size(); row++) {
            Optional<String> id = idIn(metadata.get(row));
            if (id.isPresent() && rows.columns() == index.dimension() && rows.isFinite(row)) {
                rowOf.put(id.get(), row);
                added++;
            }
        }
        if (added > 0) {
            List<Put.Key> keys = rowOf.keySet().stream().map(Put.Key::of).toList();
            List<Value.Fields> payloads = new ArrayList<>();
            rowOf.values().forEach(row -> payloads.add(payloadIn(metadata.get(row))));
            VectorBlock.Floats block = rows.pick(rowOf.values());
            exchange.ask(new Command.Store(index.ref(), Put.withKeys(block, keys, payloads)));
        }
        return fields(
                "success", new Value.Bool(added > 0 || rows.count() == 0),
                "added_count", number(added),
                "failed_count", number(rows.count() - added));
    }

    private static Optional<String> idIn(Value row) {
        return row instanceof Value.Fields(Map<String, Value> fields)
                        && fields.get("id") instanceof Value.Text(String id)
                        && !id.isEmpty()
                        && id.length() <= Limits.KEY_BYTES_MAX / 4
                ? Optional.of(id)
                : Optional.empty();
    }

    private static Value.Fields payloadIn(Value row) {
        return row instanceof Value.Fields(Map<String, Value> fields)
                        && fields.get("metadata") instanceof Value.Fields payload
                ? payload
                : Value.Fields.EMPTY;
    }

    private static Value search(ProxyMessage message, Exchange exchange) {
        FaissIndex index = exchange.index(Exchange.NOT_FOUND);
        int k = message.header().integerOr("k", K, 1, Limits.K_MAX);
        ProxyRows rows = ProxyRows.read(message);
        if (rows.count() != 1 || rows.columns() != index.dimension() || !rows.isFinite(0)) {
            throw Rejection.invalid("One finite query of dimension %d is needed, not %d of dimension %d"
                    .formatted(index.dimension(), rows.count(), rows.columns()));
        }
        Query query =
                new Query(rows.pick(List.of(0)), Optional.of(Metric.L2), new Query.Reach.Nearest(k), filter(message));
        exchange.allowance().take(Math.min(k, index.points()) * (index.bytesPerPoint() + RESULT_BYTES));
        for (int attempt = 1; ; attempt++) {
            Hits hits = exchange.ask(new Command.Search(index.ref(), query)).getFirst();
            try {
                return results(hits, exchange.ask(new Command.Get(index.ref(), hits.ids())));
            } catch (Rejection refused) {
                if (refused.code() != Rejection.Code.NOT_FOUND || attempt == READ_ATTEMPTS) {
                    throw refused;
                }
            }
        }
    }

    private static Filter filter(ProxyMessage message) {
        Optional<Value> metadata = message.metadata();
        if (metadata.isEmpty()) {
            return Filter.ALL;
        }
        if (!(metadata.get() instanceof Value.Fields(Map<String, Value> wanted))) {
            throw Rejection.invalid("Invalid filter: must be a map");
        }
        List<Filter> all = new ArrayList<>();
        wanted.forEach((field, value) -> all.add(new Filter.Equals(FieldPath.of(field), value)));
        return new Filter.And(all);
    }

    /** Ours is minus the squared distance; theirs is 1 / (1 + squared distance). */
    private static Value results(Hits hits, Points points) {
        List<Value> results = new ArrayList<>();
        for (int i = 0; i < hits.count(); i++) {
            String id = points.keys().isEmpty()
                    ? Long.toString(hits.ids()[i])
                    : points.keys().get(i).text();
            results.add(fields(
                    "id",
                    text(id),
                    "score",
                    new Value.Real(1 / (1 - (double) hits.scores()[i])),
                    "metadata",
                    points.payloads().isEmpty()
                            ? Value.Fields.EMPTY
                            : points.payloads().get(i)));
        }
        return new Value.Items(results);
    }

    private static Value deleteVector(ProxyMessage message, Exchange exchange) {
        FaissIndex index = exchange.index(Exchange.NOT_FOUND);
        Put.Key key = Put.Key.of(message.header().text("vector_id"));
        if (exchange.ask(new Command.Delete(index.ref(), new Selection.Keys(List.of(key)))) == 0) {
            throw new Rejection(Rejection.Code.NOT_FOUND, "Vector not found in index %s".formatted(index.id()));
        }
        return fields("deleted", new Value.Bool(true));
    }

    private static Value info(ProxyMessage message, Exchange exchange) {
        FaissIndex index = exchange.index(Exchange.NOT_FOUND);
        Map<String, Value> attributes = index.spec().attributes().values();
        return fields(
                "id", text(index.id()),
                "name", attributes.getOrDefault(NAME_ATTRIBUTE, text(index.id())),
                "dimension", number(index.dimension()),
                "index_type", attributes.getOrDefault(TYPE_ATTRIBUTE, text(index.className())),
                "tenant_id", text(index.info().name().tenant()),
                "vector_count", number(index.points()),
                "served_by", text(index.info().servedBy()));
    }

    private static Value stats(ProxyMessage message, Exchange exchange) {
        FaissIndex index = exchange.index(Exchange.NOT_FOUND);
        return fields(
                Exchange.INDEX_ID,
                text(index.id()),
                "dimension",
                number(index.dimension()),
                "vector_count",
                number(index.points()),
                "type",
                text(index.metricName()));
    }

    private static Value list(ProxyMessage message, Exchange exchange) {
        List<Value> found = new ArrayList<>();
        for (FaissIndex index : exchange.all()) {
            CollectionInfo info = index.info();
            Value.Fields entry = fields(
                    Exchange.INDEX_ID,
                    text(index.id()),
                    "dimension",
                    number(info.spec().dimension()),
                    "vector_count",
                    info.unavailable().isPresent() ? Value.NULL : number(info.points()));
            found.add(info.unavailable()
                    .map(reason -> entry.with(CatalogueActions.UNAVAILABLE, text(reason.text())))
                    .orElse(entry));
        }
        return fields("indexes", new Value.Items(found));
    }

    private static Value delete(ProxyMessage message, Exchange exchange) {
        FaissIndex index = exchange.indexToDelete();
        exchange.ask(new Command.Drop(index.ref()));
        return fields("deleted", new Value.Bool(true));
    }
}
