package dev.kith.doors.ahnlich;

import dev.kith.service.CollectionRef;

/**
 * A store of the proxy as it was found.
 *
 * @param ref the collection with its record, and no later one of its name
 * @param dimension of its vectors
 */
record AiStore(CollectionRef ref, String schema, int dimension, AiRecord record) {
    String name() {
        return ref.text();
    }
}
