package dev.kith.bench.rivals;

import dev.kith.vectors.Metric;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.apache.lucene.codecs.Codec;
import org.apache.lucene.codecs.KnnVectorsFormat;
import org.apache.lucene.codecs.lucene104.Lucene104Codec;
import org.apache.lucene.codecs.lucene99.Lucene99HnswVectorsFormat;
import org.apache.lucene.document.Document;
import org.apache.lucene.document.KnnFloatVectorField;
import org.apache.lucene.document.NumericDocValuesField;
import org.apache.lucene.index.DirectoryReader;
import org.apache.lucene.index.IndexWriter;
import org.apache.lucene.index.IndexWriterConfig;
import org.apache.lucene.index.LeafReader;
import org.apache.lucene.index.NumericDocValues;
import org.apache.lucene.index.VectorSimilarityFunction;
import org.apache.lucene.search.AcceptDocs;
import org.apache.lucene.search.ScoreDoc;
import org.apache.lucene.store.Directory;
import org.apache.lucene.store.MMapDirectory;
import org.apache.lucene.util.Version;
import org.jspecify.annotations.Nullable;

/**
 * Lucene's HNSW over float32, below its query layer: one segment, mapped, asked directly for ef neighbours of which the
 * first k are taken, since Lucene has no other way to say ef. Each building thread fills a segment; merging joins them.
 */
final class LuceneRival implements Rival {
    private static final String VECTOR = "vector";
    private static final String ROW = "row";
    /** MiB of rows and graphs before a segment is written: no set needs more, so a thread writes one segment. */
    private static final double BUFFER_MIB = 1_900;

    private static final int BATCH_ROWS = 1_000;

    private final Path parent;
    private @Nullable DirectoryReader reader;
    private int[] rowOfDocument = {};

    LuceneRival(Path parent) {
        this.parent = parent;
    }

    @Override
    public String about() {
        return Version.LATEST.toString();
    }

    @Override
    public void build(FloatFile file, Plan plan) {
        try (ExecutorService threads = Executors.newFixedThreadPool(
                plan.threads(),
                Thread.ofPlatform().daemon().name("lucene-build-", 0).factory())) {
            MMapDirectory directory = new MMapDirectory(Files.createTempDirectory(parent, "lucene-"));
            directory.setPreload(MMapDirectory.ALL_FILES);
            IndexWriterConfig config = new IndexWriterConfig()
                    .setCodec(codec(plan, threads))
                    .setUseCompoundFile(false)
                    .setMaxBufferedDocs(IndexWriterConfig.DISABLE_AUTO_FLUSH)
                    .setRAMBufferSizeMB(BUFFER_MIB);
            try (IndexWriter writer = new IndexWriter(directory, config)) {
                List<Future<?>> parts = new ArrayList<>();
                for (int part = 0; part < plan.threads(); part++) {
                    int from = (int) ((long) plan.rows() * part / plan.threads());
                    int to = (int) ((long) plan.rows() * (part + 1) / plan.threads());
                    parts.add(threads.submit(() -> add(writer, file, from, to)));
                }
                for (Future<?> part : parts) {
                    part.get();
                }
                writer.forceMerge(1);
                writer.commit();
            }
            reader = DirectoryReader.open(directory);
            rowOfDocument = rows(leaf());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted while Lucene built", e);
        } catch (ExecutionException e) {
            throw new IllegalStateException("Lucene did not build", e.getCause());
        }
    }

    private static Codec codec(Plan plan, ExecutorService threads) {
        KnnVectorsFormat format = plan.threads() == 1
                ? new Lucene99HnswVectorsFormat(plan.m(), plan.efConstruction())
                : new Lucene99HnswVectorsFormat(plan.m(), plan.efConstruction(), plan.threads(), threads);
        return new Lucene104Codec() {
            @Override
            public KnnVectorsFormat getKnnVectorsFormatForField(String field) {
                return format;
            }
        };
    }

    private static void add(IndexWriter writer, FloatFile file, int from, int to) {
        VectorSimilarityFunction likeness =
                file.metric() == Metric.L2 ? VectorSimilarityFunction.EUCLIDEAN : VectorSimilarityFunction.DOT_PRODUCT;
        try {
            for (int first = from; first < to; first += BATCH_ROWS) {
                float[][] batch = file.readEach(first, Math.min(BATCH_ROWS, to - first));
                for (int i = 0; i < batch.length; i++) {
                    Document document = new Document();
                    document.add(new KnnFloatVectorField(VECTOR, batch[i], likeness));
                    document.add(new NumericDocValuesField(ROW, first + i));
                    writer.addDocument(document);
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static int[] rows(LeafReader leaf) throws IOException {
        int[] rows = new int[leaf.maxDoc()];
        NumericDocValues values = Objects.requireNonNull(leaf.getNumericDocValues(ROW));
        for (int document = 0; document < rows.length; document++) {
            values.advanceExact(document);
            rows[document] = (int) values.longValue();
        }
        return rows;
    }

    private LeafReader leaf() {
        return Objects.requireNonNull(reader, "nothing was built")
                .leaves()
                .getFirst()
                .reader();
    }

    @Override
    public long bytes() {
        try {
            long sum = 0;
            for (String file : leafDirectory().listAll()) {
                sum += leafDirectory().fileLength(file);
            }
            return sum;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private Directory leafDirectory() {
        return Objects.requireNonNull(reader, "nothing was built").directory();
    }

    @Override
    public Searcher searcher() {
        LeafReader leaf = leaf();
        AcceptDocs all = AcceptDocs.fromLiveDocs(null, leaf.maxDoc());
        return (query, ef, k) -> {
            long[] ids = new long[k];
            Arrays.fill(ids, -1);
            try {
                ScoreDoc[] found =
                        leaf.searchNearestVectors(VECTOR, query, Math.max(ef, k), all, Integer.MAX_VALUE).scoreDocs;
                for (int i = 0; i < Math.min(k, found.length); i++) {
                    ids[i] = rowOfDocument[found[i].doc];
                }
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
            return ids;
        };
    }

    @Override
    public void close() {
        try {
            if (reader != null) {
                reader.close();
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
