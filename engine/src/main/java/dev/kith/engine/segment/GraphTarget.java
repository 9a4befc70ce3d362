package dev.kith.engine.segment;

import java.nio.ByteBuffer;

/** A graph that is made of what was written of one. */
public interface GraphTarget {
    /** How many pages there must be. */
    int pages();

    /** Takes a page; several threads may bring different ones. False when it makes no sense. */
    boolean page(int page, ByteBuffer from);

    /** All pages were taken; false when the graph makes no sense as a whole. */
    boolean finish();
}
