package dev.kith.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kith.testkit.Await;
import dev.kith.testkit.Seeded;
import dev.kith.vectors.CollectionInfo;
import dev.kith.vectors.CollectionName;
import dev.kith.vectors.CollectionSpec;
import dev.kith.vectors.ElementType;
import dev.kith.vectors.Hits;
import dev.kith.vectors.IndexSpec;
import dev.kith.vectors.KeyPolicy;
import dev.kith.vectors.Metric;
import dev.kith.vectors.Query;
import dev.kith.vectors.VectorBlock;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.LongStream;

/** A collection that a graph searches: its specification, its rows, its growth, and how much of the truth it finds. */
final class Graphs {
    static final CollectionName NAME = new CollectionName("default", "test", "graph");
    private static final int EF_SEARCH = 200;

    private Graphs() {}

    static CollectionSpec spec(int dimension, IndexSpec index) {
        return CollectionSpec.of(ElementType.FLOAT32, dimension, KeyPolicy.NONE, index);
    }

    static IndexSpec index(Metric metric, String transform, long m, long efConstruction) {
        return new IndexSpec(
                IndexSpec.Kind.HNSW,
                metric,
                transform,
                new TreeMap<>(Map.of("m", m, "ef_construction", efConstruction)));
    }

    static VectorBlock clustered(Seeded seeded, int count, int dimension, int clusters) {
        return Engines.block(seeded.clusteredRows(count, dimension, new Seeded.Clusters(clusters, 0.5)));
    }

    static CollectionInfo info(Engine engine) {
        return engine.find(NAME).orElseThrow();
    }

    static void awaitGrown(Engine engine) {
        Await.until("the graph reaches every row", () -> info(engine).tailRows() == 0);
    }

    /**
     * The share of the results of an exact search that the graph finds, with {@value #EF_SEARCH} candidates. Of 20,000
     * clustered rows of 64 floats, m 16, efConstruction 60, hnswlib and FAISS then find 0.98; of 9,000 of 128 floats,
     * m 8, efConstruction 40, they find 0.92.
     */
    static double recall(Engine engine, Query query) {
        List<Hits> truth = engine.search(NAME, query.exactly());
        List<Hits> found = engine.search(NAME, query.withEfSearch(EF_SEARCH));
        int hits = 0;
        int wanted = 0;
        for (int i = 0; i < truth.size(); i++) {
            Set<Long> ids = new HashSet<>();
            LongStream.of(truth.get(i).ids()).forEach(ids::add);
            hits += (int)
                    LongStream.of(found.get(i).ids()).filter(ids::contains).count();
            wanted += ids.size();
            assertThat(found.get(i).count()).isEqualTo(truth.get(i).count());
        }
        return hits / (double) wanted;
    }
}
