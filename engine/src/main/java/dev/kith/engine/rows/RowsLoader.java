package dev.kith.engine.rows;

import dev.kith.vectors.Limits;
import java.lang.foreign.MemorySegment;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * Fills rows that have none yet with what was kept of them elsewhere, straight into the memory where they stay. Several
 * threads may bring different rows; {@link #finish} comes after all of them, on one thread.
 */
public final class RowsLoader {
    private final Rows rows;
    private final RowLayout layout;
    private final Place place;
    private int count;
    private long[] ended = new long[0];
    private final AtomicBoolean idsAreRows = new AtomicBoolean(true);

    /**
     * @param rows without rows
     * @param place whether vectors that lie in files as they would in memory may stay there
     */
    public RowsLoader(Rows rows, Place place) {
        this.rows = rows;
        this.layout = rows.layout();
        this.place = place;
    }

    /** Where sealed vectors are. */
    public enum Place {
        MEMORY,
        /** What can be is mapped from files. */
        FILES
    }

    public RowLayout layout() {
        return layout;
    }

    /** Offers vectors of rows {@code first} up to but without {@code end}, which follow each other as in memory. */
    public void offer(int first, int end, MappedVectors.Source source) {
        if (place == Place.FILES) {
            rows.mapped().add(layout, first, end, source);
        }
    }

    /**
     * Makes room for all rows, or refuses before anything is read.
     *
     * @param endedRows a bit a row that has ended; words beyond the last may be missing
     */
    public void begin(int rowCount, long[] endedRows) {
        count = rowCount;
        ended = endedRows;
        rows.reserve(count, row -> row, 0); // What other ids, keys and payloads take is counted as they come.
    }

    /** How many of {@code wanted} rows from {@code row} on are in one chunk. */
    public int run(int row, int wanted) {
        return Math.min(wanted, layout.rowsPerChunk() - slot(row));
    }

    /** Whether the vector of {@code row}, and of a {@link #run} from there, stays in its file. */
    public boolean isMapped(int row) {
        return rows.chunk(row).isMapped();
    }

    /** Where the vectors of a {@link #run} go, as they lie in memory. */
    public MemorySegment vectors(int row, int run) {
        long stride = layout.strideBytes();
        return rows.chunk(row).memory().asSlice(slot(row) * stride, run * stride);
    }

    /** Copies the vectors of a {@link #run}, which lie without padding in {@code source}. */
    public void fill(int row, int run, MemorySegment source) {
        rows.chunk(row).fill(slot(row), run, source);
    }

    /** Where the ids of a {@link #run} go, eight bytes each. */
    public MemorySegment ids(int row, int run) {
        return rows.chunk(row).ids(slot(row), run);
    }

    /** Looks at the ids of a {@link #run}, which are there now; false when one of them cannot be an id. */
    public boolean checkIds(int row, int run) {
        Chunk chunk = rows.chunk(row);
        int slot = slot(row);
        boolean same = true;
        boolean valid = true;
        for (int i = 0; i < run; i++) {
            long id = chunk.id(slot + i);
            same &= id == row + i;
            valid &= id >= 0 && id <= Limits.ID_MAX;
        }
        if (!same) {
            idsAreRows.set(false);
        }
        return valid;
    }

    /** Gives a row its key; one thread at a time, as all that describes. */
    public synchronized void key(int row, byte[] key) {
        if (!isEnded(row)) {
            rows.adoptDescribed(Rows.describedBytes(key, null));
            rows.chunk(row).describe(slot(row), key, null);
        }
    }

    /** Gives a row its encoded payload. */
    public synchronized void payload(int row, byte[] payload) {
        if (!isEnded(row)) {
            rows.adoptDescribed(Rows.describedBytes(null, payload));
            rows.chunk(row).describe(slot(row), null, payload);
        }
    }

    private boolean isEnded(int row) {
        return row >>> 6 < ended.length && (ended[row >>> 6] & 1L << row) != 0;
    }

    /**
     * All rows are there.
     *
     * @param sequence of the last mutation that they show
     */
    public void finish(long sequence) {
        rows.adopt(count, idsAreRows.get());
        for (int word = 0; word < ended.length; word++) {
            for (long bits = ended[word]; bits != 0; bits &= bits - 1) {
                int row = (word << 6) + Long.numberOfTrailingZeros(bits);
                if (row < count) {
                    rows.adoptEnded(row, sequence);
                }
            }
        }
        rows.adoptKeys();
    }

    private int slot(int row) {
        return row & (layout.rowsPerChunk() - 1);
    }
}
