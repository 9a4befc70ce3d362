package dev.kith.doors.ahnlich;

import java.util.List;
import java.util.concurrent.locks.Lock;
import java.util.concurrent.locks.ReentrantLock;
import java.util.stream.Stream;

/** Locks for things without a lock of their own: the same for equal things, seldom for others. Safe on any thread. */
final class Turns {
    private static final int LOCKS = 64;

    private final List<Lock> locks =
            Stream.<Lock>generate(ReentrantLock::new).limit(LOCKS).toList();

    Lock of(Object thing) {
        return locks.get(Math.floorMod(thing.hashCode(), LOCKS));
    }
}
