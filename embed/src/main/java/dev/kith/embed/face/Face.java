package dev.kith.embed.face;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * A face that a detector found; all lengths in pixels of the picture that the detector saw.
 *
 * @param box where it lies
 * @param confidence 0 to 1
 * @param points {@code float[10]}: x and y of the left eye in the picture, the right eye, the nose, the left and the
 *     right corner of the mouth
 */
record Face(Box box, float confidence, float[] points) {
    /** A rectangle from its left upper to its right lower corner. */
    record Box(float x1, float y1, float x2, float y2) {
        float width() {
            return x2 - x1;
        }

        float height() {
            return y2 - y1;
        }

        /** What two boxes share of what they cover together, 0 to 1. */
        double overlap(Box other) {
            double width = Math.max(0, Math.min(x2, other.x2) - (double) Math.max(x1, other.x1));
            double height = Math.max(0, Math.min(y2, other.y2) - (double) Math.max(y1, other.y1));
            double shared = width * height;
            double covered = (double) width() * height() + (double) other.width() * other.height() - shared;
            return covered > 0 ? shared / covered : 0;
        }
    }

    /** The surest first; of equal ones the upper, then the left one, so that the order is always the same. */
    static final Comparator<Face> SUREST = Comparator.comparingDouble((Face face) -> -face.confidence)
            .thenComparingDouble(face -> face.box.y1)
            .thenComparingDouble(face -> face.box.x1);

    /** Candidates that are compared with each other: of more, the surest. */
    private static final int CANDIDATES_MAX = 2_000;
    /** Faces of one picture that are embedded: of more, the surest. */
    static final int FACES_MAX = 256;

    /**
     * Drops every candidate that shares more than {@code threshold} with a surer one.
     *
     * @return the surest first, at most {@link #FACES_MAX}
     */
    static List<Face> distinct(List<Face> candidates, double threshold) {
        List<Face> kept = new ArrayList<>();
        for (Face face :
                candidates.stream().sorted(SUREST).limit(CANDIDATES_MAX).toList()) {
            if (kept.size() < FACES_MAX && kept.stream().allMatch(other -> face.box.overlap(other.box) <= threshold)) {
                kept.add(face);
            }
        }
        return kept;
    }
}
