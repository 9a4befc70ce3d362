package dev.kith.doors.idios;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.Arrays;
import java.util.Optional;

/**
 * Cuts a dump into its entries while it arrives, looking at brackets and quotes alone, and hands them out in batches.
 * Memory is that of a batch. Used by one thread.
 */
final class EntryStream {
    /** Bytes of a batch before another is begun. */
    static final int BATCH_BYTES = 4 << 20;
    /** Entries of a batch. */
    static final int BATCH_ENTRIES = 1_024;
    /** Bytes of one entry: the widest vector and the longest metadata fit with all their escapes. */
    static final int ENTRY_BYTES_MAX = 2 << 20;

    private static final int CHUNK_BYTES = 64 << 10;

    private final InputStream in;
    private final byte[] chunk = new byte[CHUNK_BYTES];
    private int chunkAt;
    private int chunkEnd;
    private long read;
    private int entries;
    private boolean begun;
    private boolean ended;
    /** Where in its batch the entry that was read last ends. */
    private int entryEnd;

    /**
     * Entries one after the other.
     *
     * @param bytes those of all of them, owned
     * @param ends where in {@code bytes} each ends, and the next begins
     * @param first index of the first in the whole dump
     * @param offset of the first in the whole dump, in bytes
     */
    record Batch(byte[] bytes, int[] ends, int first, long offset) {
        int begin(int index) {
            return index == 0 ? 0 : ends[index - 1];
        }
    }

    /** What keeps a dump from being cut: JSON that is broken between entries, or an entry without an end. */
    static final class Broken extends Exception {
        private static final long serialVersionUID = 1L;

        private final String text;
        private final long offset;

        Broken(String text, long offset) {
            super(text, null, false, false);
            this.text = text;
            this.offset = offset;
        }

        String text() {
            return text;
        }

        long offset() {
            return offset;
        }
    }

    EntryStream(InputStream in) {
        this.in = in;
    }

    /**
     * The next entries; empty after the last.
     *
     * @throws Broken where the next cannot be had; those before it are lost with it
     */
    Optional<Batch> next() throws Broken {
        byte[] bytes = new byte[CHUNK_BYTES];
        int size = 0;
        int[] ends = new int[BATCH_ENTRIES];
        int count = 0;
        int first = entries;
        long offset = read;
        while (count < BATCH_ENTRIES && size < BATCH_BYTES && toEntry()) {
            offset = count == 0 ? read - 1 : offset;
            bytes = entry(bytes, size);
            size = entryEnd;
            ends[count] = size;
            count++;
            entries++;
        }
        return count == 0 ? Optional.empty() : Optional.of(new Batch(bytes, Arrays.copyOf(ends, count), first, offset));
    }

    /** Goes to the brace that begins the next entry, and past it; false where there is no further one. */
    private boolean toEntry() throws Broken {
        if (ended) {
            return false;
        }
        int next = nextVisible();
        if (!begun) {
            require(next == '[', "Expecting value");
            begun = true;
            next = nextVisible();
            if (next == ']') {
                return finish();
            }
        } else if (next == ']') {
            return finish();
        } else {
            require(next == ',', "Expecting ',' delimiter");
            next = nextVisible();
        }
        require(next == '{', "Expecting value");
        return true;
    }

    private boolean finish() throws Broken {
        ended = true;
        require(nextVisible() < 0, "Extra data");
        return false;
    }

    private void require(boolean holds, String text) throws Broken {
        if (!holds) {
            throw new Broken(text, Math.max(0, read - 1));
        }
    }

    /** Copies the entry whose brace was just read to {@code size} of these bytes, or of longer ones. */
    private byte[] entry(byte[] bytes, int size) throws Broken {
        byte[] target = bytes;
        int to = size;
        int depth = 0;
        boolean inText = false;
        boolean escaped = false;
        int b = '{';
        while (true) {
            if (to == target.length) {
                target = Arrays.copyOf(target, 2 * to);
            }
            target[to] = (byte) b;
            to++;
            if (inText) {
                inText = escaped || b != '"';
                escaped = !escaped && b == '\\';
            } else if (b == '"') {
                inText = true;
            } else if (b == '{' || b == '[') {
                depth++;
            } else if (b == '}' || b == ']') {
                depth--;
                if (depth == 0) {
                    entryEnd = to;
                    return target;
                }
            }
            if (to - size > ENTRY_BYTES_MAX) {
                throw new Broken("An entry of more than %d bytes".formatted(ENTRY_BYTES_MAX), read - 1);
            }
            b = nextByte();
            if (b < 0) {
                throw new Broken(inText ? "Unterminated string starting at" : "Expecting ',' delimiter", read);
            }
        }
    }

    private int nextVisible() {
        int b = nextByte();
        while (b == ' ' || b == '\n' || b == '\r' || b == '\t') {
            b = nextByte();
        }
        return b;
    }

    private int nextByte() {
        if (chunkAt == chunkEnd) {
            try {
                chunkEnd = in.read(chunk, 0, chunk.length);
            } catch (IOException broken) {
                throw new UncheckedIOException(broken);
            }
            chunkAt = 0;
            if (chunkEnd <= 0) {
                chunkEnd = 0;
                return -1;
            }
        }
        read++;
        return chunk[chunkAt++] & 0xff;
    }
}
