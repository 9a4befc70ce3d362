package dev.kith.embed.run;

import dev.kith.embed.models.Model;

/**
 * One tower of a model in memory. Safe on any thread: whoever uses it holds it meanwhile, and it is let go of when it
 * was retired and nobody holds it. Then it gives its price back.
 */
final class Loaded {
    /**
     * What was taken for it.
     *
     * @param bytes that it is priced at
     */
    record Price(long bytes, ModelMemory memory) {}

    private final Model model;
    private final Lane<?> lane;
    private final Sessions sessions;
    private final Price price;
    private int holders;
    private boolean retired;
    private long usedAt;

    /** One that is held, by whoever loaded it. */
    Loaded(Model model, Lane<?> lane, Sessions sessions, Price price) {
        this.model = model;
        this.lane = lane;
        this.sessions = sessions;
        this.price = price;
        this.holders = 1;
    }

    Model model() {
        return model;
    }

    Lane<?> lane() {
        return lane;
    }

    long bytes() {
        return price.bytes();
    }

    /** Keeps it in memory until {@link #release}; false where it is on its way out. */
    synchronized boolean hold() {
        if (retired) {
            return false;
        }
        holders++;
        return true;
    }

    /** @param now milliseconds of the embedder's clock */
    synchronized void release(long now) {
        holders--;
        usedAt = now;
        closeWhenFree();
    }

    synchronized boolean isHeld() {
        return holders > 0;
    }

    /** When it was last used, in milliseconds of the embedder's clock. */
    synchronized long usedAt() {
        return usedAt;
    }

    /** Nobody may begin to use it; it is closed now, or when the last lets go of it. */
    synchronized void retire() {
        if (!retired) {
            retired = true;
            closeWhenFree();
        }
    }

    /** Retires it if nobody uses it right now; false where somebody does. */
    synchronized boolean retireIfFree() {
        if (retired || holders > 0) {
            return false;
        }
        retire();
        return true;
    }

    private void closeWhenFree() {
        if (retired && holders == 0) {
            try {
                lane.work().pipeline().close();
                sessions.close();
            } finally {
                price.memory().giveBack(price.bytes());
            }
        }
    }
}
