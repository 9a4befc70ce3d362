package dev.kith.engine.index.hnsw;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kith.testkit.Seeded;
import dev.kith.vectors.Metric;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What has changed of a graph, laid over what it was, is what it is; and nothing but what has changed is in there. */
class LinkChangesTest {
    private static final HnswOptions OPTIONS = new HnswOptions(8, 60, 5);
    private static final int DIMENSION = 16;

    private final Seeded seeded = new Seeded(19);
    private final GraphRows rows = new GraphRows(DIMENSION, Metric.NORMALISED_L2, OPTIONS);

    @AfterEach
    void release() {
        rows.release();
    }

    /** Some of them zero, and some the same. */
    private float[][] vectors(int count) {
        float[][] vectors = seeded.clusteredRows(count, DIMENSION, new Seeded.Clusters(50, 0.5));
        for (int row = 0; row < count; row += 17) {
            vectors[row] = row % 2 == 0 ? new float[DIMENSION] : vectors[1].clone();
        }
        return vectors;
    }

    private void grow(int count) {
        rows.put(vectors(count));
        rows.link();
        rows.graph.trim(rows.view(), 0, rows.linkedRows());
        rows.graph.connect(rows.view(), rows.linkedRows());
    }

    /** A page of all nodes or of the changed ones, with the nodes that there were. */
    private record Written(int covered, boolean changes, List<ByteBuffer> pages) {}

    private Written write(boolean changes) {
        LinkPages pages = new LinkPages(rows.graph, rows.linkedRows());
        List<ByteBuffer> written = new ArrayList<>();
        for (int page = 0; page < pages.count(); page++) {
            int bytes = changes ? pages.changedBytes(page) : pages.bytes(page);
            ByteBuffer into = ByteBuffer.allocate(bytes).order(ByteOrder.LITTLE_ENDIAN);
            if (changes) {
                pages.encodeChanged(page, into);
            } else {
                pages.encode(page, into);
            }
            assertThat(into.remaining()).isZero();
            written.add(into.flip());
        }
        pages.forgetChanges();
        return new Written(rows.linkedRows(), changes, written);
    }

    private HnswGraph read(List<Written> files) {
        HnswGraph graph = new HnswGraph(OPTIONS, Metric.NORMALISED_L2);
        LinkPages all = new LinkPages(graph, rows.linkedRows());
        all.begin();
        for (Written file : files) {
            LinkPages of = new LinkPages(graph, file.covered());
            for (int page = 0; page < of.count(); page++) {
                ByteBuffer bytes = file.pages().get(page).duplicate().order(ByteOrder.LITTLE_ENDIAN);
                assertThat(file.changes() ? of.decodeChanged(page, bytes) : of.decode(page, bytes))
                        .isTrue();
            }
        }
        assertThat(all.enter(rows.graph.entry())).isTrue();
        return graph;
    }

    private void requireSame(List<Written> files, String doing) {
        HnswGraph again = read(files);
        List<ByteBuffer> whole = write(false).pages();
        LinkPages pages = new LinkPages(again, rows.linkedRows());
        for (int page = 0; page < pages.count(); page++) {
            assertThat(pages.changedBytes(page)).isZero();
            ByteBuffer bytes = ByteBuffer.allocate(pages.bytes(page)).order(ByteOrder.LITTLE_ENDIAN);
            pages.encode(page, bytes);
            assertThat(bytes.flip()).as("%s, page %d", doing, page).isEqualTo(whole.get(page));
        }
    }

    @Test
    void changes_ofGrowthMendingAndSealing_areAllThatIsNew() {
        grow(5000);
        List<Written> files = new ArrayList<>(List.of(write(false)));
        requireSame(files, "whole");
        Random random = new Random(3);
        for (int round = 0; round < 8; round++) {
            grow(1 + random.nextInt(700));
            if (round % 3 == 1) {
                random.ints(200, 0, rows.linkedRows()).forEach(rows::delete);
                rows.mend();
            }
            if (round == 5) {
                rows.seal();
            }
            files.add(write(true));
            requireSame(files, "round " + round);
        }
    }

    @Test
    void changes_ofAFewRows_areSmall() {
        grow(5000);
        long whole = size(write(false));
        grow(10);
        assertThat(size(write(true))).isPositive().isLessThan(whole / 10);
        assertThat(size(write(true))).as("nothing since").isZero();
    }

    private static long size(Written written) {
        return written.pages().stream().mapToLong(ByteBuffer::limit).sum();
    }

    @Test
    void changes_thatMakeNoSense_areRefused() {
        grow(3000);
        Written whole = write(false);
        grow(50);
        Written changes = write(true);
        HnswGraph graph = read(List.of(whole, changes));
        LinkPages target = new LinkPages(graph, rows.linkedRows());
        ByteBuffer good = changes.pages().getFirst();
        Random random = new Random(1);
        for (int i = 0; i < 200; i++) {
            ByteBuffer bytes = ByteBuffer.allocate(good.limit()).order(ByteOrder.LITTLE_ENDIAN);
            bytes.put(good.duplicate()).flip();
            int at = random.nextInt(bytes.limit() / 4) * 4;
            bytes.putInt(at, random.nextBoolean() ? -1 - random.nextInt(5000) : 4000 + random.nextInt(1 << 20));
            assertThat(target.decodeChanged(0, bytes)).as("at %d", at).isFalse();
        }
        ByteBuffer twice = ByteBuffer.allocate(2 * good.limit()).order(ByteOrder.LITTLE_ENDIAN);
        twice.put(good.duplicate()).put(good.duplicate()).flip();
        assertThat(target.decodeChanged(0, twice)).as("nodes twice").isFalse();
        assertThat(target.decodeChanged(
                        0, good.duplicate().order(ByteOrder.LITTLE_ENDIAN).limit(good.limit() - 4)))
                .as("cut")
                .isFalse();
    }

    @Test
    void aList_thatWasNotPruned_isNotWritten() {
        rows.put(seeded.normalRows(3000, DIMENSION));
        rows.link();
        LinkPages pages = new LinkPages(rows.graph, 3000);
        org.assertj.core.api.Assertions.assertThatThrownBy(() -> {
                    for (int page = 0; page < pages.count(); page++) {
                        pages.encode(page, ByteBuffer.allocate(pages.bytes(page)));
                    }
                })
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("more than are kept");
    }
}
