package dev.kith.engine.segment;

import dev.kith.storage.Damage;
import dev.kith.storage.DamageException;
import dev.kith.storage.Directory;
import dev.kith.storage.StorageFile;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;

/**
 * The bytes of a graph file, format version 2; the page is {@code docs/formats/graph.md}. Little-endian:
 *
 * <pre>
 *   head   128 bytes; after what all heads have:
 *           40  epoch            u64
 *           48  covered          u32
 *           52  pages            u32
 *           56  ended, mended    u64
 *           64  entry            u64
 *           72  seed             u64
 *           80  m                u32
 *           84  efConstruction   u32
 *           88  metric           16 characters, zeros behind
 *          104  table checksum   u32   CRC32C of the table
 *          112  table position   u64
 *          120  changes          u64   number of the file that has all but what has changed; 0: all is in here
 *   pages  one behind the other
 *   table  16 bytes a page: position u64, bytes u32, CRC32C of the position (u64) and the page u32
 * </pre>
 */
final class GraphFile {
    private static final FileHead.Kind KIND = new FileHead.Kind(Names.GRAPH, "KITH-GRF", 2);
    private static final int EPOCH_AT = FileHead.OWN_AT;
    private static final int COVERED_AT = 48;
    private static final int PAGES_AT = 52;
    private static final int MENDED_AT = 56;
    private static final int ENTRY_AT = 64;
    private static final int SEED_AT = 72;
    private static final int M_AT = 80;
    private static final int EF_AT = 84;
    private static final int METRIC_AT = 88;
    private static final int METRIC_BYTES = 16;
    private static final int TABLE_CHECKSUM_AT = 104;
    private static final int M0_AT = 108;
    private static final int TABLE_AT = 112;
    private static final int CHANGES_AT = 120;
    /** A page of 2,048 nodes with 512 links on each of some levels takes 10 MiB. */
    private static final int PAGE_BYTES_MAX = 64 << 20;

    private final FileHead.Place place;

    GraphFile(FileHead.Place place) {
        this.place = place;
    }

    /** What of a graph is written: all of it, or what has changed since {@code before} was. */
    record Part(GraphSource graph, List<FileRef> before) {
        GraphPage page(int number) {
            return new GraphPage(number, graph.head().covered(), !before.isEmpty());
        }

        long bytes() {
            long sum = 0;
            for (int page = 0; page < graph.pages(); page++) {
                sum += graph.pageBytes(page(page));
            }
            return sum;
        }
    }

    /** Writes a graph into a new file and forces it; the file's name is not forced. */
    FileRef write(long number, Part part, Runnable pulse) {
        GraphSource graph = part.graph();
        ByteBuffer head = FileHead.begin(KIND, place.collectionId(), number);
        encode(graph, head);
        head.putLong(
                CHANGES_AT,
                part.before().isEmpty() ? 0 : part.before().getLast().number());
        ByteBuffer table = ByteBuffer.allocate(Math.multiplyExact(graph.pages(), Piece.ENTRY_BYTES))
                .order(ByteOrder.LITTLE_ENDIAN);
        try (StorageFile file = place.folder().open(Names.GRAPH.of(number), Directory.Mode.CREATE_NEW)) {
            BlockWriter out = new BlockWriter(file, pulse);
            for (int i = 0; i < graph.pages(); i++) {
                GraphPage page = part.page(i);
                Piece.write(out, graph.pageBytes(page), bytes -> graph.page(page, bytes))
                        .encode(table);
            }
            Table end = Table.write(out, table.flip());
            head.putInt(TABLE_CHECKSUM_AT, end.checksum()).putLong(TABLE_AT, end.position());
            FileRef written = FileHead.seal(head, out.position());
            out.finish(head);
            return written;
        }
    }

    private static void encode(GraphSource graph, ByteBuffer head) {
        GraphHead what = graph.head();
        byte[] metric = what.build().metric().getBytes(StandardCharsets.US_ASCII);
        if (metric.length > METRIC_BYTES) {
            throw new IllegalStateException("a metric's name is too long: " + what);
        }
        head.putLong(EPOCH_AT, what.epoch()).putInt(COVERED_AT, what.covered()).putInt(PAGES_AT, graph.pages());
        head.putLong(MENDED_AT, what.endedMended()).putLong(ENTRY_AT, what.entry());
        GraphHead.Links links = what.build().links();
        head.putLong(SEED_AT, what.build().seed()).putInt(M_AT, links.m());
        head.putInt(M0_AT, links.m0() == 2 * links.m() ? 0 : links.m0());
        head.putInt(EF_AT, what.build().efConstruction()).put(METRIC_AT, metric);
    }

