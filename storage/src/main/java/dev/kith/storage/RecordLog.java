package dev.kith.storage;

import java.nio.ByteBuffer;
import java.time.InstantSource;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * The log of one collection, or of the catalogue: a folder of files of checksummed records that are only ever
 * appended. {@link RecordFormat} and {@link LogFileHeader} draw the bytes, {@code docs/formats/record-log.md} says what
 * they promise.
 *
 * <p>A mutation is one record, or several parts under one sequence, appended one after the other:
 *
 * <pre>
 *   log.reserve(RecordFormat.bytes(body.remaining()));  // Here a full disk is met, and nothing has happened yet.
 *   log.append(entry, body);                            // It may survive a loss of power; nobody may be told.
 *   log.force();                                        // It does.
 * </pre>
 *
 * <p>Offsets are logical: bytes of records from the log's beginning, going on from file to file.
 *
 * <p>Threads: one at a time reserves, appends, discards and closes, under a lock of the caller's. {@link #force} may
 * run on another thread meanwhile and covers the mutations that were whole when it began, so that one force can serve
 * many writers. Any thread may read the figures.
 */
public final class RecordLog implements AutoCloseable {

    /** What a mark takes, bytes; there is always so much room, so that a full disk does not keep a log from closing. */
    private static final long MARK_BYTES = RecordFormat.bytes(0);

    private final Directory folder;
    private final long collectionId;
    private final LogFiles files;
    private final LogOptions options;
    private final InstantSource clock;
    private final Optional<Damage> damage;
    private final Optional<String> cut;

    /** Held while a file is forced, cut or exchanged for the next. */
    private final ReentrantLock forcing = new ReentrantLock();

    // Written by the thread that appends; any thread may read the volatile ones.
    private volatile long end;
    private volatile Tip whole; // After the last whole mutation.
    private @Nullable RecordWriter writer; // Made at the first append: many logs are only read.
    private @Nullable Entry open; // The last part of a mutation that is not whole yet.
    private @Nullable Throwable torn; // What ended an append half-way.
    private boolean marked; // Whether a mark is at the end, where the next record will be.

    // Written under the lock; any thread may read the volatile ones.
    private volatile Tip forced;
    private volatile @Nullable StorageException failure;
    private volatile boolean closed;

    /** What a log's records are given to while it is opened. */
    public interface Visitor {

        /**
         * One record, in the order of appending; parts come as they are, and the mutation is to be applied with the
         * last one.
         *
         * @param body direct, little-endian, verified, and gone after the call
         * @throws DamageException when the type is unknown or the body makes no sense; the log is then damaged here
         */
        void record(RecordHeader header, ByteBuffer body);

        /** The parts given of this mutation are all there is of it: forget them. */
        void abandon(long sequence);
    }

    /**
     * What the caller says about a record; the log adds the rest of its {@link RecordHeader}.
     *
     * @param type 1 to {@link RecordFormat#TYPE_MAX}
     * @param flags the type's own
     * @param epoch of the collection, from 0
     * @param sequence of the mutation, greater than that of the one before, from 1
     * @param part which part of the mutation, from 0
     * @param parts how many it has, from 1
     */
    public record Entry(int type, int flags, long epoch, long sequence, int part, int parts) {

        /** A mutation that is one record, without flags. */
        public static Entry whole(int type, long epoch, long sequence) {
            return new Entry(type, 0, epoch, sequence, 0, 1);
        }
    }

    /** The border between two mutations: its logical offset, and the sequence of the one before it. */
    public record Tip(long offset, long sequence) {
        /** Where every log begins. */
        public static final Tip START = new Tip(0, 0);
    }

    /**
     * Where a log lies, and whose it is.
     *
     * @param collectionId stands in every record; one of another id is damage
     * @param start where reading begins: a border at which a file begins. Files before it need not be there any more
     */
    public record Place(Directory folder, long collectionId, Tip start) {

        /** A log that is read from its first file on. */
        public Place(Directory folder, long collectionId) {
            this(folder, collectionId, Tip.START);
        }
    }

    private RecordLog(Place place, LogOptions options, InstantSource clock, LogReplay.Outcome found) {
        this.folder = place.folder();
        this.collectionId = place.collectionId();
        this.files = new LogFiles(place);
        this.options = options;
        this.clock = clock;
        this.damage = found.damage();
        this.cut = found.cut();
        this.marked = found.marked();
        this.whole = found.tip();
        this.forced = found.tip();
        this.end = found.tip().offset();
    }

    /**
     * Begins a log in a folder that is there and has none. It is durable on return, but for the folder's own name.
     *
     * @throws StorageException when the folder has a log
     */
    public static RecordLog create(Place place, LogOptions options, InstantSource clock) {
        Directory folder = place.folder();
        if (folder.names().stream().anyMatch(name -> LogFileHeader.baseOf(name).isPresent())) {
            throw new StorageException("%s: expected no log, to begin one; found one".formatted(folder.path()));
        }
        RecordLog log = new RecordLog(place, options, clock, LogReplay.Outcome.NOTHING);
        log.files.begin();
        return log;
    }

