package dev.kith.embed.run;

import dev.kith.embed.Embedding;
import dev.kith.embed.pipeline.Networks;
import dev.kith.embed.pipeline.Pipeline;
import dev.kith.vectors.Rejection;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.Iterator;
import java.util.List;

/**
 * One loaded tower and what waits for it, the oldest first. The queue is guarded by the lock of {@link Inference}; the
 * rest is safe on any thread.
 */
final class Lane<P> {
    /** How many batches' worth of waiting inputs are looked through for some of about one length. */
    private static final int LOOKED_THROUGH = 8;

    /** What a batch of more than one may need to be computed: beyond it, larger batches are no faster. */
    private static final long COMPUTING_BYTES_MAX = 256L << 20;

    /** What the runtime may keep of it for the next batch: to have it anew each time costs more than a small one. */
    private static final long KEPT_BYTES_MAX = 128L << 20;

    /**
     * What runs on a lane.
     *
     * @param batchMax inputs of one batch
     * @param dimension that every vector must have
     * @param workspace where its batches take the memory in which they are computed
     */
    record Work<P>(
            String model, Pipeline<P> pipeline, Networks networks, int batchMax, int dimension, Workspace workspace) {}

    private final Work<P> work;
    private final Deque<Item<P>> waiting = new ArrayDeque<>();

    Lane(Work<P> work) {
        this.work = work;
    }

    Work<P> work() {
        return work;
    }

    void add(Item<P> item) {
        waiting.add(item);
    }

    int size() {
        return waiting.size();
    }

    /** Since when the oldest waits; only where there is one. */
    long oldest() {
        return waiting.element().since();
    }

    boolean isFull() {
        return waiting.size() >= work.batchMax();
    }

    /**
     * Takes the oldest and, of the next, those of about its length, so that little of a batch is padding: no shorter
     * than three quarters, no longer than the oldest, which a batch is never held up for. Those whose call has failed
     * go.
     */
    List<Item<P>> take() {
        List<Item<P>> batch = new ArrayList<>();
        int length = 0;
        int looks = work.batchMax() == 1 ? Integer.MAX_VALUE : LOOKED_THROUGH * work.batchMax();
        Iterator<Item<P>> items = waiting.iterator();
        while (items.hasNext() && batch.size() < work.batchMax() && looks-- > 0) {
            Item<P> item = items.next();
            if (item.call().hasFailed()) {
                items.remove();
                item.call().drop();
                continue;
            }
            int own = work.pipeline().length(item.prepared());
            if (batch.isEmpty() || (own <= length && own * 4L >= length * 3L && fits(batch.size() + 1, length))) {
                length = batch.isEmpty() ? own : length;
                batch.add(item);
                items.remove();
            }
        }
        return batch;
    }

    private boolean fits(int count, int length) {
        return work.pipeline().computingBytes(count, length) <= COMPUTING_BYTES_MAX;
    }

    /** Runs a batch on the calling thread, and tells the callers. */
    void run(List<Item<P>> batch) {
        List<List<Embedding>> all;
        try {
            all = computed(batch.stream().map(Item::prepared).toList());
            all.forEach(this::requireSound);
        } catch (RuntimeException | Error fault) {
            batch.forEach(item -> item.fail(fault));
            return;
        }
        for (int at = 0; at < batch.size(); at++) {
            batch.get(at).call().done(batch.get(at).index(), all.get(at));
        }
    }

    private List<List<Embedding>> computed(List<P> inputs) {
        int length = inputs.stream().mapToInt(work.pipeline()::length).max().orElse(0);
        long bytes = work.pipeline().computingBytes(inputs.size(), length);
        if (!work.workspace().isLarge(bytes)) {
            return work.pipeline().run(inputs, work.networks());
        }
        long taken = work.workspace().take(work.model(), bytes);
        try {
            return work.pipeline()
                    .run(inputs, bytes > KEPT_BYTES_MAX ? work.networks().sparing() : work.networks());
        } finally {
            work.workspace().giveBack(taken);
        }
    }

    /** What a network gives is looked at before anybody gets it: a damaged one must not fill a store with noise. */
    private void requireSound(List<Embedding> embeddings) {
        for (Embedding embedding : embeddings) {
            if (embedding.vector().length != work.dimension()) {
                throw damaged("its vectors have %d components instead of %d"
                        .formatted(embedding.vector().length, work.dimension()));
            }
            for (float component : embedding.vector()) {
                if (!Float.isFinite(component)) {
                    throw damaged("its vectors have components that are no numbers");
                }
            }
        }
    }

    private Rejection damaged(String fault) {
        return new Rejection(
                Rejection.Code.UNAVAILABLE,
                "model %s is damaged: %s; run: kith models check %s".formatted(work.model(), fault, work.model()));
    }

    /** Fails all that waits. */
    void refuse(Rejection refused) {
        waiting.forEach(item -> item.fail(refused));
        waiting.clear();
    }

    /** Passes over what waits of a call that has failed. */
    void cancel(Call call) {
        waiting.removeIf(item -> {
            if (item.call() == call) {
                call.drop();
                return true;
            }
            return false;
        });
    }
}
