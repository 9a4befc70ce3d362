package dev.kith.doors.faissx;

import dev.kith.doors.zmq.RequestHandler.Memory;
import dev.kith.vectors.Rejection;

/** The memory that answering one request takes, asked for before it is taken. */
record Allowance(Memory memory) {
    /** For what is small. */
    static final Allowance SMALL = new Allowance(Memory.UNCOUNTED);

    /** Takes so many bytes more; refuses the request where they cannot be had. */
    void take(long bytes) {
        if (bytes > 0 && !memory.reserve(bytes)) {
            throw new Rejection(
                    Rejection.Code.EXHAUSTED,
                    ("Too busy: this request needs %d bytes more, which did not become free beside the requests in"
                                    + " progress; ask for less at once, or again later")
                            .formatted(bytes));
        }
    }
}
