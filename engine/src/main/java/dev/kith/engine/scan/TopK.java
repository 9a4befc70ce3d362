package dev.kith.engine.scan;

import dev.kith.vectors.Hits;

/**
 * The k best of what is offered: a binary heap with the worst on top, in two flat arrays. Greater scores are better;
 * of equal scores the smaller id is. Not safe for more than one thread.
 */
final class TopK {
    private static final int CAPACITY_MIN = 16;

    private final int k;
    private float[] scores;
    private long[] ids;
    private int count;

    TopK(int k) {
        this.k = k;
        int capacity = Math.min(k, CAPACITY_MIN);
        scores = new float[capacity];
        ids = new long[capacity];
    }

    /**
     * What a score must be strictly greater than to be worth offering. Equal scores may still win by their id, so this
     * lies just below the worst kept.
     */
    float threshold() {
        return count < k ? Float.NEGATIVE_INFINITY : Math.nextDown(scores[0]);
    }

    void offer(float score, long id) {
        if (count < k) {
            append(score, id);
        } else if (worse(scores[0], ids[0], score, id)) {
            siftDown(0, score, id);
        }
    }

    private void append(float score, long id) {
        if (count == scores.length) {
            int capacity = (int) Math.min(k, count * 2L);
            scores = java.util.Arrays.copyOf(scores, capacity);
            ids = java.util.Arrays.copyOf(ids, capacity);
        }
        int at = count++;
        while (at > 0) {
            int parent = (at - 1) >>> 1;
            if (!worse(score, id, scores[parent], ids[parent])) {
                break;
            }
            scores[at] = scores[parent];
            ids[at] = ids[parent];
            at = parent;
        }
        scores[at] = score;
        ids[at] = id;
    }

    private void siftDown(int from, float score, long id) {
        int at = from;
        while (true) {
            int child = 2 * at + 1;
            if (child >= count) {
                break;
            }
            if (child + 1 < count && worse(scores[child + 1], ids[child + 1], scores[child], ids[child])) {
                child++;
            }
            if (!worse(scores[child], ids[child], score, id)) {
                break;
            }
            scores[at] = scores[child];
            ids[at] = ids[child];
            at = child;
        }
        scores[at] = score;
        ids[at] = id;
    }

    private static boolean worse(float score, long id, float thanScore, long thanId) {
        return score < thanScore || (score == thanScore && id > thanId);
    }

    /** What was kept, best first; empties the heap. */
    Hits drain() {
        float[] sortedScores = new float[count];
        long[] sortedIds = new long[count];
        for (int i = count - 1; i >= 0; i--) {
            sortedScores[i] = scores[0];
            sortedIds[i] = ids[0];
            count--;
            siftDown(0, scores[count], ids[count]);
        }
        return new Hits(sortedIds, sortedScores);
    }
}
