package dev.kith.doors.faissx;

import dev.kith.service.Command;
import dev.kith.vectors.Points;
import dev.kith.vectors.Rejection;
import java.util.Map;

/** The actions that read vectors back, bit for bit as they were given, whatever the index's kind. */
final class ReadActions {
    private static final String START = "start_idx";
    private static final int COUNT = 10;
    /** Of a reply, what is not vectors. */
    private static final int REST_BYTES = 256;

    private ReadActions() {}

    static Map<String, Action> actions() {
        return Map.of(
                "reconstruct", ReadActions::reconstruct,
                "reconstruct_n", ReadActions::reconstructMany,
                "get_vectors", ReadActions::getVectors);
    }

    /** Clients send {@code id}; what the reference reads is {@code idx}, 0 where it is not there. */
    private static void reconstruct(Exchange exchange) {
        FieldReader fields = exchange.fields();
        FaissIndex index = exchange.index(Exchange.NOT_FOUND);
        String field = fields.has("id") || !fields.has("idx") ? "id" : "idx";
        long id = fields.has(field) ? fields.id(field) : 0;
        Points points = exchange.ask(new Command.Get(index.ref(), new long[] {id}));
        VectorWriter.row(exchange.reply().field("vector"), points.vectors(), 0);
    }

    private static void reconstructMany(Exchange exchange) {
        FieldReader fields = exchange.fields();
        FaissIndex index = exchange.index(Exchange.NOT_FOUND);
        int start = fields.integerOr(START, 0, 0, Integer.MAX_VALUE);
        int count = fields.integerOr("num_vectors", COUNT, 1, Integer.MAX_VALUE);
        requireWithin(index, start, count, index.points());
        require(exchange, index, count);
        Points points = exchange.ask(new Command.Scan(index.ref(), start, count));
        requireWithin(index, start, count, points.total());
        VectorWriter.rows(exchange.reply().field("vectors"), points.vectors());
        exchange.reply().integer(START, start).integer("num_vectors", count);
    }

    private static void requireWithin(FaissIndex index, int start, int count, long total) {
        if ((long) start + count > total) {
            throw Rejection.invalid("Vectors %d to %d are beyond the end of index %s, which has %d"
                    .formatted(start, (long) start + count - 1, index.id(), total));
        }
    }

    /** Asks for the memory of vectors and of their reply, before they are read. */
    private static void require(Exchange exchange, FaissIndex index, long count) {
        long each = VectorWriter.bytesPerVector(index);
        if (count * each > WireLimits.REPLY_BYTES_MAX) {
            throw Rejection.invalid("Response too large: %d vectors; at most %d of dimension %d fit one reply"
                    .formatted(count, WireLimits.REPLY_BYTES_MAX / each, index.dimension()));
        }
        exchange.reply().expect(count * each + REST_BYTES, count * index.bytesPerPoint());
    }

    private static void getVectors(Exchange exchange) {
        FieldReader fields = exchange.fields();
        FaissIndex index = exchange.index(Exchange.NOT_FOUND);
        int start = fields.integerOr(START, 0, 0, Integer.MAX_VALUE);
        int limit = fields.integerOr("limit", Integer.MAX_VALUE, 1, Integer.MAX_VALUE);
        if (start > index.points()) {
            throw Rejection.invalid("start_idx=%d is beyond the end of index %s, which has %d"
                    .formatted(start, index.id(), index.points()));
        }
        int count = (int) Math.min(limit, index.points() - start);
        require(exchange, index, count);
        MsgpackWriter out = exchange.reply().field("vectors");
        if (count == 0) {
            out.array(0);
            exchange.reply().integer(START, start).integer("count", 0).integer("ntotal", index.points());
            return;
        }
        Points points = exchange.ask(new Command.Scan(index.ref(), start, count));
        VectorWriter.rows(out, points.vectors());
        exchange.reply()
                .integer(START, start)
                .integer("count", points.vectors().count())
                .integer("ntotal", points.total());
    }
}
