package dev.kith.embed.run;

/**
 * One prepared input that waits for a batch.
 *
 * @param index of the input in its call
 * @param since when it waits, in nanoseconds of {@code System.nanoTime}
 */
record Item<P>(P prepared, Call call, int index, long since) {
    /** Fails its call, of which it was the cause or a part. */
    void fail(Throwable fault) {
        call.fail(fault);
        call.drop();
    }
}
