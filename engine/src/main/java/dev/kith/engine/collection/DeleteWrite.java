package dev.kith.engine.collection;

import dev.kith.engine.payload.Matches;
import dev.kith.engine.rows.RowView;
import dev.kith.engine.rows.VectorBits;
import dev.kith.vectors.KeyPolicy;
import dev.kith.vectors.Selection;
import java.util.Arrays;
import java.util.Optional;
import java.util.stream.IntStream;

/**
 * A removal. What is selected by key or filter is resolved to ids when its turn comes. Answers how many went.
 *
 * @param matches what a filter accepted before; of no other selection
 */
record DeleteWrite(Selection selection, KeyPolicy keyPolicy, Optional<Matches> matches) implements Write.Ending {

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
            case Selection.Vectors(var vectors) ->
                IntStream.range(0, vectors.count())
                        .mapToObj(i -> commit.idOf(VectorBits.of(vectors, i)))
                        .flatMap(Optional::stream)
                        .mapToLong(Long::longValue)
                        .toArray();
            case Selection.Matching _ ->
                IntStream.of(matches.orElseThrow().in(view))
                        .mapToLong(view::id)
                        .sorted()
                        .toArray();
        };
        // What the commit has staged may be what goes: then this must become durable after it. Without that, ids that
        // are not there need no record and no force.
        boolean removes =
                commit.store().hasStaged() ? ids.length > 0 : Arrays.stream(ids).anyMatch(id -> view.rowOf(id) >= 0);
        if (removes) {
            commit.delete(ids);
        }
        return removes;
    }
}
