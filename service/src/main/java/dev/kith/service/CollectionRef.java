package dev.kith.service;

/**
 * A collection as a client names it. A plain name means the door's own namespace; {@code namespace/name} reaches any
 * other of the same tenant, unless the own namespace has a collection of exactly that name. Creation always means the
 * own namespace.
 *
 * @param namespace the door's own
 * @param text what the client wrote
 */
public record CollectionRef(String namespace, String text) {}
