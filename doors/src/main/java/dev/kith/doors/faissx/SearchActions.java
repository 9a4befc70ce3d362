package dev.kith.doors.faissx;

import dev.kith.doors.faissx.MsgpackReader.Kind;
import dev.kith.service.Command;
import dev.kith.vectors.Filter;
import dev.kith.vectors.Hits;
import dev.kith.vectors.IndexSpec;
import dev.kith.vectors.Limits;
import dev.kith.vectors.Points;
import dev.kith.vectors.Query;
import dev.kith.vectors.Rejection;
import dev.kith.vectors.Value;
import dev.kith.vectors.VectorBlock;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** The actions that search. */
final class SearchActions {
    private static final int K = 10;
    private static final String K_FIELD = "k";
    private static final String QUERIES = "query_vectors";
    private static final String DISTANCES = "distances";
    private static final String INDICES = "indices";
    private static final String QUERY_MISMATCH = "Query dimension mismatch: expected %d, got %d";
    /** Least bytes of one result in a reply: a float64 and an id of one byte. */
    private static final long RESULT_BYTES_MIN = MsgpackReader.FLOAT64_BYTES + 1;
    /** Memory of one result of a search: a score and an id. */
    private static final long HIT_BYTES = Float.BYTES + Long.BYTES;
    /** Memory of one query's results besides them, and of their heads and names in a reply. */
    private static final long ROW_BYTES = 192;
    /** While results with vectors are put together, their ids are in three more arrays. */
    private static final long ID_COPIES_BYTES = 3L * Long.BYTES;
    /** A result may be removed before its vector is read; the search then starts again, this often. */
    private static final int READ_ATTEMPTS = 3;
    /** Names of what a graph calls ef; where several are given, the first of these counts. */
    private static final List<String> EF_NAMES = List.of("efSearch", "ef_search", "ef");

    /** Knobs of one search. Where no structure obeys one, the exact scan that answers satisfies it. */
    private static final Set<String> KNOBS = Set.of("nprobe", "efSearch", "ef_search", "ef");

    private SearchActions() {}

    static Map<String, Action> actions() {
        return Map.of(
                "search", SearchActions::search,
                "search_and_reconstruct", SearchActions::searchAndReconstruct,
                "hybrid_search", SearchActions::hybrid,
                "range_search", SearchActions::range);
    }

    /** A search that was read from a request and checked. */
    private record Search(FaissIndex index, VectorBlock queries, Query.Reach.Nearest reach, Scores scores) {
        static Search read(Exchange exchange) {
            FieldReader fields = exchange.fields();
            FaissIndex index = exchange.index(Exchange.DOES_NOT_EXIST);
            int k = fields.integerOr(K_FIELD, K, 1, Limits.K_MAX);
            int efSearch = efSearch(knobs(fields), index);
            return new Search(
                    index, queriesIn(exchange, index), new Query.Reach.Nearest(k, efSearch, false), Scores.of(index));
        }

        int k() {
            return reach.k();
        }

        /**
         * Refuses before searching what could not be answered in one reply, and asks for the memory of what can.
         *
         * @param more bytes in the reply for each result, beside its score and its id
         * @param besides bytes of what the reply is made from, beside scores and ids
         */
        void require(Exchange exchange, long more, long besides) {
            long results = results();
            if ((RESULT_BYTES_MIN + more) * results > WireLimits.REPLY_BYTES_MAX) {
                throw MsgpackWriter.tooLarge();
            }
            long rows = queries.count() * ROW_BYTES;
            long each = (hasMatrices() ? 2 : 1) * resultBytes(index) + more;
            exchange.reply().expect(results * each + rows, results * HIT_BYTES + rows + besides);
        }

        long results() {
            return (long) k() * queries.count();
        }

        /** Whether the reply has all results a second time, for a class of the client that reads only those. */
        boolean hasMatrices() {
            return index.index().kind() == IndexSpec.Kind.IVF_PQ;
        }

        List<Hits> run(Exchange exchange) {
            if (queries.count() == 0) {
                return List.of();
            }
            Query query = new Query(queries, scores.queryMetric(), reach, Filter.ALL);
            return exchange.ask(new Command.Search(index.ref(), query));
        }
    }