    /** Whether a folder has the file of a log that begins at that logical offset. */
    public static boolean hasFileAt(Directory folder, long offset) {
        return folder.names().contains(LogFileHeader.name(offset));
    }

    /** Whether a folder has files of a log that begin before that logical offset. */
    public static boolean hasFileBefore(Directory folder, long offset) {
        return folder.names().stream()
                .flatMap(name -> LogFileHeader.baseOf(name).stream())
                .anyMatch(base -> base < offset);
    }

    /**
     * Reads the log and gives all its records to the visitor, then makes it ready to be appended to: a torn tail is cut
     * off and everything given is made durable. A damaged log gives what is intact before the damage; nothing of it is
     * changed, and it is read-only: see {@link #damage()}.
     *
     * @throws StorageException when the disk fails
     */
    public static RecordLog open(Place place, LogOptions options, InstantSource clock, Visitor visitor) {
        LogReplay.Outcome found = LogReplay.run(place, visitor);
        RecordLog log = new RecordLog(place, options, clock, found);
        if (found.damage().isEmpty()) {
            log.files.settle(found);
        } else {
            log.files.setEarlier(found.files());
        }
        return log;
    }

    /**
     * Makes room for the records of one mutation, preallocated so that a full disk is met here. Goes on in a new file
     * when the current one is full; everything before is then forced.
     *
     * @param bytes the sum of {@link RecordFormat#bytes} of all its bodies
     * @throws DiskFullException when there is no room; the log is as usable as before, and the call may be made again
     * @throws StorageException when the log has failed or is damaged
     */
    public void reserve(long bytes) {
        LogFile file = writable();
        if (open != null || bytes < 0) {
            throw new IllegalStateException("%d bytes to reserve, after %s".formatted(bytes, open));
        }
        long needed = bytes + MARK_BYTES;
        if (end > file.base() && file.position(end) + needed > options.fileBytesMax()) {
            roll(needed);
        } else {
            grow(file, file.position(end) + needed);
        }
    }

    /**
     * Appends one record into room that was reserved. It is not durable, and its mutation not whole, until a
     * {@link #force} after its last part. After a failure here only {@link #force}, {@link #discardUnforced} and
     * {@link #close} are possible.
     *
     * @param body pieces whose remaining bytes are the body, together at most {@link RecordFormat#BODY_BYTES_MAX}; they
     *     stay as they are. Large direct ones are written without a copy
     */
    public void append(Entry entry, ByteBuffer... body) {
        LogFile file = writable();
        long length = 0;
        for (ByteBuffer piece : body) {
            length += piece.remaining();
        }
        long total = RecordFormat.bytes(length);
        requireNext(entry, length);
        if (file.position(end) + total + MARK_BYTES > file.size()) {
            throw new IllegalStateException("%d bytes to append that were not reserved".formatted(total));
        }
        marked = false;
        write(file, entry, body);
        long after = end + total;
        end = after;
        open = entry.part() == entry.parts() - 1 ? null : entry;
        if (open == null) {
            whole = new Tip(after, entry.sequence());
        }
    }

    /**
     * Makes every whole mutation durable that was appended before the call.
     *
     * @throws StorageException when the disk fails. Nobody can say then what is durable, so the log has failed for good
     *     and takes nothing more; opening it again reads what is there
     */
    public void force() {
        forcing.lock();
        try {
            LogFile file = usable();
            Tip target = whole;
            if (target.offset() == forced.offset()) {
                return;
            }
            try {
                file.file().force();
            } catch (StorageException e) {
                throw failed(e);
            }
            forced = target;
        } finally {
            forcing.unlock();
        }
    }

    /**
     * Forgets what was appended after {@link #forced}, durably: an append that failed half-way, and all mutations that
     * nobody forced. Their sequences may be used again. What {@link #reserve} forced to go on in a new file stays.
     */
    public void discardUnforced() {
        forcing.lock();
        try {
            cutTo(forced, usable());
        } finally {
            forcing.unlock();
        }
    }

    /** Logical offset of the end of what was appended. */
    public long appended() {
        return end;
    }

    /** Logical offset before which everything is durable; always between two mutations. */
    public long forced() {
        return forced.offset();
    }

    /** What the log's files take on the disk from where it was opened, preallocated room included. */
    public long bytes() {
        return files.bytes();
    }

    /**
     * Goes on in a new file, after everything before it was forced, so that the log can be opened from there. Does
     * nothing where the current file has no record yet. To be called between two mutations.
     *
     * @return where the file begins
     * @throws DiskFullException when there is no room; the log is as usable as before
     */
    public Tip beginFile() {
        LogFile file = writable();
        if (open != null) {
            throw new IllegalStateException("a new file within a mutation, after " + open);
        }
        if (end > file.base()) {
            roll(MARK_BYTES);
        }
        return whole;
    }

    /**
     * Deletes the files that lie wholly before a logical offset, from which on the log is opened from now on; the
     * folder is not forced. May run beside everything else. Where it fails, files stay that no reader looks at.
     */
    public void deleteBefore(long offset) {
        files.deleteBefore(offset);
    }

