package dev.kith.engine.collection;

import dev.kith.storage.RecordLog;
import dev.kith.vectors.Durability;
import java.nio.ByteBuffer;
import java.util.Optional;
import java.util.concurrent.Semaphore;

/**
 * Where a collection's mutations go before they are applied: its log, or nowhere for a collection that lives in memory
 * only. One writer at a time.
 */
final class Journal {
    private final Optional<RecordLog> log;
    private final Semaphore forces;

    /** @param forces bounds how many collections force their logs at the same time */
    Journal(Optional<RecordLog> log, Semaphore forces) {
        this.log = log;
        this.forces = forces;
    }

    Durability durability() {
        return log.isPresent() ? Durability.FORCE : Durability.NONE;
    }

    void reserve(long bytes) {
        log.ifPresent(file -> file.reserve(bytes));
    }

    void append(RecordLog.Entry entry, ByteBuffer body) {
        log.ifPresent(file -> file.append(entry, body));
    }

    void force() {
        if (log.isEmpty()) {
            return;
        }
        forces.acquireUninterruptibly();
        try {
            log.get().force();
        } finally {
            forces.release();
        }
    }

    /** Forgets what was appended since the last force, durably. */
    void discardUnforced() {
        log.ifPresent(RecordLog::discardUnforced);
    }

    /** Where the log ends; moves with every append. */
    long appended() {
        return log.map(RecordLog::appended).orElse(0L);
    }

    /** Goes on in a new file, between two commits; answers where it begins. */
    RecordLog.Tip beginFile() {
        return log.map(RecordLog::beginFile).orElse(RecordLog.Tip.START);
    }

    /** Lets go of the files before that. */
    void deleteBefore(long offset) {
        log.ifPresent(file -> file.deleteBefore(offset));
    }

    /** Bytes on disk. */
    long bytes() {
        return log.map(RecordLog::bytes).orElse(0L);
    }

    void close() {
        log.ifPresent(RecordLog::close);
    }
}
