package dev.kith.engine.segment;

import java.nio.ByteBuffer;

/** A graph that is made of what was written of one. */
public interface GraphTarget {
    /** How many pages a graph of so many nodes has. */
    int pages(int covered);

    /**
     * Takes a page; several threads may bring different ones. What has changed comes after what it has changed. False
     * when it makes no sense.
     */
    boolean page(GraphPage page, ByteBuffer from);

    /** All pages were taken; false when the graph makes no sense as a whole. */
    boolean finish();
}