    private static GraphHead decode(ByteBuffer head) {
        byte[] metric = new byte[METRIC_BYTES];
        head.get(METRIC_AT, metric);
        String name = new String(metric, StandardCharsets.US_ASCII).replace("\0", "");
        int m = head.getInt(M_AT);
        int m0 = head.getInt(M0_AT);
        GraphHead.Links links = new GraphHead.Links(m, m0 == 0 ? 2 * m : m0);
        return new GraphHead(
                head.getLong(EPOCH_AT),
                head.getInt(COVERED_AT),
                head.getLong(MENDED_AT),
                head.getLong(ENTRY_AT),
                new GraphHead.Build(name, links, head.getInt(EF_AT), head.getLong(SEED_AT)));
    }

    /** A file of a graph, open to be read. */
    private record Opened(StorageFile file, String path, GraphHead head, long changes, List<Piece> pages) {}

    /**
     * Reads a graph.
     *
     * @param refs a file with all of it, and then those that have what has changed, oldest first
     * @param begin makes the target for a head, or says by an {@link IllegalArgumentException} why it has no use for it
     * @throws DamageException when a file is not what was written
     */
    void read(List<FileRef> refs, Function<GraphHead, GraphTarget> begin, int threads) {
        List<Opened> files = new ArrayList<>();
        try {
            long before = 0;
            for (FileRef ref : refs) {
                Opened file = open(ref);
                files.add(file);
                GraphHead older = files.get(Math.max(0, files.size() - 2)).head();
                if (file.changes() != before || !file.head().continues(older)) {
                    throw new DamageException(
                            new Damage(file.path(), CHANGES_AT, "it does not change the graph of the file before it"));
                }
                before = ref.number();
            }
            GraphTarget target = begin.apply(files.getLast().head());
            files.forEach(file -> read(file, target, threads));
            if (!target.finish()) {
                throw new DamageException(
                        new Damage(files.getLast().path(), ENTRY_AT, "the entry is no node of its level"));
            }
        } finally {
            files.forEach(each -> each.file().close());
        }
    }

    private Opened open(FileRef ref) {
        String name = Names.GRAPH.of(ref.number());
        if (!place.folder().names().contains(name)) {
            throw new DamageException(new Damage(place.path(name), 0, "expected the checkpoint's graph, found none"));
        }
        StorageFile file = place.folder().open(name, Directory.Mode.READ);
        try {
            ByteBuffer head = FileHead.read(place, KIND, ref, file);
            List<Piece> pages = table(head, file, place.path(name));
            return new Opened(file, place.path(name), decode(head), head.getLong(CHANGES_AT), pages);
        } catch (RuntimeException | Error e) {
            file.close();
            throw e;
        }
    }

    private static void read(Opened from, GraphTarget target, int threads) {
        List<Piece> pages = from.pages();
        int covered = from.head().covered();
        if (target.pages(covered) != pages.size()) {
            throw new DamageException(new Damage(from.path(), PAGES_AT, "another number of pages"));
        }
        Loading.run(pages.size(), threads, (at, scratch) -> {
            GraphPage page = new GraphPage(at, covered, from.changes() != 0);
            if (!pages.get(at).isTaken(from.file(), bytes -> target.page(page, bytes))) {
                String text = "expected page %d as it was written, found other bytes".formatted(at);
                throw new DamageException(new Damage(from.path(), pages.get(at).position(), text));
            }
        });
    }

    private static List<Piece> table(ByteBuffer head, StorageFile file, String path) {
        long at = head.getLong(TABLE_AT);
        int count = head.getInt(PAGES_AT);
        long bytes = (long) count * Piece.ENTRY_BYTES;
        if (count < 1 || at < FileHead.BYTES || at + bytes != file.size() || bytes > Integer.MAX_VALUE) {
            throw new DamageException(new Damage(path, TABLE_AT, "no place for a table of pages"));
        }
        ByteBuffer table = new Table(at, (int) bytes, head.getInt(TABLE_CHECKSUM_AT))
                .read(file)
                .orElseThrow(() ->
                        new DamageException(new Damage(path, at, "expected the table of pages, found other bytes")));
        List<Piece> pages = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            Piece page = Piece.decode(table);
            if (page.bytes() < 0 || page.bytes() > PAGE_BYTES_MAX) {
                throw new DamageException(new Damage(path, at, "a page of " + page.bytes() + " bytes"));
            }
            pages.add(page);
        }
        return pages;
    }
}