    /** Where the log was found damaged when it was opened; it is read-only then. */
    public Optional<Damage> damage() {
        return damage;
    }

    /** What was cut off the log when it was opened, for one line in a journal: nobody was told that it was durable. */
    public Optional<String> cut() {
        return cut;
    }

    /**
     * Forces what is whole and ends the log with a mark, by which the next reader knows that all before it was durable:
     * without one, a fault in the last record looks like a torn tail. A log that failed or is damaged is only let go.
     */
    @Override
    public void close() {
        forcing.lock();
        try {
            LogFile file = files.current();
            if (closed || file == null) {
                return;
            }
            try {
                if (failure == null) {
                    finish(file);
                }
            } finally {
                closed = true;
                if (writer != null) {
                    writer.close();
                }
                file.close();
            }
        } finally {
            forcing.unlock();
        }
    }

    private void finish(LogFile file) {
        if (torn != null || open != null) {
            cutTo(whole, file);
        }
        force();
        if (marked || end == file.base()) {
            return; // A file without records needs no mark: nothing in it can be lost.
        }
        try {
            // Durable or not, all that it says is true, and nothing is ever put behind it.
            write(file, new Entry(RecordFormat.MARK, 0, 0, whole.sequence(), 0, 1));
            file.file().force();
        } catch (DiskFullException e) {
            // Only a log that was cut, and not written to since, has no room kept. All in it is durable.
        }
    }

    private void write(LogFile file, Entry entry, ByteBuffer... body) {
        RecordHeader header = new RecordHeader(
                entry.type(),
                entry.flags(),
                collectionId,
                entry.epoch(),
                entry.sequence(),
                entry.part(),
                entry.parts(),
                clock.millis(),
                forced.offset());
        RecordWriter through = writer;
        if (through == null) {
            through = new RecordWriter();
            writer = through;
        }
        try {
            through.write(file, header, end, body);
        } catch (RuntimeException | Error e) {
            torn = e;
            throw e;
        }
    }

    private void requireNext(Entry entry, long length) {
        Entry before = open;
        boolean follows = before == null
                ? entry.sequence() > whole.sequence() && entry.part() == 0
                : entry.sequence() == before.sequence()
                        && entry.part() == before.part() + 1
                        && entry.parts() == before.parts();
        if (!follows || entry.type() > RecordFormat.TYPE_MAX || length > RecordFormat.BODY_BYTES_MAX) {
            throw new IllegalArgumentException(
                    "%s with %d bytes, after %s and sequence %d".formatted(entry, length, before, whole.sequence()));
        }
    }

    /** Preallocates so that the file has at least {@code needed} bytes. */
    private void grow(LogFile file, long needed) {
        if (file.size() >= needed) {
            return;
        }
        long step = Math.clamp(end - file.base(), options.preallocateBytesMin(), options.preallocateBytesMax());
        try {
            file.grow(Math.max(needed, Math.min(file.size() + step, options.fileBytesMax())));
        } catch (DiskFullException e) {
            throw e;
        } catch (StorageException e) {
            throw failed(e);
        }
    }

    /**
     * Goes on in a new file. The old one is durable before the new one's name can be, which makes anything missing in
     * it damage.
     */
    private void roll(long needed) {
        forcing.lock();
        try {
            force();
            var _ = usable();
            files.exchange(files.create(whole, Math.max(needed, options.preallocateBytesMin())));
            marked = false;
        } catch (DiskFullException e) {
            throw e;
        } catch (StorageException e) {
            throw failure == null ? failed(e) : e;
        } finally {
            forcing.unlock();
        }
    }

    /** Cuts the log behind a border, durably, so that no byte of what was there can be read as a record again. */
    private void cutTo(Tip tip, LogFile file) {
        if (end == tip.offset() && torn == null) {
            return;
        }
        try {
            file.truncate(file.position(tip.offset()));
            file.file().force();
        } catch (StorageException e) {
            throw failed(e);
        }
        end = tip.offset();
        whole = tip;
        forced = tip;
        open = null;
        torn = null;
    }

    /** The file to append to, when the log takes appends. */
    private LogFile writable() {
        LogFile file = usable();
        if (torn != null) {
            throw new StorageException(
                    "%s: an append failed half-way and was not discarded".formatted(file.path()), torn);
        }
        return file;
    }

    /** The current file, unless the log is damaged, failed or closed. */
    private LogFile usable() {
        if (damage.isPresent()) {
            throw new DamageException(damage.get());
        }
        StorageException first = failure;
        if (first != null) {
            throw new StorageException(String.valueOf(first.getMessage()), first);
        }
        LogFile file = files.current();
        if (closed || file == null) {
            throw new IllegalStateException(folder.path() + ": the log is closed");
        }
        return file;
    }

    private StorageException failed(StorageException cause) {
        StorageException first = new StorageException(
                "%s: the log takes nothing more, only opening it again starts it: %s"
                        .formatted(folder.path(), cause.getMessage()),
                cause);
        failure = first;
        return first;
    }
}
