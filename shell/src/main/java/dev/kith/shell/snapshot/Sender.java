package dev.kith.shell.snapshot;

import dev.kith.wire.ahnlich.algorithm.nonlinear.NonLinearIndex;
import dev.kith.wire.ahnlich.db.query.Set;
import dev.kith.wire.ahnlich.db_service.DBServiceGrpc.DBServiceBlockingStub;
import dev.kith.wire.ahnlich.keyval.DbStoreEntry;
import dev.kith.wire.ahnlich.keyval.StoreKey;
import dev.kith.wire.ahnlich.keyval.StoreValue;
import dev.kith.wire.ahnlich.shared.info.StoreUpsert;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.LongConsumer;

/** Sends entries as they are read, many in a request. */
final class Sender implements Visitor {
    /** Bytes of one request, well below the 10 MB that servers take by default. */
    private static final int REQUEST_BYTES_MAX = 4 << 20;

    /** Entries of one request, so that small ones do not make a request that takes long. */
    private static final int REQUEST_ENTRIES_MAX = 5_000;

    private static final Duration REQUEST_TIME_MAX = Duration.ofMinutes(10);

    /** What became of the entries of one store. */
    static final class Counts {
        private long inserted;
        private long updated;

        long inserted() {
            return inserted;
        }

        long updated() {
            return updated;
        }
    }

    private final DBServiceBlockingStub server;
    private final Map<StoreName, Contents.Store> stores;
    private final Losses losses;
    private final LongConsumer progress;
    private final Map<StoreName, Counts> counts = new LinkedHashMap<>();
    private final List<DbStoreEntry> waiting = new ArrayList<>();
    private final List<String> waitingIds = new ArrayList<>();
    private int waitingBytes;
    private long sent;
    private StoreName current = new StoreName("", "");

    /**
     * For stores that are all there; entries of others are left out.
     *
     * @param progress is told how many entries were sent, after each request
     */
    Sender(DBServiceBlockingStub server, Map<StoreName, Contents.Store> stores, Losses losses, LongConsumer progress) {
        this.server = server;
        this.stores = stores;
        this.losses = losses;
        this.progress = progress;
    }

    /** Sends what is still waiting; answers what became of all. */
    Map<StoreName, Counts> finish() {
        flush();
        return counts;
    }

    @Override
    public void store(StoreName name) {
        flush();
        current = name;
        if (stores.containsKey(name)) {
            counts.put(name, new Counts());
        }
    }

    @Override
    public void entry(String id, float[] vector, StoreValue values) {
        Contents.Store store = stores.get(current);
        if (store == null) {
            return;
        }
        int dimension = store.dimension();
        if (vector.length != dimension) {
            loss("entry %s: %d components in a store of %d".formatted(id, vector.length, dimension));
            return;
        }
        StoreKey.Builder key = StoreKey.newBuilder();
        for (float component : vector) {
            key.addKey(component);
        }
        DbStoreEntry entry =
                DbStoreEntry.newBuilder().setKey(key).setValue(values).build();
        if (waitingBytes + entry.getSerializedSize() > REQUEST_BYTES_MAX || waiting.size() == REQUEST_ENTRIES_MAX) {
            flush();
        }
        waiting.add(entry);
        waitingIds.add(id);
        waitingBytes += entry.getSerializedSize();
    }

    @Override
    public void loss(String what) {
        losses.add(current, what);
    }

    @Override
    public void dimension(int dimension) {}

    @Override
    public void predicates(List<String> keys) {}

    @Override
    public void index(NonLinearIndex index) {}

    @Override
    public void models(String query, String index, boolean original) {}

    private void flush() {
        if (!waiting.isEmpty()) {
            send(0, waiting.size());
            sent += waiting.size();
            progress.accept(sent);
            waiting.clear();
            waitingIds.clear();
            waitingBytes = 0;
        }
    }

    /**
     * Sends the waiting entries from one to another. Where the server refuses them for what they are, it is asked for
     * each half alone, until it is known which entry it does not take.
     */
    private void send(int from, int to) {
        Set request = Set.newBuilder()
                .setStore(current.name())
                .setSchema(current.schema())
                .addAllInputs(waiting.subList(from, to))
                .build();
        try {
            StoreUpsert upsert =
                    server.withDeadlineAfter(REQUEST_TIME_MAX).set(request).getUpsert();
            Counts count = counts.computeIfAbsent(current, _ -> new Counts());
            count.inserted += upsert.getInserted();
            count.updated += upsert.getUpdated();
        } catch (StatusRuntimeException refused) {
            if (!isForItsContent(refused.getStatus(), request)) {
                throw refused;
            }
            if (to - from == 1) {
                loss("entry %s: the server refused it: %s"
                        .formatted(waitingIds.get(from), refused.getStatus().getDescription()));
                return;
            }
            int middle = (from + to) >>> 1;
            send(from, middle);
            send(middle, to);
        }
    }

    /** A server without room says the same as one that finds a message too large; a request of usual size tells. */
    private static boolean isForItsContent(Status status, Set request) {
        return switch (status.getCode()) {
            case INVALID_ARGUMENT, OUT_OF_RANGE -> true;
            case RESOURCE_EXHAUSTED -> request.getSerializedSize() > REQUEST_BYTES_MAX && request.getInputsCount() == 1;
            default -> false;
        };
    }
}
