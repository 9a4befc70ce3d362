package dev.kith.engine.collection;

import dev.kith.engine.payload.PayloadTest;
import dev.kith.kernel.Kernels;
import dev.kith.vectors.CollectionSpec;
import dev.kith.vectors.Limits;
import dev.kith.vectors.Query;
import dev.kith.vectors.Rejection;
import dev.kith.vectors.VectorBlock;

/** What vectors and queries must be before anything is done with them. Stateless. */
final class ShapeCheck {
    private ShapeCheck() {}

    /** Refuses vectors of another element type or dimension, and such as are not finite. */
    static void require(VectorBlock vectors, CollectionSpec spec, String what) {
        if (vectors.element() != spec.element()) {
            throw new Rejection(
                    Rejection.Code.CONFLICT,
                    "%s element type mismatch: expected %s, got %s".formatted(what, spec.element(), vectors.element()));
        }
        if (vectors.dimension() != spec.dimension()) {
            throw Rejection.invalid("%s dimension mismatch: expected %d, got %d"
                    .formatted(what, spec.dimension(), vectors.dimension()));
        }
        if (vectors instanceof VectorBlock.Floats floats
                && !Kernels.active().allFinite(floats.values(), 0, floats.values().length)) {
            throw Rejection.invalid(what + " has a component that is NaN or infinite");
        }
        if (vectors instanceof VectorBlock.Bits bits && !paddedWithZeros(bits)) {
            throw Rejection.invalid(what + " has bits beyond its dimension");
        }
    }

    private static boolean paddedWithZeros(VectorBlock.Bits bits) {
        int used = bits.dimension() % Byte.SIZE;
        if (used == 0) {
            return true;
        }
        int bytes = bits.element().bytesPerVector(bits.dimension());
        for (int last = bytes - 1; last < bits.values().length; last += bytes) {
            if ((bits.values()[last] & 0xff) >>> used != 0) {
                return false;
            }
        }
        return true;
    }

    static void require(Query query, CollectionSpec spec) {
        int queries = query.vectors().count();
        if (queries > Limits.QUERIES_MAX) {
            throw Rejection.invalid("%d queries exceed the maximum (%d)".formatted(queries, Limits.QUERIES_MAX));
        }
        if (query.reach() instanceof Query.Reach.Nearest(int k, int _, boolean _)
                && (long) k * queries > Limits.RESULTS_MAX) {
            throw Rejection.invalid("%d queries with k=%d have more than %d results; send at most %d queries at once"
                    .formatted(queries, k, Limits.RESULTS_MAX, Limits.RESULTS_MAX / k));
        }
        if (query.reach() instanceof Query.Reach.Within(float above) && Float.isNaN(above)) {
            throw Rejection.invalid("The radius is not a number");
        }
        query.metric().ifPresent(metric -> {
            if (metric.element() != spec.element()) {
                throw Rejection.invalid("Metric %s does not compare %s vectors".formatted(metric, spec.element()));
            }
        });
        PayloadTest.requireShallow(query.filter());
        require(query.vectors(), spec, "Query");
    }
}
