package dev.kith.service;

import java.util.OptionalLong;

/**
 * A collection as a client names it. A plain name means the door's own namespace; {@code namespace/name} reaches any
 * other of the same tenant, unless the own namespace has a collection of exactly that name. Creation always means the
 * own namespace.
 *
 * @param namespace the door's own
 * @param text what the client wrote
 * @param id of the collection that was looked at before: no other of that name is meant
 */
public record CollectionRef(String namespace, String text, OptionalLong id) {

    /** Whichever collection has the name when the command is done. */
    public CollectionRef(String namespace, String text) {
        this(namespace, text, OptionalLong.empty());
    }
}
