package dev.kith.bench.rivals;

import dev.kith.vectors.Metric;
import io.github.jbellis.jvector.graph.GraphIndexBuilder;
import io.github.jbellis.jvector.graph.GraphSearcher;
import io.github.jbellis.jvector.graph.ImmutableGraphIndex;
import io.github.jbellis.jvector.graph.ListRandomAccessVectorValues;
import io.github.jbellis.jvector.graph.SearchResult;
import io.github.jbellis.jvector.graph.similarity.BuildScoreProvider;
import io.github.jbellis.jvector.graph.similarity.DefaultSearchScoreProvider;
import io.github.jbellis.jvector.util.Bits;
import io.github.jbellis.jvector.vector.VectorSimilarityFunction;
import io.github.jbellis.jvector.vector.VectorizationProvider;
import io.github.jbellis.jvector.vector.types.VectorFloat;
import io.github.jbellis.jvector.vector.types.VectorTypeSupport;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.ForkJoinPool;
import java.util.concurrent.ForkJoinWorkerThread;
import org.jspecify.annotations.Nullable;

/**
 * JVector's graph in memory over float32 vectors on the heap, with a hierarchy: at most 2M links on level 0 and M above
 * it, overflow and alpha as its documentation has them.
 */
final class JVectorRival implements Rival {
    private static final VectorTypeSupport TYPES =
            VectorizationProvider.getInstance().getVectorTypeSupport();
    private static final float OVERFLOW = 1.2f;
    private static final float ALPHA = 1.2f;
    private static final int BATCH_ROWS = 1_000;

    private @Nullable ListRandomAccessVectorValues vectors;
    private @Nullable ImmutableGraphIndex graph;
    private VectorSimilarityFunction likeness = VectorSimilarityFunction.EUCLIDEAN;

    @Override
    public String about() {
        // Its manifest tells no version, the name of its file does.
        String jar = GraphSearcher.class
                .getProtectionDomain()
                .getCodeSource()
                .getLocation()
                .getPath();
        return "%s, %s"
                .formatted(
                        jar.replaceFirst(".*/", ""),
                        VectorizationProvider.getInstance().getClass().getSimpleName());
    }

    @Override
    @SuppressWarnings("deprecation") // Its successor leaves hierarchy and refinement to what a management bean says.
    public void build(FloatFile file, Plan plan) {
        List<VectorFloat<?>> rows = new ArrayList<>(plan.rows());
        for (int first = 0; first < plan.rows(); first += BATCH_ROWS) {
            for (float[] row : file.readEach(first, Math.min(BATCH_ROWS, plan.rows() - first))) {
                rows.add(TYPES.createFloatVector(row));
            }
        }
        likeness =
                file.metric() == Metric.L2 ? VectorSimilarityFunction.EUCLIDEAN : VectorSimilarityFunction.DOT_PRODUCT;
        ListRandomAccessVectorValues values = new ListRandomAccessVectorValues(rows, file.dimension());
        BuildScoreProvider scores = BuildScoreProvider.randomAccessScoreProvider(values, likeness);
        try (ForkJoinPool pool = new ForkJoinPool(plan.threads(), JVectorRival::worker, null, false);
                GraphIndexBuilder builder = new GraphIndexBuilder(
                        scores,
                        file.dimension(),
                        List.of(2 * plan.m(), plan.m()),
                        plan.efConstruction(),
                        OVERFLOW,
                        ALPHA,
                        true,
                        true,
                        pool,
                        pool)) {
            graph = builder.build(values);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        vectors = values;
    }

    private static ForkJoinWorkerThread worker(ForkJoinPool pool) {
        ForkJoinWorkerThread thread = ForkJoinPool.defaultForkJoinWorkerThreadFactory.newThread(pool);
        thread.setName("jvector-build-" + thread.getPoolIndex());
        return thread;
    }

    @Override
    public long bytes() {
        ListRandomAccessVectorValues values = Objects.requireNonNull(vectors, "nothing was built");
        return Objects.requireNonNull(graph).ramBytesUsed() + (long) values.size() * values.dimension() * Float.BYTES;
    }

    @Override
    public Searcher searcher() {
        ListRandomAccessVectorValues values = Objects.requireNonNull(vectors, "nothing was built");
        GraphSearcher searcher = new GraphSearcher(Objects.requireNonNull(graph));
        return (query, ef, k) -> {
            var scores = DefaultSearchScoreProvider.exact(TYPES.createFloatVector(query), likeness, values);
            SearchResult result = searcher.search(scores, k, Math.max(ef, k), 0, 0, Bits.ALL);
            SearchResult.NodeScore[] found = result.getNodes();
            long[] ids = new long[k];
            Arrays.fill(ids, -1);
            for (int i = 0; i < Math.min(k, found.length); i++) {
                ids[i] = found[i].node;
            }
            return ids;
        };
    }

    @Override
    public void close() {
        graph = null;
        vectors = null;
    }
}
