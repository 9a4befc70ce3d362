package dev.kith.doors.grpc;

import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * The calls of one door that hold memory of the room, and a look at them: those that do not move on are ended. One
 * thread looks; calls come and go on any.
 */
final class Stalls implements Runnable {
    private final FewLines lines;
    private final Set<CallRoom> open = ConcurrentHashMap.newKeySet();

    /** @param lines of the log, which are settled at each look */
    Stalls(FewLines lines) {
        this.lines = lines;
    }

    void add(CallRoom call) {
        open.add(call);
    }

    void remove(CallRoom call) {
        open.remove(call);
    }

    @Override
    public void run() {
        long now = System.nanoTime();
        open.forEach(call -> call.look(now));
        lines.settle(now);
    }
}
