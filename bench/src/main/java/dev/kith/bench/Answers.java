package dev.kith.bench;

import dev.kith.vectors.Hits;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/**
 * How far two sides found the same, k results a query.
 *
 * @param recall share of the other side's results that ours has too; 1 is all
 * @param sameOrder queries whose ids are equal, place by place; two rows whose distances round alike may stand in
 *     either order
 */
record Answers(double recall, int sameOrder, int queries) {

    /** @param idsFile the other side's ids, little-endian {@code int64[queries × k]} */
    static Answers compare(List<Hits> ours, Path idsFile, int k) {
        ByteBuffer theirs;
        try {
            theirs = ByteBuffer.wrap(Files.readAllBytes(idsFile)).order(ByteOrder.LITTLE_ENDIAN);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        long shared = 0;
        int sameOrder = 0;
        for (Hits hits : ours) {
            Set<Long> found = new HashSet<>();
            boolean same = hits.count() == k;
            for (long id : hits.ids()) {
                found.add(id);
            }
            for (int i = 0; i < k; i++) {
                long id = theirs.getLong();
                shared += found.contains(id) ? 1 : 0;
                same &= i < hits.count() && hits.ids()[i] == id;
            }
            sameOrder += same ? 1 : 0;
        }
        return new Answers((double) shared / ((long) ours.size() * k), sameOrder, ours.size());
    }

    @Override
    public String toString() {
        return String.format(
                Locale.ROOT, "recall %.4f, ids equal place by place in %d of %d queries", recall, sameOrder, queries);
    }
}
