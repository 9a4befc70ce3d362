package dev.kith.vectors;

/**
 * What one query found: best first, equal scores by smaller id, at most k.
 *
 * @param ids {@code long[n]}
 * @param scores {@code float[n]}; greater is closer
 */
public record Hits(long[] ids, float[] scores) {
    public Hits {
        if (ids.length != scores.length) {
            throw new IllegalArgumentException("ids and scores differ in length");
        }
    }

    public int count() {
        return ids.length;
    }
}
