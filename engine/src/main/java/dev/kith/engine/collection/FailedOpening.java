package dev.kith.engine.collection;

import dev.kith.storage.DamageException;
import dev.kith.vectors.Rejection;
import java.time.Duration;
import java.time.Instant;

/**
 * An attempt to open a collection that failed, and for how long nobody has to try again.
 *
 * @param reason what requests are told meanwhile
 * @param at when it failed
 * @param lasting whether trying again is in vain: bytes that are damaged stay so
 */
record FailedOpening(Rejection reason, Instant at, boolean lasting) {
    /** Long beside a replay that ends at a full budget, short for somebody who has just made room. */
    static final Duration RETRY_AFTER = Duration.ofSeconds(10);

    static FailedOpening of(Throwable cause, Instant at) {
        return switch (cause) {
            case DamageException damaged ->
                new FailedOpening(unavailable("its files are damaged: " + Opened.brief(damaged.damage())), at, true);
            case Rejection refused ->
                new FailedOpening(
                        new Rejection(refused.code(), "The collection cannot be opened: " + refused.text()), at, false);
            case OutOfMemoryError _ -> new FailedOpening(unavailable("the server is out of memory"), at, false);
            default -> new FailedOpening(unavailable("reading its files failed; the server's log says why"), at, false);
        };
    }

    private static Rejection unavailable(String why) {
        return new Rejection(Rejection.Code.UNAVAILABLE, "The collection cannot be opened: " + why);
    }

    /** Whether the reason stands at this time. Wall clocks step back: an attempt in the future is no reason. */
    boolean standsAt(Instant now) {
        return lasting || (!now.isBefore(at) && now.isBefore(at.plus(RETRY_AFTER)));
    }
}
