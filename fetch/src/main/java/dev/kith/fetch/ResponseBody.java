package dev.kith.fetch;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.Locale;
import java.util.concurrent.Semaphore;
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

    private final int bytesMax;
    private final Semaphore room;

    /** @param room a permit for every {@link #PIECE_BYTES}; what a body took is given back when it is whole */
    ResponseBody(int bytesMax, Semaphore room) {
        this.bytesMax = bytesMax;
        this.room = room;
    }

    byte[] read(ResponseHead head, InputStream in) throws IOException {
        InputStream framed = framed(head, in);
        String encoding = head.header("content-encoding").orElse("").toLowerCase(Locale.ROOT);
        return switch (encoding) {
            case "", "identity" -> whole(framed);
            // It was not asked for, but some servers compress whatever they are asked.
            case "gzip", "x-gzip" -> whole(new GZIPInputStream(framed));
            default -> throw FetchException.encoded();
        };
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
        int taken = 0;
        try {
            ByteArrayOutputStream body = new ByteArrayOutputStream();
            byte[] piece = new byte[PIECE_BYTES];
            for (int count = in.read(piece); count >= 0; count = in.read(piece)) {
                if (body.size() + count > bytesMax) {
                    throw FetchException.tooLarge(bytesMax);
                }
                while ((long) taken * PIECE_BYTES < body.size() + count) {
                    if (!room.tryAcquire()) {
                        throw HttpFetcher.busy();
                    }
                    taken++;
                }
                body.write(piece, 0, count);
            }
            return body.toByteArray();
        } finally {
            room.release(taken);
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
