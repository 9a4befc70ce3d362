package dev.kith.engine.segment;

import java.nio.ByteBuffer;

/** A graph that stays as it is while it is written. One thread. */
public interface GraphSource {
    GraphHead head();

    int pages();

    int pageBytes(GraphPage page);

    /** Writes a page, which takes {@link #pageBytes}, little-endian. */
    void page(GraphPage page, ByteBuffer into);
}
