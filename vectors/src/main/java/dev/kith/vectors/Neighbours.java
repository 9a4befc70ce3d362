package dev.kith.vectors;

/**
 * What one query found, with the points themselves: best first, equal scores by smaller id, at most k.
 *
 * @param scores {@code float[n]}, one a point; greater is closer
 */
public record Neighbours(Points points, float[] scores) {
    public Neighbours {
        if (points.ids().length != scores.length) {
            throw new IllegalArgumentException("points and scores differ in number");
        }
    }
}
