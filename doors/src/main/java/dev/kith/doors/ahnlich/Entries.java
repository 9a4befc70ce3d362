package dev.kith.doors.ahnlich;

import dev.kith.vectors.Points;
import dev.kith.vectors.Rejection;
import dev.kith.vectors.Value;
import dev.kith.vectors.VectorBlock;
import dev.kith.wire.ahnlich.keyval.DbStoreEntry;
import dev.kith.wire.ahnlich.keyval.StoreKey;
import dev.kith.wire.ahnlich.keyval.StoreValue;
import java.util.List;

/** Keys and entries as vectors and points, and back. */
final class Entries {
    private Entries() {}

    /** Keys as one block; refuses the first that has another dimension, or a component that is no number. */
    static VectorBlock.Floats vectors(List<StoreKey> keys, int dimension) {
        keys.forEach(key -> requireDimension(key, dimension));
        float[] values = new float[Math.multiplyExact(keys.size(), dimension)];
        int at = 0;
        for (int number = 0; number < keys.size(); number++) {
            StoreKey key = keys.get(number);
            for (int component = 0; component < dimension; component++) {
                float value = key.getKey(component);
                if (!Float.isFinite(value)) {
                    throw Rejection.invalid(
                            "Component %d of vector %d is %s; only finite numbers can be stored or searched"
                                    .formatted(component, number, value));
                }
                values[at++] = value;
            }
        }
        return new VectorBlock.Floats(values, keys.size(), dimension);
    }

    static void requireDimension(StoreKey key, int dimension) {
        if (key.getKeyCount() != dimension) {
            throw Refusals.dimension(dimension, key.getKeyCount());
        }
    }

    static StoreKey key(VectorBlock vectors, int number) {
        if (!(vectors instanceof VectorBlock.Floats(float[] values, int _, int dimension))) {
            throw new Rejection(Rejection.Code.CONFLICT, "The store has vectors of bits, which Ahnlich's keys are not");
        }
        StoreKey.Builder key = StoreKey.newBuilder();
        for (int at = number * dimension; at < (number + 1) * dimension; at++) {
            key.addKey(values[at]);
        }
        return key.build();
    }

    static StoreValue value(Points points, int number) {
        return points.payloads().isEmpty()
                ? StoreValue.getDefaultInstance()
                : Metadata.message(points.payloads().get(number));
    }

    static DbStoreEntry entry(Points points, int number) {
        return DbStoreEntry.newBuilder()
                .setKey(key(points.vectors(), number))
                .setValue(value(points, number))
                .build();
    }

    /** Bytes that these points take in a reply, about. */
    static long bytes(Points points) {
        long vectors = (long) points.ids().length * points.vectors().dimension() * Float.BYTES;
        return vectors + points.payloads().stream().mapToLong(Entries::bytes).sum();
    }

    private static long bytes(Value.Fields payload) {
        return Metadata.bytes(payload);
    }
}
