package dev.kith.storage;

import java.lang.foreign.Arena;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Reads a log from its first byte to its last, gives the records to a visitor, and judges the end; it changes nothing.
 *
 * <ol>
 *   <li>Each file but the last must hold intact records from its base to the base of the next: a file is begun only
 *       when all before it is durable. Anything else there is damage.
 *   <li>In the last file, records are read up to the first bytes X that are not one. Zeros from X to the end of the
 *       file are preallocated room, and a mark before them says that the log was closed: the log ends at X.
 *   <li>Otherwise the bytes after X are searched for an intact record that says that more than X was durable when it
 *       was made. There is one: X is damage. There is none: X is the torn tail of appends that nobody was told of.
 *   <li>A mutation whose last part is missing at a torn tail is cut with it.
 *   <li>A last file without an intact header and without an intact record was being begun when the power went.
 * </ol>
 *
 * One instance replays once, on one thread.
 */
final class LogReplay {

    /** How many bytes the search behind a torn tail checks at most; bodies made of false headers could ask for more. */
    private static final long SEARCH_BYTES_MAX = 1L << 30;

    private final Directory folder;
    private final long collectionId;
    private final long start;
    private final RecordLog.Visitor visitor;
    private final RecordFormat format = new RecordFormat();

    private long offset; // Of the next record.
    private RecordLog.Tip whole; // After the last whole mutation.
    private @Nullable RecordHeader open; // The last part of a mutation that is not whole yet.
    private boolean marked; // Whether a mark is at the offset.
    private long durable;
    private Optional<Damage> damage = Optional.empty();
    private Optional<String> cut = Optional.empty();
    private Optional<String> unbegun = Optional.empty();
    private long lastBase;
    private final Map<Long, Long> files = new TreeMap<>();

    private LogReplay(RecordLog.Place place, RecordLog.Visitor visitor) {
        this.folder = place.folder();
        this.collectionId = place.collectionId();
        this.start = place.start().offset();
        this.offset = start;
        this.whole = place.start();
        this.lastBase = start;
        this.visitor = visitor;
    }

    /**
     * What a replay found.
     *
     * @param tip the end of the last whole mutation: the log goes on from here
     * @param marked whether a mark follows the tip: all before it is durable, and the next record takes its place
     * @param durable what the last record knew to be durable when it was made, a logical offset
     * @param damage where the log is damaged; nothing of it may then be changed
     * @param cut what of a torn tail is to be cut off, for people
     * @param unbegun the name of a last file that is to be deleted
     * @param lastBase the base of the file that {@code tip} is in
     * @param files the bytes of all files that are to stay, by their bases
     */
    record Outcome(
            RecordLog.Tip tip,
            boolean marked,
            long durable,
            Optional<Damage> damage,
            Optional<String> cut,
            Optional<String> unbegun,
            long lastBase,
            Map<Long, Long> files) {

        /** Of a log that is about to begin. */
        static final Outcome NOTHING = new Outcome(
                RecordLog.Tip.START, false, 0, Optional.empty(), Optional.empty(), Optional.empty(), 0, Map.of());
    }

    static Outcome run(RecordLog.Place place, RecordLog.Visitor visitor) {
        LogReplay replay = new LogReplay(place, visitor);
        try (Arena arena = Arena.ofConfined()) {
            replay.readAll(arena);
        }
        if (replay.open != null) {
            visitor.abandon(replay.open.sequence());
        }
        return new Outcome(
                replay.whole,
                replay.marked,
                replay.durable,
                replay.damage,
                replay.cut,
                replay.unbegun,
                replay.lastBase,
                replay.files);
    }

    private void readAll(Arena arena) {
        List<Long> bases = folder.names().stream()
                .map(LogFileHeader::baseOf)
                .flatMap(Optional::stream)
                .filter(base -> base >= start)
                .toList();
        if (bases.isEmpty() || bases.getFirst() != start) {
            damaged(start, 0, "expected the log's first file, found none");
            return;
        }
        FileWindow window = null;
        for (int i = 0; i < bases.size() && damage.isEmpty(); i++) {
            long base = bases.get(i);
            long next = i + 1 < bases.size() ? bases.get(i + 1) : Long.MAX_VALUE;
            try (StorageFile file = folder.open(LogFileHeader.name(base), Directory.Mode.READ)) {
                window = window == null ? FileWindow.on(file, arena) : window.next(file);
                if (header(window, base, next)) {
                    records(window, base, next);
                }
                if (unbegun.isEmpty()) {
                    files.put(base, window.size());
                }
            }
        }
    }

    /** Whether the file's header is as it should be; otherwise says what is wrong. */
    private boolean header(FileWindow window, long base, long next) {
        LogFileHeader expected = new LogFileHeader(collectionId, base, whole.sequence());
        Optional<LogFileHeader> found = Optional.empty();
        try {
            int at = window.locate(0, LogFileHeader.BYTES);
            if (at >= 0) {
                ByteBuffer start = window.buffer().slice(at, LogFileHeader.BYTES);
                found = LogFileHeader.decode(start.order(ByteOrder.LITTLE_ENDIAN));
            }
        } catch (DamageException e) {
            damaged(base, 0, e.damage().text());
            return false;
        }
        if (found.isPresent() && found.get().equals(expected)) {
            return true;
        }
        // The header is durable before the first record is written, so without records it may never have been.
        boolean begun =
                found.isPresent() || base == start || next != Long.MAX_VALUE || durableBeyond(-1, window, base, base);
        if (begun) {
            String what = found.map(LogFileHeader::toString).orElse("bytes that are no header");
            damaged(base, 0, "expected %s, found %s".formatted(expected, what));
            return false;
        }
        unbegun = Optional.of(LogFileHeader.name(base));
        cut = Optional.of("%s: removed, its header was never forced".formatted(file(base)));
        return false;
    }

