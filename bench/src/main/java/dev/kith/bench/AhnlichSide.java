package dev.kith.bench;

import dev.kith.wire.ahnlich.algorithm.algorithms.Algorithm;
import dev.kith.wire.ahnlich.algorithm.algorithms.DistanceMetric;
import dev.kith.wire.ahnlich.algorithm.nonlinear.HNSWConfig;
import dev.kith.wire.ahnlich.algorithm.nonlinear.NonLinearIndex;
import dev.kith.wire.ahnlich.db.query.CreateStore;
import dev.kith.wire.ahnlich.db.query.GetSimN;
import dev.kith.wire.ahnlich.db.query.Ping;
import dev.kith.wire.ahnlich.db.query.Set;
import dev.kith.wire.ahnlich.db.server.GetSimNEntry;
import dev.kith.wire.ahnlich.db_service.DBServiceGrpc;
import dev.kith.wire.ahnlich.keyval.DbStoreEntry;
import dev.kith.wire.ahnlich.keyval.StoreKey;
import dev.kith.wire.ahnlich.keyval.StoreValue;
import dev.kith.wire.ahnlich.metadata.MetadataValue;
import dev.kith.wire.ahnlich.predicates.Equals;
import dev.kith.wire.ahnlich.predicates.Predicate;
import dev.kith.wire.ahnlich.predicates.PredicateCondition;
import io.grpc.ManagedChannel;
import io.grpc.netty.NettyChannelBuilder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** One Ahnlich server as its clients see it, over a few connections: a store, and searches in it. */
final class AhnlichSide implements AutoCloseable {
    /** As many as the published benchmark of the original has. */
    private static final int CONNECTIONS = 8;

    private static final String STORE = "bench";
    private static final int BATCH_ENTRIES = 1_000;
    private static final int REPLY_BYTES_MAX = 64 << 20;
    private static final long START_SECONDS = 60;
    private static final long CALL_SECONDS = 60;

    private final Server server;
    private final List<ManagedChannel> channels = new ArrayList<>();
    private final List<DBServiceGrpc.DBServiceBlockingStub> stubs = new ArrayList<>();

    AhnlichSide(Server server) {
        this.server = server;
        for (int i = 0; i < CONNECTIONS; i++) {
            ManagedChannel channel = NettyChannelBuilder.forAddress("127.0.0.1", server.port())
                    .usePlaintext()
                    .maxInboundMessageSize(REPLY_BYTES_MAX)
                    .build();
            channels.add(channel);
            stubs.add(DBServiceGrpc.newBlockingStub(channel));
        }
        stubs.getFirst()
                .withWaitForReady()
                .withDeadlineAfter(START_SECONDS, TimeUnit.SECONDS)
                .ping(Ping.getDefaultInstance());
    }

    private DBServiceGrpc.DBServiceBlockingStub stub(int caller) {
        return stubs.get(caller % stubs.size()).withDeadlineAfter(CALL_SECONDS, TimeUnit.SECONDS);
    }

    long pid() {
        return server.pid();
    }

    void ping(int caller) {
        var _ = stub(caller).ping(Ping.getDefaultInstance());
    }

    /**
     * Makes the store, with an HNSW index of efConstruction 100 and its predicates indexed, and sets its entries.
     *
     * @return seconds that it took
     */
    double fill(float[][] rows) {
        HNSWConfig hnsw = HNSWConfig.newBuilder()
                .setDistance(DistanceMetric.Euclidean)
                .setEfConstruction(100)
                .build();
        CreateStore.Builder create = CreateStore.newBuilder()
                .setStore(STORE)
                .setDimension(rows[0].length)
                .addNonLinearIndices(NonLinearIndex.newBuilder().setHnsw(hnsw));
        for (AhnlichBench.Group group : AhnlichBench.Group.values()) {
            create.addCreatePredicates(group.key());
        }
        long started = System.nanoTime();
        var _ = stub(0).createStore(create.build());
        for (int first = 0; first < rows.length; first += BATCH_ENTRIES) {
            Set.Builder set = Set.newBuilder().setStore(STORE);
            for (int row = first; row < Math.min(rows.length, first + BATCH_ENTRIES); row++) {
                set.addInputs(entry(rows[row], row));
            }
            var _ = stub(0).set(set.build());
        }
        return (System.nanoTime() - started) / 1e9;
    }

    private static DbStoreEntry entry(float[] row, int number) {
        StoreValue.Builder value = StoreValue.newBuilder();
        for (AhnlichBench.Group group : AhnlichBench.Group.values()) {
            value.putValue(group.key(), text(group.of(number)));
        }
        return DbStoreEntry.newBuilder().setKey(key(row)).setValue(value).build();
    }

    private static MetadataValue text(String text) {
        return MetadataValue.newBuilder().setRawString(text).build();
    }

    private static StoreKey key(float[] row) {
        StoreKey.Builder key = StoreKey.newBuilder();
        for (float value : row) {
            key.addKey(value);
        }
        return key.build();
    }

    /** A request for the nearest {@link AhnlichBench#K}. */
    static GetSimN request(float[] query, AhnlichBench.Search search) {
        GetSimN.Builder request = GetSimN.newBuilder()
                .setStore(STORE)
                .setSearchInput(key(query))
                .setClosestN(AhnlichBench.K)
                .setAlgorithm(search.graph() ? Algorithm.HNSW : Algorithm.EuclideanDistance);
        search.group().ifPresent(group -> {
            Equals equals = Equals.newBuilder()
                    .setKey(group.key())
                    .setValue(text(group.of(0)))
                    .build();
            request.setCondition(PredicateCondition.newBuilder()
                    .setValue(Predicate.newBuilder().setEquals(equals)));
        });
        return request.build();
    }

    /** The vectors found. */
    List<float[]> search(int caller, GetSimN request) {
        List<float[]> found = new ArrayList<>();
        for (GetSimNEntry entry : stub(caller).getSimN(request).getEntriesList()) {
            float[] vector = new float[entry.getKey().getKeyCount()];
            for (int i = 0; i < vector.length; i++) {
                vector[i] = entry.getKey().getKey(i);
            }
            found.add(vector);
        }
        return found;
    }

    /** The share of the nearest rows of a group that searches find. */
    double recall(float[][] rows, float[][] queries, AhnlichBench.Search search) {
        double found = 0;
        for (float[] query : queries) {
            double[] right = new double[rows.length];
            Arrays.fill(right, Double.POSITIVE_INFINITY);
            for (int row = 0; row < rows.length; row++) {
                if (search.accepts(row)) {
                    right[row] = distance(rows[row], query);
                }
            }
            Arrays.sort(right);
            double worst = right[AhnlichBench.K - 1] * (1 + 1e-6);
            found += search(0, request(query, search)).stream()
                    .filter(vector -> distance(vector, query) <= worst)
                    .count();
        }
        return found / ((double) queries.length * AhnlichBench.K);
    }

    private static double distance(float[] a, float[] b) {
        double sum = 0;
        for (int i = 0; i < a.length; i++) {
            double difference = (double) a[i] - b[i];
            sum += difference * difference;
        }
        return sum;
    }

    @Override
    public void close() {
        channels.forEach(ManagedChannel::shutdownNow);
        server.close();
    }
}
