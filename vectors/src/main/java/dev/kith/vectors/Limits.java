package dev.kith.vectors;

/** Bounds of the engine's vocabulary. Doors may be stricter, never laxer. */
public final class Limits {
    /** Components of a vector; a row then has at most 40 kB. */
    public static final int DIMENSION_MAX = 10_000;
    /** Results per query that goes through a graph: bounds the heap of one search. */
    public static final int K_MAX = 10_000;
    /** Vectors in one put: with the widest rows 400 MB, the largest request that a door can carry. */
    public static final int PUT_POINTS_MAX = 100_000;
    /** Queries in one search request. */
    public static final int QUERIES_MAX = 10_000;
    /** Results of one request, all its queries together: 120 MB of ids and scores. */
    public static final int RESULTS_MAX = 10_000_000;
    /** Bytes of vectors read back by one request; half of what a Java array can hold. */
    public static final long READ_BYTES_MAX = 512L << 20;
    /** The greatest id; one more must still be a number. */
    public static final long ID_MAX = Long.MAX_VALUE - 1;
    /** UTF-16 units of one part of a collection's name. */
    public static final int NAME_CHARS_MAX = 512;
    /** Bytes of a point's key: a URL of 2,083 characters fits, whichever they are. */
    public static final int KEY_BYTES_MAX = 8_332;
    /**
     * Encoded bytes of a point's payload: a photograph fits, and a point with the longest vector and key still lies in
     * one record of the log, whose body has 64 KiB more.
     */
    public static final int PAYLOAD_BYTES_MAX = 4 << 20;
    /** Payload fields that have an index, of one collection: each costs memory a point. */
    public static final int PAYLOAD_INDEXES_MAX = 256;
    /** Levels of lists and maps in a payload or of a filter: bounds every recursion over them. */
    public static final int DEPTH_MAX = 64;

    private Limits() {}
}