    /** Replays one file; {@code next} is the base of the file after it, or the largest long when it is the last. */
    private void records(FileWindow window, long base, long next) {
        lastBase = base;
        try {
            while (offset < next && record(window, next)) {
                // Each call replays one record and moves the offset behind it.
            }
        } catch (DamageException e) {
            damaged(base, position(offset), e.damage().text());
            return;
        }
        if (next == Long.MAX_VALUE) {
            end(window);
        } else if (offset != next || open != null) {
            damaged(
                    base,
                    position(offset),
                    "expected whole mutations up to offset %d, where the next file begins; they end at %d"
                            .formatted(next, whole.offset()));
        }
    }

    /** Replays the record at the offset; false when there is none. */
    private boolean record(FileWindow window, long next) {
        long position = position(offset);
        int at = window.locate(position, RecordFormat.HEADER_BYTES);
        if (at < 0 || !RecordFormat.plausible(window.buffer(), at)) {
            return false;
        }
        int length = RecordFormat.length(window.buffer(), at);
        int total = (int) RecordFormat.bytes(length);
        at = window.locate(position, total);
        if (at < 0 || total > next - offset || !format.intact(window.buffer(), at, offset)) {
            return false;
        }
        RecordHeader header = RecordFormat.decode(window.buffer(), at);
        inOrder(header);
        if (header.type() == RecordFormat.MARK) {
            marked = true;
            return false;
        }
        open = header; // Also while the visitor looks at it: what it refuses is to be abandoned.
        ByteBuffer body = window.buffer().slice(at + RecordFormat.HEADER_BYTES, length);
        visitor.record(header, body.order(ByteOrder.LITTLE_ENDIAN));
        open = header.last() ? null : header;
        durable = header.lastForced();
        offset += total;
        if (open == null) {
            whole = new RecordLog.Tip(offset, header.sequence());
        }
        return true;
    }

    /** An intact record that this log never wrote here is damage. */
    private void inOrder(RecordHeader header) {
        RecordHeader before = open;
        boolean follows;
        if (before != null) {
            follows = header.sequence() == before.sequence()
                    && header.part() == before.part() + 1
                    && header.parts() == before.parts()
                    && header.type() != RecordFormat.MARK;
        } else if (header.type() == RecordFormat.MARK) {
            follows = header.sequence() == whole.sequence();
        } else {
            follows = header.sequence() > whole.sequence() && header.part() == 0;
        }
        if (header.collectionId() != collectionId || header.lastForced() > offset || !follows) {
            String after = before != null ? before.toString() : "sequence " + whole.sequence();
            throw new DamageException("expected a record of collection %d at offset %d after %s, found %s"
                    .formatted(collectionId, offset, after, header));
        }
    }

    /**
     * Judges what comes after the last intact record of the last file. A mark with something behind it is no mark: of a
     * record that was written over it some sectors came to the disk, and not yet the first.
     */
    private void end(FileWindow window) {
        boolean zeros = zeros(window, position(offset) + (marked ? RecordFormat.HEADER_BYTES : 0));
        if (!zeros && durableBeyond(offset, window, lastBase, offset + RecordFormat.ALIGNMENT)) {
            damaged(lastBase, position(offset), "expected a record, since later ones were forced; found none");
            return;
        }
        if (!zeros || open != null) {
            marked = false;
            String why = zeros ? "the last mutation is not whole" : "what follows was never forced";
            cut = Optional.of("%s: cut at %d, after sequence %d: %s"
                    .formatted(file(lastBase), position(whole.offset()), whole.sequence(), why));
        }
    }

    private static boolean zeros(FileWindow window, long from) {
        long position = from;
        for (; position + Long.BYTES <= window.size(); position += Long.BYTES) {
            int at = window.locate(position, Long.BYTES);
            if (at < 0 || window.buffer().getLong(at) != 0) {
                return false;
            }
        }
        for (; position < window.size(); position++) {
            int at = window.locate(position, 1);
            if (at < 0 || window.buffer().get(at) != 0) {
                return false;
            }
        }
        return true;
    }

    /**
     * Whether an intact record at or after {@code from} says that more than {@code limit} was durable; both are logical
     * offsets, in the file that begins at {@code base}. Undecided within the bound counts as yes: better to stop with
     * a log that is whole than to cut one that is not.
     */
    private boolean durableBeyond(long limit, FileWindow window, long base, long from) {
        long budget = SEARCH_BYTES_MAX;
        for (long here = from; budget >= 0; here += RecordFormat.ALIGNMENT) {
            long position = LogFileHeader.BYTES + here - base;
            int at = window.locate(position, RecordFormat.HEADER_BYTES);
            if (at < 0) {
                return false;
            }
            if (promising(window.buffer(), at, here, limit)) {
                int total = (int) RecordFormat.bytes(RecordFormat.length(window.buffer(), at));
                at = window.locate(position, total);
                if (at >= 0 && format.intact(window.buffer(), at, here)) {
                    return true;
                }
                budget -= total;
            }
        }
        return true;
    }

    private boolean promising(ByteBuffer buffer, int at, long here, long limit) {
        long lastForced = buffer.getLong(at + RecordFormat.LAST_FORCED_AT);
        return RecordFormat.plausible(buffer, at)
                && buffer.getLong(at + RecordFormat.COLLECTION_AT) == collectionId
                && lastForced > limit
                && lastForced <= here;
    }

    private void damaged(long base, long position, String text) {
        damage = Optional.of(new Damage(file(base), position, text));
    }

    private String file(long base) {
        return folder.path() + "/" + LogFileHeader.name(base);
    }

    private long position(long logicalOffset) {
        return LogFileHeader.BYTES + logicalOffset - lastBase;
    }
}
