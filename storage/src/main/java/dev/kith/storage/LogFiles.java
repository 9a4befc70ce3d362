package dev.kith.storage;

import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * The files of one log: the one that is appended to and those before it. The current one is exchanged by the log, under
 * its lock; any thread may ask for the bytes.
 */
final class LogFiles {
    private final Directory folder;
    private final long collectionId;
    /** Bytes of the files before the current one, by their bases; guarded by itself. */
    private final TreeMap<Long, Long> earlier = new TreeMap<>();

    private volatile @Nullable LogFile current;

    LogFiles(RecordLog.Place place) {
        this.folder = place.folder();
        this.collectionId = place.collectionId();
    }

    /** The file to append to; none when the log is damaged. */
    @Nullable
    LogFile current() {
        return current;
    }

    /** Creates the first file of a log; it is durable on return, but for the folder's own name. */
    void begin() {
        LogFile first = LogFile.create(folder, new LogFileHeader(collectionId, 0, 0));
        try {
            first.file().force();
            folder.force();
        } catch (StorageException e) {
            first.close();
            throw e;
        }
        current = first;
    }

    /**
     * Makes what a replay found ready to be appended to. A process that was killed, or whose force failed, leaves
     * records that the operating system has and the disk has not: they were given to the visitor, so they must be
     * durable now. The same goes for the name of a file that was begun last.
     */
    void settle(LogReplay.Outcome found) {
        if (found.unbegun().isPresent()) {
            folder.delete(found.unbegun().get());
            folder.force();
        }
        LogFile last = LogFile.open(folder, found.lastBase());
        try {
            long end = found.tip().offset();
            if (found.cut().isPresent()) {
                last.truncate(last.position(end));
            }
            if (!found.marked()) {
                last.rewrite(found.durable(), end);
                last.file().force();
                folder.force();
            }
        } catch (StorageException e) {
            last.close();
            throw e;
        }
        setEarlier(found.files());
        current = last;
    }

    /** What a log has that is not to be appended to. */
    void setEarlier(Map<Long, Long> files) {
        synchronized (earlier) {
            earlier.putAll(files);
        }
    }

    /**
     * Creates the file that begins at a border, with room for {@code bytes}, durably. Power may go at any step: before
     * the new file's name is durable the log ends with the old file; then a new file without a durable header is
     * removed; with one, it is a log whose last file is empty.
     *
     * @throws DiskFullException when there is no room; no such file is there then, durably
     */
    LogFile create(RecordLog.Tip border, long bytes) {
        LogFile next = null;
        try {
            next = LogFile.create(folder, new LogFileHeader(collectionId, border.offset(), border.sequence()));
            next.grow(LogFileHeader.BYTES + bytes);
            next.file().force();
            folder.force();
            return next;
        } catch (DiskFullException e) {
            abolish(next, border);
            throw e;
        } catch (StorageException e) {
            if (next != null) {
                next.close();
            }
            throw e;
        }
    }

    /**
     * Takes back a file that there was no room for. Its name must be gone for good before the file before it goes on:
     * a reader that found it would expect nothing beyond its base there.
     */
    private void abolish(@Nullable LogFile next, RecordLog.Tip border) {
        try {
            if (next != null) {
                next.close();
            }
            folder.delete(LogFileHeader.name(border.offset()));
            folder.force();
        } catch (DiskFullException e) {
            throw new StorageException(String.valueOf(e.getMessage()), e);
        }
    }

    /** Goes on in {@code next}; the file before it is closed. */
    void exchange(LogFile next) {
        LogFile full = current;
        if (full != null) {
            setEarlier(Map.of(full.base(), full.size()));
            current = next;
            full.close();
        }
    }

    /** Deletes the files all of whose records are before a logical offset, the oldest first. */
    void deleteBefore(long offset) {
        Optional<Long> last = Optional.empty();
        for (String name : folder.names()) {
            Optional<Long> base = LogFileHeader.baseOf(name);
            if (base.isEmpty()) {
                continue;
            }
            if (base.get() > offset) {
                return;
            }
            if (last.isPresent()) {
                folder.delete(LogFileHeader.name(last.get()));
                synchronized (earlier) {
                    earlier.remove(last.get());
                }
            }
            last = base;
        }
    }

    /** What the files take on the disk, preallocated room included. */
    long bytes() {
        LogFile file = current;
        synchronized (earlier) {
            long sum = file == null ? 0 : file.size();
            for (Map.Entry<Long, Long> each : earlier.entrySet()) {
                sum += file == null || each.getKey() < file.base() ? each.getValue() : 0;
            }
            return sum;
        }
    }
}
