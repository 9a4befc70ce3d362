package dev.kith.engine.collection;

import dev.kith.engine.rows.RowView;
import dev.kith.engine.scan.PayloadTest;
import dev.kith.vectors.KeyPolicy;
import dev.kith.vectors.Selection;
import java.util.stream.LongStream;

/** A removal. What is selected by key or filter is resolved to ids when its turn comes. Answers how many went. */
record DeleteWrite(Selection selection, KeyPolicy keyPolicy) implements Write<Long> {

    @Override
    public boolean alone() {
        // Beside keyed puts a removal could end a point whose key one of them has just resolved.
        return keyPolicy != KeyPolicy.NONE || !(selection instanceof Selection.Ids);
    }

    @Override
    public boolean prepare(Commit commit) {
        RowView view = commit.store().view();
        long[] ids = switch (selection) {
            case Selection.Ids(long[] given) -> given;
            case Selection.Keys(var keys) ->
                keys.stream()
                        .flatMap(key -> commit.idOf(key).stream())
                        .mapToLong(Long::longValue)
                        .toArray();
            case Selection.Matching(var filter) ->
                LongStream.of(view.orderedIds())
                        .filter(id -> PayloadTest.accepts(filter, view, view.rowOf(id)))
                        .toArray();
        };
        if (ids.length > 0) {
            commit.delete(ids);
        }
        return ids.length > 0;
    }

    @Override
    public Long applied(PointStore.Applied effect) {
        return effect.ended();
    }

    @Override
    public Long unchanged(PointStore store) {
        return 0L;
    }
}
