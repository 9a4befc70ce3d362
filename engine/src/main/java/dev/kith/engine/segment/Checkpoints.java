package dev.kith.engine.segment;

import dev.kith.engine.rows.RowView;
import dev.kith.engine.rows.RowsLoader;
import dev.kith.storage.Damage;
import dev.kith.storage.DamageException;
import dev.kith.storage.Directory;
import dev.kith.storage.RecordLog;
import java.lang.System.Logger;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Stream;

/**
 * The checkpoints of one collection, in its folder beside the log.
 *
 * <p>Steps of making one, each durable before the next: segments, then the checkpoint that names them; then older
 * checkpoints go; then the files that only those named, and the log before the border. So at any moment there is a
 * checkpoint, or the beginning of the log, with everything it needs.
 *
 * <p>One thread at a time.
 */
public final class Checkpoints {
    private static final Logger LOG = System.getLogger(Checkpoints.class.getName());

    /** Files of one graph: a start opens all of them. */
    private static final int GRAPH_FILES_MAX = 16;

    private final FileHead.Place place;
    private long lastNumber;
    private volatile long bytesWritten;

    private record Block(SegmentReader reader, int at) {}

    public Checkpoints(Directory folder, long collectionId) {
        this.place = new FileHead.Place(folder, collectionId);
        for (String name : folder.names()) {
            OptionalLong number = Names.anyNumber(name);
            lastNumber = Math.max(lastNumber, number.orElse(0));
        }
    }

    /** Whether a folder has a checkpoint, whole or not. */
    public static boolean isIn(Directory folder) {
        return folder.names().stream()
                .anyMatch(name -> Names.CHECKPOINT.number(name).isPresent());
    }

    /** Bytes written so far, the log's not among them. Any thread may ask for an older number. */
    public long bytesWritten() {
        return bytesWritten;
    }

    /**
     * The newest checkpoint that is whole; empty where the log is to be read from its beginning. One that is not whole
     * was never finished if what was there before it is there still; nothing is lost then.
     *
     * @throws DamageException when it is not
     */
    public Optional<Checkpoint> newest() {
        List<Long> numbers = place.folder().names().stream()
                .map(Names.CHECKPOINT::number)
                .flatMapToLong(OptionalLong::stream)
                .boxed()
                .sorted(java.util.Comparator.reverseOrder())
                .toList();
        Optional<Checkpoint> found = Optional.empty();
        Optional<String> broken = Optional.empty();
        for (long number : numbers) {
            found = CheckpointFile.read(place, number);
            if (found.isPresent()) {
                break;
            }
            broken = broken.or(() -> Optional.of(Names.CHECKPOINT.of(number)));
        }
        long start = found.map(whole -> whole.start().offset()).orElse(0L);
        if (broken.isPresent()) {
            String path = place.path(broken.get());
            if (!RecordLog.hasFileAt(place.folder(), start)) {
                throw new DamageException(new Damage(path, 0, "expected a checkpoint, and found it is not whole"));
            }
            LOG.log(Logger.Level.INFO, "{0}: left aside, it was never finished", path);
        }
        return found;
    }

    /** Whether the folder has files of ours that {@code kept} does not need. */
    public boolean hasMoreThan(Optional<Checkpoint> kept) {
        Set<String> named = named(kept);
        return place.folder().names().stream()
                .anyMatch(name -> Names.anyNumber(name).isPresent() && !named.contains(name));
    }

    /**
     * Loads the rows of a checkpoint.
     *
     * @param threads to load with where there is much; at least 1
     * @param pulse runs between blocks, on all of them; what it throws ends the loading
     * @throws DamageException when a segment is not as it was written, with file and offset
     */
    public void load(Checkpoint checkpoint, RowsLoader loader, int threads, Runnable pulse) {
        List<SegmentReader> readers = new ArrayList<>();
        List<Block> blocks = new ArrayList<>();
        try {
            for (SegmentRef segment : checkpoint.segments()) {
                SegmentReader reader = SegmentReader.open(place, segment, checkpoint.epoch(), loader.layout());
                readers.add(reader);
                reader.offer(loader);
                for (int block = 0; block < reader.blocks(); block++) {
                    blocks.add(new Block(reader, block));
                }
            }
            loader.begin(checkpoint.rows(), checkpoint.ended());
            Loading.run(blocks.size(), threads, (i, scratch) -> {
                pulse.run();
                blocks.get(i).reader().load(blocks.get(i).at(), loader, scratch);
            });
        } finally {
            readers.forEach(SegmentReader::close);
        }
        loader.finish(checkpoint.start().sequence());
    }

