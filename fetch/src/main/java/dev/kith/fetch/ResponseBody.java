package dev.kith.fetch;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.Locale;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import java.util.zip.GZIPInputStream;

/** Reads the body of an answer: framed by its length, in chunks, or by the end of the connection; gzip or not. */
final class ResponseBody {
    /** Bytes of one step of reading, and of one permit of the room that all bodies share. */
    static final int PIECE_BYTES = 64 << 10;

    private static final Pattern LENGTH = Pattern.compile("[0-9]{1,15}");
    private static final Pattern CHUNK = Pattern.compile("([0-9a-fA-F]{1,8})[ \t]*(?:;.*)?");
    private static final int CHUNK_LINE_BYTES_MAX = 4 << 10;
    private static final int HEX = 16;
    private static final int EMPTY_PARTS_MAX = 16;

    private final int bytesMax;
    private final int capacity;
    /** A permit for every {@link #PIECE_BYTES}; fair, so that a large body is not passed by small ones for ever. */
    private final Semaphore room;

    /** @param bytesTotal of the bodies of all fetches that are read or used at once */
    ResponseBody(int bytesMax, long bytesTotal) {
        this.bytesMax = bytesMax;
        this.capacity = Math.toIntExact(bytesTotal / PIECE_BYTES);
        this.room = new Semaphore(capacity, true);
    }

    /** What the body of one fetch takes of the room, until it is closed. Used by one thread. */
    final class Share implements AutoCloseable {
        private int taken;

        /** Takes room for so many bytes; waits while others have it, until the deadline. */
        private void take(int bytes, Deadline deadline) {
            int pieces = pieces(bytes);
            try {
                if (pieces > capacity || !room.tryAcquire(pieces, deadline.remainingMs(), TimeUnit.MILLISECONDS)) {
                    throw HttpFetcher.busy();
                }
            } catch (InterruptedException ended) {
                Thread.currentThread().interrupt();
                throw HttpFetcher.busy();
            }
            taken = pieces;
        }

        /** Gives back what is more than these bytes. */
        private void keep(int bytes) {
            room.release(taken - pieces(bytes));
            taken = pieces(bytes);
        }

        private static int pieces(int bytes) {
            return Math.ceilDiv(bytes, PIECE_BYTES);
        }

        @Override
        public void close() {
            room.release(taken);
        }
    }

    Share share() {
        return new Share();
    }

    /** Room is taken once it is known what comes, so that a host which does not answer holds none. */
    byte[] read(ResponseHead head, InputStream in, Share share, Deadline deadline) throws IOException {
        InputStream framed = framed(head, in);
        String encoding = head.header("content-encoding").orElse("").toLowerCase(Locale.ROOT);
        boolean plain = encoding.isEmpty() || encoding.equals("identity");
        if (!plain && !encoding.equals("gzip") && !encoding.equals("x-gzip")) {
            throw FetchException.encoded();
        }
        share.take(plain && framed instanceof Counted counted ? (int) counted.left : bytesMax, deadline);
        byte[] body;
        // Gzip was not asked for, but some servers compress whatever they are asked.
        try (InputStream whole = plain ? framed : new Unzipped(framed)) {
            body = whole(whole);
        }
        share.keep(body.length);
        return body;
    }

    private InputStream framed(ResponseHead head, InputStream in) {
        String transfer = head.header("transfer-encoding").orElse("");
        String length = head.header("content-length").orElse("");
        if (!transfer.isEmpty()) {
            // Both at once is how requests are smuggled; no honest server sends it.
            if (!transfer.equalsIgnoreCase("chunked") || !length.isEmpty()) {
                throw FetchException.broken();
            }
            return new Chunked(in);
        }
        if (length.isEmpty()) {
            return in;
        }
        if (!LENGTH.matcher(length).matches()) {
            throw FetchException.broken();
        }
        long bytes = Long.parseLong(length);
        if (bytes > bytesMax) {
            throw FetchException.tooLarge(bytesMax);
        }
        return new Counted(in, bytes);
    }

    /** All that comes, counted while it comes; what a header promised is not believed. */
    private byte[] whole(InputStream in) throws IOException {
        ByteArrayOutputStream body = new ByteArrayOutputStream();
        byte[] piece = new byte[PIECE_BYTES];
        for (int count = in.read(piece); count >= 0; count = in.read(piece)) {
            if (body.size() + count > bytesMax) {
                throw FetchException.tooLarge(bytesMax);
            }
            body.write(piece, 0, count);
        }
        return body.toByteArray();
    }

    /**
     * A body that came compressed. Of several parts the library goes on to the next by calling itself, so that a
     * stream of empty ones would overflow the stack.
     */
    private static final class Unzipped extends GZIPInputStream {
        private int emptyParts;

        Unzipped(InputStream in) throws IOException {
            super(in);
        }

        @Override
        public int read(byte[] into, int offset, int length) throws IOException {
            if (++emptyParts > EMPTY_PARTS_MAX) {
                throw FetchException.broken();
            }
            try {
                return super.read(into, offset, length);
            } finally {
                emptyParts--;
            }
        }
    }

    /** A body of known length; one that ends before is broken. */
    private static final class Counted extends InputStream {
        private final InputStream in;
        private long left;

        Counted(InputStream in, long left) {
            this.in = in;
            this.left = left;
        }

        @Override
        public int read() throws IOException {
            return one(this);
        }

        @Override
        public int read(byte[] into, int offset, int length) throws IOException {
            if (left == 0) {
                return -1;
            }
            int count = in.read(into, offset, (int) Math.min(length, left));
            if (count < 0) {
                throw FetchException.broken();
            }
            left -= count;
            return count;
        }
    }

    /** A body in chunks. Trailers are not read: nothing depends on them, and the connection is not used again. */
    private static final class Chunked extends InputStream {
        private final InputStream in;
        private long left;
        private boolean first = true;
        private boolean ended;

        Chunked(InputStream in) {
            this.in = in;
        }

        @Override
        public int read() throws IOException {
            return one(this);
        }

        @Override
        public int read(byte[] into, int offset, int length) throws IOException {
            if (left == 0 && !ended) {
                nextChunk();
            }
            if (ended) {
                return -1;
            }
            int count = in.read(into, offset, (int) Math.min(length, left));
            if (count < 0) {
                throw FetchException.broken();
            }
            left -= count;
            return count;
        }

        private void nextChunk() throws IOException {
            ResponseHead.LineReader lines = new ResponseHead.LineReader(in, CHUNK_LINE_BYTES_MAX);
            if (!first && !lines.next().isEmpty()) {
                throw FetchException.broken();
            }
            first = false;
            var size = CHUNK.matcher(lines.next());
            if (!size.matches()) {
                throw FetchException.broken();
            }
            left = Long.parseLong(size.group(1), HEX);
            ended = left == 0;
        }
    }

    private static int one(InputStream in) throws IOException {
        byte[] octet = new byte[1];
        return in.read(octet, 0, 1) < 0 ? -1 : octet[0] & 0xFF;
    }
}
