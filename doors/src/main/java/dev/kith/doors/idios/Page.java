package dev.kith.doors.idios;

import dev.kith.doors.http.HttpRequest;
import dev.kith.doors.idios.Checks.Range;
import dev.kith.doors.idios.Problem.Place;
import dev.kith.vectors.Value;
import java.util.Optional;

/**
 * Which entries are asked for.
 *
 * @param cursor those after it, in the order of bytes; empty: from the first
 */
record Page(String model, String cursor, int limit) {
    /** The most that Milvus gives at once, which is what the original gives where no limit is named. */
    static final int LIMIT_MAX = 16_384;

    private static final Range LIMITS = new Range(1, LIMIT_MAX, LIMIT_MAX);

    /** Reads a body that may be missing. */
    static Page read(HttpRequest request, Models models) {
        Optional<Value> body = JsonBody.read(request);
        Checks checks = new Checks();
        String model = models.of(request, checks);
        Value.Fields fields =
                body.flatMap(value -> checks.object(value, Place.BODY)).orElse(Value.Fields.EMPTY);
        Optional<String> cursor = checks.optional(fields, "cursor", Place.BODY, checks::text);
        Optional<Long> limit =
                checks.optional(fields, "limit", Place.BODY, (value, place) -> checks.range(value, place, LIMITS));
        checks.finish();
        return new Page(
                model, cursor.orElse(""), limit.orElse(LIMITS.otherwise()).intValue());
    }
}
