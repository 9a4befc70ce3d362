package dev.kith.shell.snapshot;

import dev.kith.shell.remote.Endpoint;
import dev.kith.shell.remote.RemoteException;
import dev.kith.wire.ahnlich.db.query.CreateNonLinearAlgorithmIndex;
import dev.kith.wire.ahnlich.db.query.CreatePredIndex;
import dev.kith.wire.ahnlich.db.query.CreateStore;
import dev.kith.wire.ahnlich.db.query.GetStore;
import dev.kith.wire.ahnlich.db.server.StoreInfo;
import dev.kith.wire.ahnlich.db_service.DBServiceGrpc;
import dev.kith.wire.ahnlich.db_service.DBServiceGrpc.DBServiceBlockingStub;
import io.grpc.ManagedChannel;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.LongConsumer;

/**
 * Imports a snapshot into a running server, in steps: read the file through, so that a damaged one changes nothing;
 * compare with the stores that are there; make those that are not, with their indexes; send all entries. Each step can
 * be repeated: a store that is there stays, and an entry that is there is replaced by itself.
 */
public final class Importer {
    /** All of the file was taken. */
    public static final int OK = 0;
    /** Nothing or not all was imported, since the file is damaged or the server failed. */
    public static final int FAILED = 1;
    /** Some of the file could not be taken, and all else was. */
    public static final int PARTLY = 3;

    private static final long PROGRESS_ENTRIES = 50_000;

    /** Longest that making a store may take, which builds indexes over what is in it already. */
    private static final Duration STORE_TIME_MAX = Duration.ofHours(1);

    private final Endpoint endpoint;
    private final PrintStream out;
    private final PrintStream err;

    public Importer(Endpoint endpoint, PrintStream out, PrintStream err) {
        this.endpoint = endpoint;
        this.out = out;
        this.err = err;
    }

    /**
     * Imports a file; answers the exit code.
     *
     * @param check whether to say only what is in the file
     */
    public int run(Path file, boolean check) {
        try {
            Layout layout = SnapshotReader.layout(file);
            Losses found = new Losses(check ? err : new PrintStream(OutputStream.nullOutputStream()));
            Contents contents = Contents.of(file, layout, found);
            err.println("%s: %s, %d stores, %d entries"
                    .formatted(file, layout.words(), contents.stores().size(), contents.entries()));
            if (!contents.aiStores().isEmpty()) {
                return printModels(contents);
            }
            if (check) {
                contents.stores()
                        .forEach((name, store) -> out.println(
                                "%s: dimension %d, %d entries".formatted(name, store.dimension(), store.entries())));
                return finish(found);
            }
            return send(file, layout, contents);
        } catch (SnapshotException damaged) {
            return fail("%s is damaged or no snapshot: %s".formatted(file, damaged.getMessage()));
        } catch (IOException unreadable) {
            return fail("cannot read the file: " + unreadable);
        } catch (RemoteException failed) {
            return fail(String.valueOf(failed.getMessage()));
        } catch (StatusRuntimeException failed) {
            return fail(RemoteException.of(endpoint, failed).getMessage() + "; the same command goes on with it");
        }
    }

    /** The vectors of an AI proxy's stores are in its DB's snapshot; here is only what the proxy has to know again. */
    private int printModels(Contents contents) {
        err.println("This is a snapshot of the AI proxy. It holds no vectors, only which models its stores have, so");
        err.println("there is nothing to import; the vectors are in the snapshot of its DB. These make the stores:");
        contents.aiStores().forEach(out::println);
        return OK;
    }

    private int send(Path file, Layout layout, Contents contents) throws IOException {
        ManagedChannel channel = endpoint.channel();
        try {
            DBServiceBlockingStub server = DBServiceGrpc.newBlockingStub(channel);
            Losses losses = new Losses(err);
            Map<Visitor.StoreName, Contents.Store> taken = makeStores(server, contents, losses);
            Sender sender = new Sender(server, taken, losses, new Progress(contents.entries()));
            SnapshotReader.read(file, layout, sender);
            sender.finish()
                    .forEach((name, counts) -> out.println(
                            "%s: %d inserted, %d updated".formatted(name, counts.inserted(), counts.updated())));
            return finish(losses);
        } finally {
            channel.shutdownNow();
        }
    }

