package dev.kith.storage;

import dev.kith.storage.FaultyDirectory.CrashPolicy;
import dev.kith.storage.FaultyDirectory.Kind;
import dev.kith.storage.Recorder.Mutation;
import java.util.List;
import java.util.stream.IntStream;

/** A log from its creation to its end, which any call of its disk may be, and what was promised until then. */
final class LogLife {
    final FaultyDirectory folder = FaultyDirectory.empty().folder("c1");
    private final List<Mutation> all;
    private final Aside aside;
    boolean created;
    /** So many mutations. */
    int forced;

    RecordLog.Tip start = RecordLog.Tip.START;

    /** What else is done with the log when so many mutations were appended, and before the next is. */
    interface Aside {
        void at(int appended, RecordLog log, LogLife life);
    }

    LogLife(List<Mutation> all, Aside aside) {
        this.all = all;
        this.aside = aside;
    }

    static List<Mutation> mutations(int count, int bytesEach) {
        return IntStream.rangeClosed(1, count)
                .mapToObj(i -> Mutation.random(i, 1 + i % 3, bytesEach * i, i))
                .toList();
    }

    /** Creates a log, appends, forces every second mutation, closes. */
    void toItsEnd() {
        RecordLog log = Recorder.create(folder);
        created = true;
        for (int i = 0; i < all.size(); i++) {
            aside.at(i, log, this);
            all.get(i).appendTo(log);
            if (i % 2 == 1) {
                log.force();
                forced = i + 1;
            }
        }
        log.close();
        forced = all.size();
    }

    /** The same, with that call of the disk as the last. */
    void until(long call) {
        folder.failAt(call, Kind.CRASH);
        try {
            toItsEnd();
        } catch (StorageException e) {
            // The power went, or the process ended.
        }
    }

    /** Nothing of what was not forced for −2, all of it for −1, some for any other. */
    static CrashPolicy policy(int seed) {
        return switch (seed) {
            case -2 -> CrashPolicy.DROP_ALL;
            case -1 -> CrashPolicy.KEEP_ALL;
            default -> CrashPolicy.seeded(seed);
        };
    }
}