    /** Most bytes of one result in a reply, unless the index grows meanwhile. */
    private static long resultBytes(FaissIndex index) {
        return MsgpackReader.FLOAT64_BYTES
                + MsgpackWriter.integerBytes(index.isIdMap() ? Long.MAX_VALUE : index.points());
    }

    private static VectorBlock queriesIn(Exchange exchange, FaissIndex index) {
        return exchange.vectors(
                index, new VectorDecoder.Expectation(QUERIES, QUERY_MISMATCH, index.dimension(), Limits.QUERIES_MAX));
    }

    private static Map<String, Value> knobs(FieldReader fields) {
        Map<String, Value> knobs =
                fields.map("params").map(Value.Fields::values).orElse(Map.of());
        knobs.forEach((name, value) -> {
            if (KNOBS.contains(name) && !(value instanceof Value.Int(long number) && number > 0)) {
                throw Rejection.invalid("Invalid params: %s must be a positive integer".formatted(name));
            }
        });
        return knobs;
    }

    /**
     * Candidates that a graph keeps: what the request names, else what the index was set to, else 0, so that the engine
     * chooses. FAISS's own default of 16 counts as not set: it finds too little.
     */
    private static int efSearch(Map<String, Value> knobs, FaissIndex index) {
        for (String name : EF_NAMES) {
            if (knobs.get(name) instanceof Value.Int(long number)) {
                return (int) Math.min(number, Integer.MAX_VALUE);
            }
        }
        long set = index.index().parameter("ef_search", IndexTypes.EF_SEARCH);
        return set == IndexTypes.EF_SEARCH ? 0 : (int) Math.min(set, Integer.MAX_VALUE);
    }

    private static void search(Exchange exchange) {
        Search search = Search.read(exchange);
        search.require(exchange, 0, 0);
        List<Hits> found = search.run(exchange);
        MsgpackWriter out = exchange.reply().field("results").array(found.size());
        for (Hits hits : found) {
            out.map(2);
            writeRow(out, search, hits);
        }
        finish(exchange, search, found);
    }

    private static void writeRow(MsgpackWriter out, Search search, Hits hits) {
        out.text(DISTANCES);
        writeDistances(out, search, hits);
        out.text(INDICES);
        writeIndices(out, search, hits);
    }

    /** As FAISS does, each row has k entries. */
    private static void writeDistances(MsgpackWriter out, Search search, Hits hits) {
        out.array(search.k());
        for (float score : hits.scores()) {
            search.scores().write(out, score);
        }
        for (int i = hits.count(); i < search.k(); i++) {
            search.scores().writePadding(out);
        }
    }

    private static void writeIndices(MsgpackWriter out, Search search, Hits hits) {
        out.array(search.k());
        for (long id : hits.ids()) {
            out.integer(id);
        }
        for (int i = hits.count(); i < search.k(); i++) {
            out.integer(-1);
        }
    }

    private static void finish(Exchange exchange, Search search, List<Hits> found) {
        exchange.reply()
                .integer("num_queries", search.queries().count())
                .integer(K_FIELD, search.k())
                .flag("is_binary", search.index().isBinary());
        if (search.hasMatrices()) {
            MsgpackWriter distances = exchange.reply().field(DISTANCES).array(found.size());
            found.forEach(hits -> writeDistances(distances, search, hits));
            MsgpackWriter indices = exchange.reply().field(INDICES).array(found.size());
            found.forEach(hits -> writeIndices(indices, search, hits));
        }
    }

    private static void searchAndReconstruct(Exchange exchange) {
        Search search = Search.read(exchange);
        FaissIndex index = search.index();
        long read = Math.min(search.results(), index.points()) * index.bytesPerPoint();
        search.require(exchange, VectorWriter.bytesPerVector(index), search.results() * ID_COPIES_BYTES + read);
        for (int attempt = 1; ; attempt++) {
            List<Hits> found = search.run(exchange);
            long[] ids = found.stream()
                    .flatMapToLong(hits -> Arrays.stream(hits.ids()))
                    .sorted()
                    .distinct()
                    .toArray();
            try {
                Points points = exchange.ask(new Command.Get(index.ref(), ids));
                writeWithVectors(exchange, search, found, points);
                return;
            } catch (Rejection refused) {
                if (refused.code() != Rejection.Code.NOT_FOUND || attempt == READ_ATTEMPTS) {
                    throw refused;
                }
            }
        }
    }

