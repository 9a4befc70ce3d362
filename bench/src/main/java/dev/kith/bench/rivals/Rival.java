package dev.kith.bench.rivals;

/** An HNSW graph, or what comes closest to it, over the rows of a file. Built once; row i has id i. */
interface Rival extends AutoCloseable {

    /**
     * What to build.
     *
     * @param rows the first so many of the file
     * @param m links of a node on the upper levels, and half of those on level 0
     * @param efConstruction candidates looked at while building
     * @param threads that build
     */
    record Plan(int rows, int m, int efConstruction, int threads) {}

    /** Name and version, for people. */
    String about();

    /** Builds over the rows, which stay in memory in the library's own form. */
    void build(FloatFile rows, Plan plan);

    /** Waits, after a build, until nothing more is done in the background to what was built. */
    default void settle() {}

    /** Bytes of rows, graph and maps by the library's own count, which a resident size cannot tell apart. */
    long bytes();

    /** For one thread; any number of them search at once. */
    Searcher searcher();

    /** Lets go of files and memory. */
    @Override
    void close();

    /** Searches on one thread. */
    interface Searcher {
        /** The ids of the {@code k} best that a walk with {@code ef} candidates finds, best first, −1 where none is. */
        long[] search(float[] query, int ef, int k);
    }
}
