package dev.kith.engine.collection;

import dev.kith.engine.codec.PutSource;
import dev.kith.engine.rows.RowView;
import dev.kith.vectors.Rejection;
import java.nio.ByteBuffer;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Copies of the points of other collections, one after the other, each in id order. The caller holds their views until
 * the write is done. Answers how many points of the target were replaced.
 */
final class MergeWrite implements Write.Ending, PutSource {
    private final List<RowView> sources;
    private final boolean keepIds;
    /** {@code starts[s]}: the number, among all copied points, of the first of source s; the total at the end. */
    private final int[] starts;

    private long firstId;

    MergeWrite(List<RowView> sources, boolean keepIds) {
        this.sources = sources;
        this.keepIds = keepIds;
        this.starts = new int[sources.size() + 1];
        long total = 0;
        for (int s = 0; s < sources.size(); s++) {
            total += sources.get(s).live();
            if (total > Integer.MAX_VALUE) {
                throw new Rejection(Rejection.Code.EXHAUSTED, "More points than one collection holds");
            }
            starts[s + 1] = (int) total;
        }
    }

    @Override
    public boolean alone() {
        return true;
    }

    @Override
    public boolean prepare(Commit commit) {
        if (count() == 0) {
            return false;
        }
        firstId = keepIds ? 0 : commit.takeIds(count());
        commit.put(this);
        return true;
    }

    @Override
    public int count() {
        return starts[sources.size()];
    }

    @Override
    public long id(int i) {
        if (!keepIds) {
            return firstId + i;
        }
        int source = sourceOf(i);
        return sources.get(source).idAt(i - starts[source]);
    }

    @Override
    public byte @Nullable [] key(int i) {
        return null;
    }

    @Override
    public byte @Nullable [] payload(int i) {
        int source = sourceOf(i);
        return sources.get(source).payload(rowOf(source, i));
    }

    @Override
    public void vectors(int from, int count, ByteBuffer into) {
        for (int i = from; i < from + count; i++) {
            int source = sourceOf(i);
            sources.get(source).copyVector(rowOf(source, i), into);
        }
    }

    private int rowOf(int source, int i) {
        RowView view = sources.get(source);
        return view.rowOf(view.idAt(i - starts[source]));
    }

    private int sourceOf(int i) {
        int source = 0;
        while (starts[source + 1] <= i) {
            source++;
        }
        return source;
    }
}