    private static void writeWithVectors(Exchange exchange, Search search, List<Hits> found, Points points) {
        MsgpackWriter out = exchange.reply().field("results").array(found.size());
        for (Hits hits : found) {
            out.map(3);
            writeRow(out, search, hits);
            out.text("vectors").array(search.k());
            for (long id : hits.ids()) {
                VectorWriter.row(out, points.vectors(), Arrays.binarySearch(points.ids(), id));
            }
            for (int i = hits.count(); i < search.k(); i++) {
                VectorWriter.zeros(out, points.vectors(), search.index().dimension());
            }
        }
        finish(exchange, search, found);
    }

    private static void hybrid(Exchange exchange) {
        double weight = exchange.fields().numberOr("vector_weight", 0.5);
        if (weight < 0 || weight > 1) {
            throw Rejection.invalid("Invalid vector_weight: %s is not in 0 to 1".formatted(weight));
        }
        if (exchange.fields().has("metadata_filter")) {
            throw Rejection.invalid("metadata_filter is not supported: these indexes have no metadata");
        }
        search(exchange);
    }

    private static void range(Exchange exchange) {
        FaissIndex index = exchange.index(Exchange.DOES_NOT_EXIST);
        double radius = exchange.fields().numberOr("radius", 0);
        exchange.fields().accept("params", "a map", Kind.MAP);
        VectorBlock queries = queriesIn(exchange, index);
        Scores scores = Scores.of(index);
        List<Hits> found = List.of();
        if (queries.count() > 0) {
            Query query = new Query(
                    queries, scores.queryMetric(), new Query.Reach.Within(scores.scoreAbove(radius)), Filter.ALL);
            long most = Math.min(queries.count() * index.points(), Limits.RESULTS_MAX);
            exchange.allowance().take(most * HIT_BYTES + queries.count() * ROW_BYTES);
            found = exchange.ask(new Command.Search(index.ref(), query));
            long results = found.stream().mapToLong(Hits::count).sum();
            exchange.reply().expect(2 * results * resultBytes(index) + queries.count() * ROW_BYTES, 0);
        }
        writeRange(exchange.reply(), scores, found);
        exchange.reply().integer("num_queries", queries.count()).real("radius", radius);
    }

    /** Some client classes read the results one by one, others only the flattened ones at the top. */
    private static void writeRange(Reply reply, Scores scores, List<Hits> found) {
        MsgpackWriter out = reply.field("results").array(found.size());
        int query = 0;
        int total = 0;
        for (Hits hits : found) {
            out.map(5);
            out.text("query_index").integer(query++);
            out.text("num_results").integer(hits.count());
            out.text("count").integer(hits.count());
            out.text(INDICES).array(hits.count());
            writeIds(out, hits);
            out.text(DISTANCES).array(hits.count());
            writeScores(out, scores, hits);
            total += hits.count();
        }
        MsgpackWriter limits = reply.field("lims").array(found.size() + 1);
        long reached = 0;
        limits.integer(reached);
        for (Hits hits : found) {
            reached += hits.count();
            limits.integer(reached);
        }
        MsgpackWriter distances = reply.field(DISTANCES).array(total);
        found.forEach(hits -> writeScores(distances, scores, hits));
        MsgpackWriter indices = reply.field(INDICES).array(total);
        found.forEach(hits -> writeIds(indices, hits));
    }

    private static void writeIds(MsgpackWriter out, Hits hits) {
        for (long id : hits.ids()) {
            out.integer(id);
        }
    }

    private static void writeScores(MsgpackWriter out, Scores scores, Hits hits) {
        for (float score : hits.scores()) {
            scores.write(out, score);
        }
    }
}