    /**
     * All are compared before one is made, so that a store of another dimension is found while nothing is changed. One
     * that the server does not take for what it is, is a loss.
     *
     * @return those that are there now
     */
    private Map<Visitor.StoreName, Contents.Store> makeStores(
            DBServiceBlockingStub server, Contents contents, Losses losses) {
        Map<Visitor.StoreName, StoreInfo> present = new HashMap<>();
        contents.stores().forEach((name, store) -> {
            Optional<StoreInfo> found = find(server, name);
            if (found.isPresent() && found.get().getDimension() != store.dimension()) {
                throw new SnapshotException("%s is on the server with dimension %d, and in the file with %d"
                        .formatted(name, found.get().getDimension(), store.dimension()));
            }
            found.ifPresent(info -> present.put(name, info));
        });
        Map<Visitor.StoreName, Contents.Store> made = new LinkedHashMap<>(contents.stores());
        contents.stores().forEach((name, store) -> {
            try {
                if (present.containsKey(name)) {
                    addIndexes(server, store.creation());
                } else {
                    var _ = server.withDeadlineAfter(STORE_TIME_MAX).createStore(store.creation());
                }
            } catch (StatusRuntimeException refused) {
                if (refused.getStatus().getCode() != Status.Code.INVALID_ARGUMENT) {
                    throw refused;
                }
                losses.add(
                        name,
                        "the server refused the store, with its %d entries: %s"
                                .formatted(store.entries(), refused.getStatus().getDescription()));
                made.remove(name);
            }
        });
        return made;
    }

    private static Optional<StoreInfo> find(DBServiceBlockingStub server, Visitor.StoreName name) {
        GetStore request = GetStore.newBuilder()
                .setStore(name.name())
                .setSchema(name.schema())
                .build();
        try {
            return Optional.of(server.withDeadlineAfter(STORE_TIME_MAX).getStore(request));
        } catch (StatusRuntimeException failed) {
            if (failed.getStatus().getCode() == Status.Code.NOT_FOUND) {
                return Optional.empty();
            }
            throw failed;
        }
    }

    /** Those that the store has already stay as they are. */
    private static void addIndexes(DBServiceBlockingStub server, CreateStore creation) {
        if (creation.getCreatePredicatesCount() > 0) {
            var _ = server.withDeadlineAfter(STORE_TIME_MAX)
                    .createPredIndex(CreatePredIndex.newBuilder()
                            .setStore(creation.getStore())
                            .setSchema(creation.getSchema())
                            .addAllPredicates(creation.getCreatePredicatesList())
                            .build());
        }
        if (creation.getNonLinearIndicesCount() > 0) {
            var _ = server.withDeadlineAfter(STORE_TIME_MAX)
                    .createNonLinearAlgorithmIndex(CreateNonLinearAlgorithmIndex.newBuilder()
                            .setStore(creation.getStore())
                            .setSchema(creation.getSchema())
                            .addAllNonLinearIndices(creation.getNonLinearIndicesList())
                            .build());
        }
    }

    private int finish(Losses losses) {
        if (losses.count() == 0) {
            return OK;
        }
        err.println("not taken, in all: " + losses.count());
        return PARTLY;
    }

    private int fail(String message) {
        err.println("kith import: " + message);
        return FAILED;
    }

    /** A line each so many entries. */
    private final class Progress implements LongConsumer {
        private final long all;
        private long next = PROGRESS_ENTRIES;

        Progress(long all) {
            this.all = all;
        }

        @Override
        public void accept(long sent) {
            if (sent >= next) {
                err.println("sent %d of %d entries".formatted(sent, all));
                next = sent + PROGRESS_ENTRIES;
            }
        }
    }
}
