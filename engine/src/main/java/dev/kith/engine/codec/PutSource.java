package dev.kith.engine.codec;

import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/** Points on their way into the log: what a client gave, or rows of another collection. */
public interface PutSource {
    int count();

    /** The id of point {@code i}; ids that follow one another take no room in the log. */
    long id(int i);

    /** The key of point {@code i}, or null. */
    byte @Nullable [] key(int i);

    /** The encoded payload of point {@code i}, or null. */
    byte @Nullable [] payload(int i);

    /** Appends {@code count} vectors from {@code from} on, without padding. */
    void vectors(int from, int count, ByteBuffer into);
}
