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
    /** What is read is in memory as it was read and in the reply. */
    private static final long COPIES = 2;

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

    /** The value of one point, for which memory is taken: of many, only those in the reply are decoded at once. */
    static StoreValue value(Asking asking, Points points, int number) {
        if (points.payloads().isEmpty()) {
            return StoreValue.getDefaultInstance();
        }
        Value.Fields payload = points.payloads().get(number);
        asking.call().take(COPIES * Metadata.bytes(payload));
        return Metadata.message(payload);
    }

    static DbStoreEntry entry(Asking asking, Points points, int number) {
        return DbStoreEntry.newBuilder()
                .setKey(key(points.vectors(), number))
                .setValue(value(asking, points, number))
                .build();
    }

    /** Bytes to take for so many vectors before they are read. */
    static long bytes(Asking.Store store, long count) {
        return COPIES * count * store.dimension() * Float.BYTES;
    }
}
