package dev.kith.doors.http;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.concurrent.TimeoutException;

/**
 * The body of a request as it arrives: never more than the route's bytes, and not slower than the limits allow. Reading
 * blocks. Used by the request's thread.
 */
public final class Body extends InputStream {
    /** Besides the bytes as they came, a body is in memory as text and as what was made of it. */
    private static final int COPIES = 3;

    private static final int CHUNK_BYTES = 64 << 10;

    private final InputStream in;
    private final long bytesMax;
    private final PeerRate rate;
    private long bytes;

    Body(InputStream in, long bytesMax, PeerRate rate) {
        this.in = in;
        this.bytesMax = bytesMax;
        this.rate = rate;
    }

    /** All of it, with the room that it takes. */
    public byte[] whole(Lease lease) {
        return upTo(bytesMax, lease);
    }

    /** All of it, or its first bytes where there are more than {@code most}; the rest can still be read. */
    public byte[] upTo(long most, Lease lease) {
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        byte[] chunk = new byte[CHUNK_BYTES];
        while (all.size() <= most) {
            int read = read(chunk, 0, chunk.length);
            if (read < 0) {
                break;
            }
            lease.take((long) COPIES * read);
            all.write(chunk, 0, read);
        }
        return all.toByteArray();
    }

    @Override
    public int read() {
        byte[] one = new byte[1];
        return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
    }

    @Override
    public int read(byte[] target, int offset, int length) {
        rate.begin();
        int read;
        try {
            read = in.read(target, offset, length);
        } catch (IOException broken) {
            throw isLate(broken)
                    ? new HttpRefusal(408, "The body did not arrive")
                    : new HttpRefusal(400, "The body is malformed or broken off");
        }
        boolean slow = rate.tooSlow(Math.max(0, read));
        if (read < 0) {
            return read;
        }
        bytes += read;
        if (bytes > bytesMax) {
            throw tooLarge();
        }
        if (slow) {
            throw new HttpRefusal(408, "The body arrives too slowly");
        }
        return read;
    }

    private static boolean isLate(Throwable fault) {
        Throwable cause = fault.getCause();
        return fault instanceof TimeoutException || (cause != null && isLate(cause));
    }

    static HttpRefusal tooLarge() {
        return new HttpRefusal(413, "The body is too large");
    }
}
