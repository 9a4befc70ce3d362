package dev.kith.vectors;

import java.util.List;

/**
 * Points read back at one moment.
 *
 * @param ids {@code long[n]}
 * @param vectors {@code n} vectors, bit for bit as they were given
 * @param keys one a point, or empty where the collection has none
 * @param payloads one a point; an empty object where none was given. Each is decoded when it is asked for, every time
 *     anew: together they may be far larger than the memory, so who keeps them counts them one by one
 * @param total live points of the collection at that moment
 */
public record Points(long[] ids, VectorBlock vectors, List<Put.Key> keys, List<Value.Fields> payloads, long total) {}
