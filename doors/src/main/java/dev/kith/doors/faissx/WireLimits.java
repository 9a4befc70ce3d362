package dev.kith.doors.faissx;

/** Bounds of what the FAISSx wire accepts and answers, besides those of the engine's vocabulary. */
final class WireLimits {
    /** Levels of arrays and maps in a message: the deepest real request has four. */
    static final int DEPTH_MAX = 32;
    /** Fields of the top-level map: the widest real request has eight. Bounds the comparison of each with each. */
    static final int FIELDS_MAX = 64;
    /** Vectors in one add: what clients send at most, and what the original refuses to exceed. */
    static final int VECTORS_MAX = 10_000;
    /** UTF-16 units of an index id. */
    static final int INDEX_ID_CHARS_MAX = 255;
    /** UTF-8 bytes of a key. */
    static final int API_KEY_BYTES_MAX = 256;
    /** UTF-16 units of a tenant's name as clients send it. */
    static final int TENANT_CHARS_MAX = 128;
    /** Bytes of one reply: what a client on the other side of the same transport accepts from us in one piece. */
    static final int REPLY_BYTES_MAX = 256 << 20;
    /** Ids in one request. */
    static final int IDS_MAX = 100_000;
    /** Sources of one merge. */
    static final int MERGE_SOURCES_MAX = 1_000;
    /** Clusters of one clustering. */
    static final int CLUSTERS_MAX = 10_000;
    /** Rounds of one clustering. */
    static final int ITERATIONS_MAX = 1_000;

    private WireLimits() {}
}