    /** A number for a file to come. */
    public long nextNumber() {
        lastNumber++;
        return lastNumber;
    }

    /**
     * Writes rows of a view that is held into a new segment file, durable but for its name.
     *
     * @param pulse runs often; what it throws ends the writing
     */
    public SegmentRef writeSegment(RowView view, SegmentRows rows, Runnable pulse) {
        SegmentRef written = new SegmentWriter(place, view, pulse).write(nextNumber(), rows);
        written(written.file().bytes());
        return written;
    }

    /**
     * Writes a graph into a new file, durable but for its name: what has changed, or all of it where that is as good.
     *
     * @param before files that have the graph as it was when its changes were last forgotten; none: all is written
     * @return the files that have the graph
     */
    public List<FileRef> writeGraph(GraphSource graph, List<FileRef> before, Runnable pulse) {
        GraphFile.Part changes = new GraphFile.Part(graph, before);
        List<FileRef> kept = isWorthAdding(changes) ? before : List.of();
        FileRef written = new GraphFile(place).write(nextNumber(), new GraphFile.Part(graph, kept), pulse);
        written(written.bytes());
        return Stream.concat(kept.stream(), Stream.of(written)).toList();
    }

    /** So that disk and start have half a graph more than they need, at most, and a file opens in no time. */
    private static boolean isWorthAdding(GraphFile.Part changes) {
        List<FileRef> before = changes.before();
        if (before.isEmpty() || before.size() == GRAPH_FILES_MAX) {
            return false;
        }
        long all = before.stream().mapToLong(FileRef::bytes).sum() + changes.bytes();
        return all - before.getFirst().bytes() <= before.getFirst().bytes() / 2;
    }

    /**
     * Reads a graph.
     *
     * @param graph its files, as the checkpoint names them
     * @param begin makes the target for what the newest file says of itself; throws {@link IllegalArgumentException}
     *     where it has no use for that
     * @throws DamageException when a file is not what was written
     */
    public void readGraph(List<FileRef> graph, Function<GraphHead, GraphTarget> begin, int threads) {
        new GraphFile(place).read(graph, begin, threads);
    }

    /** Writes blocks of payload indexes into a new file, durable but for its name. */
    public FileRef writeFields(long epoch, List<? extends KeptBlock> blocks, Runnable pulse) {
        FileRef written = new FieldsFile(place).write(nextNumber(), epoch, blocks, pulse);
        written(written.bytes());
        return written;
    }

    /**
     * Reads the payload indexes of a checkpoint.
     *
     * @throws DamageException when a file is not what was written
     */
    public void readFields(Checkpoint checkpoint, FieldsTarget target, int threads) {
        new FieldsFile(place).read(checkpoint.fields(), checkpoint.epoch(), target, threads);
    }

    private void written(long bytes) {
        long sum = bytesWritten + bytes;
        bytesWritten = sum;
    }

    /** Makes a checkpoint durable; the files that it names are. */
    public void write(Checkpoint checkpoint) {
        place.folder().force();
        written(CheckpointFile.write(place, checkpoint));
        place.folder().force();
    }

    /** Deletes checkpoints other than {@code kept}, durably, and then all files that it does not name. */
    public void sweep(Optional<Checkpoint> kept) {
        Directory folder = place.folder();
        Set<String> named = named(kept);
        List<String> ours = folder.names().stream()
                .filter(name -> Names.anyNumber(name).isPresent() && !named.contains(name))
                .toList();
        if (ours.isEmpty()) {
            return;
        }
        ours.stream().filter(name -> Names.CHECKPOINT.number(name).isPresent()).forEach(folder::delete);
        folder.force();
        ours.forEach(folder::delete);
        folder.force();
    }

    private static Set<String> named(Optional<Checkpoint> kept) {
        Set<String> named = new HashSet<>();
        kept.ifPresent(checkpoint -> {
            named.add(Names.CHECKPOINT.of(checkpoint.number()));
            checkpoint
                    .segments()
                    .forEach(each -> named.add(Names.SEGMENT.of(each.file().number())));
            checkpoint.graph().forEach(graph -> named.add(Names.GRAPH.of(graph.number())));
            checkpoint.fields().forEach(fields -> named.add(Names.FIELDS.of(fields.number())));
        });
        return named;
    }

    /** A bit a row of the view that has ended there. */
    public static long[] endedRows(RowView view) {
        if (view.allLive()) {
            return new long[0];
        }
        long[] words = new long[Math.ceilDiv(view.rowCount(), Long.SIZE)];
        for (int row = 0; row < view.rowCount(); row++) {
            if (!view.isLive(row)) {
                words[row >>> 6] |= 1L << row;
            }
        }
        return words;
    }
}
