package dev.kith.embed.run;

import ai.onnxruntime.OrtException;
import dev.kith.embed.InputKind;
import dev.kith.embed.models.Descriptor;
import dev.kith.embed.models.Model;
import dev.kith.embed.models.ModelFile;
import dev.kith.embed.models.ModelStore;
import dev.kith.embed.models.ShippedFiles;
import dev.kith.embed.models.Tower;
import dev.kith.embed.pipeline.Pipeline;
import dev.kith.vectors.Rejection;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;

/**
 * The towers that are in memory. One is loaded when it is first asked for, on a thread for that, since what opens a
 * network would keep the carrier of a virtual thread: its files are checked against their checksums, its memory is
 * priced and taken, and what was not used for longest goes where there is no room. Safe on any thread; who asks for a
 * tower that is not there waits for it.
 */
final class Towers implements AutoCloseable {
    /** Of a network's bytes: its weights, and those that the runtime lays out anew for its kernels. */
    static final int PRICE_FACTOR = 2;
    /** Beyond the weights: the tokenizer, and as much again for the batches that are computed at once. */
    static final long PRICE_BASE = 32L << 20;
    /** What the loading of a model may take when this is closed. */
    private static final long LOADING_END_MS = 2_000;

    private static final Logger LOG = System.getLogger(Towers.class.getName());

    private record Key(String model, InputKind kind) {}

    private final EmbedSettings settings;
    private final ShippedFiles shipped;
    private final Pipelines pipelines = new Pipelines();
    private final ConcurrentMap<Key, Loaded> loaded = new ConcurrentHashMap<>();
    private final ConcurrentMap<Key, CompletableFuture<Loaded>> loading = new ConcurrentHashMap<>();
    private final Workspace workspace;
    private final ExecutorService loaders;
    private final LongAdder loads = new LongAdder();
    /** Guarded by this. */
    private boolean runtimePrepared;

    Towers(EmbedSettings settings) {
        this.settings = settings;
        this.shipped = new ShippedFiles(settings.cache());
        this.workspace = new Workspace(settings.memory(), PRICE_BASE / 2 / settings.threads(), this::unloadLongestIdle);
        this.loaders = Executors.newFixedThreadPool(
                settings.threads(),
                Thread.ofPlatform().daemon().name("kith-load-", 0).factory());
    }

    /**
     * The tower, held; whoever gets it must release it.
     *
     * @throws Rejection UNAVAILABLE: the model is not installed or damaged; EXHAUSTED: there is no memory for it
     */
    Loaded hold(Model model, Tower tower) throws InterruptedException {
        Key key = new Key(model.descriptor().name(), tower.kind());
        while (true) {
            Loaded present = loaded.get(key);
            if (present != null && present.model().equals(model) && present.hold()) {
                return present;
            }
            CompletableFuture<Loaded> mine = new CompletableFuture<>();
            CompletableFuture<Loaded> other = loading.putIfAbsent(key, mine);
            if (other == null) {
                begin(key, model, tower, mine);
                return held(mine);
            }
            Loaded opened = awaited(other);
            if (opened.model().equals(model) && opened.hold()) {
                return opened;
            }
        }
    }

    /** What a load gives is held for the one that began it; if that one does not wait any more, nobody holds it. */
    private Loaded held(CompletableFuture<Loaded> mine) throws InterruptedException {
        try {
            return awaited(mine);
        } catch (InterruptedException ended) {
            var _ = mine.thenAccept(opened -> opened.release(settings.clock().millis()));
            throw ended;
        }
    }

    private static Loaded awaited(CompletableFuture<Loaded> load) throws InterruptedException {
        try {
            return load.get();
        } catch (ExecutionException fault) {
            throw Failures.rethrown(Optional.ofNullable(fault.getCause()).orElse(fault));
        }
    }

    /** Loads a tower that nobody asks for yet; done when it is there, or cannot be. */
    CompletableFuture<Void> warm(Model model, Tower tower) {
        CompletableFuture<Loaded> mine = new CompletableFuture<>();
        Key key = new Key(model.descriptor().name(), tower.kind());
        CompletableFuture<Loaded> other = loading.putIfAbsent(key, mine);
        if (other != null) {
            return other.thenAccept(_ -> {});
        }
        begin(key, model, tower, mine);
        return mine.thenAccept(opened -> opened.release(settings.clock().millis()));
    }

    private void begin(Key key, Model model, Tower tower, CompletableFuture<Loaded> asked) {
        try {
            loaders.execute(() -> {
                try {
                    Loaded opened = loadOrHold(key, model, tower);
                    loading.remove(key, asked);
                    asked.complete(opened);
                } catch (RuntimeException | Error fault) {
                    loading.remove(key, asked);
                    asked.completeExceptionally(fault);
                }
            });
        } catch (RejectedExecutionException closed) {
            loading.remove(key, asked);
            asked.completeExceptionally(new Rejection(Rejection.Code.UNAVAILABLE, "The server stops"));
        }
    }

    /** One load of a key runs at a time. */
    private Loaded loadOrHold(Key key, Model model, Tower tower) {
        Loaded present = loaded.get(key);
        if (present != null && present.model().equals(model) && present.hold()) {
            return present;
        }
        if (present != null) {
            // The model was replaced by another of its name, or has just been unloaded.
            loaded.remove(key, present);
            present.retire();
        }
        Loaded opened = load(model, tower);
        loaded.put(key, opened);
        return opened;
    }

    private Loaded load(Model model, Tower tower) {
        Descriptor descriptor = model.descriptor();
        if (!model.installed()) {
            throw new Rejection(
                    Rejection.Code.UNAVAILABLE,
                    "model %s is not installed; run: kith models pull %s"
                            .formatted(descriptor.name(), descriptor.name()));
        }
        long bytes = price(descriptor, tower);
        take(descriptor.name(), bytes);
        try {
            long began = System.nanoTime();
            prepareRuntime();
            Path home = checked(model, tower);
            Loaded opened = open(new Opening(model, tower, home, bytes));
            loads.increment();
            LOG.log(
                    Level.INFO,
                    () -> "Model %s (%s) loaded in %d ms, priced at %d MiB"
                            .formatted(
                                    descriptor.name(),
                                    tower.kind(),
                                    Duration.ofNanos(System.nanoTime() - began).toMillis(),
                                    bytes >> 20));
            return opened;
        } catch (RuntimeException | Error fault) {
            settings.memory().giveBack(bytes);
            throw fault;
        }
    }

    private synchronized void prepareRuntime() {
        if (!runtimePrepared) {
            settings.prepareRuntime().run();
            runtimePrepared = true;
        }
    }

    /** Bytes of memory that a tower is expected to take. */
    static long price(Descriptor descriptor, Tower tower) {
        long files =
                descriptor.filesFor(tower).stream().mapToLong(ModelFile::bytes).sum();
        return files * PRICE_FACTOR + PRICE_BASE;
    }

    /** Takes a model's price, and unloads what is idle, the longest idle first, until there is room for it. */
    private void take(String name, long bytes) {
        while (!settings.memory().take(bytes)) {
            if (!unloadLongestIdle()) {
                throw new Rejection(
                        Rejection.Code.EXHAUSTED,
                        "Model %s needs about %d bytes of memory; %d are available"
                                .formatted(
                                        name,
                                        bytes,
                                        Math.max(0, settings.memory().left())));
            }
        }
    }

    /** Unloads the tower that was not used for longest, of those that nobody uses; false where there is none. */
    boolean unloadLongestIdle() {
        while (true) {
            Optional<Loaded> longest = loaded.values().stream()
                    .filter(each -> !each.isHeld())
                    .min(Comparator.comparingLong(Loaded::usedAt));
            if (longest.isEmpty() || unload(longest.get())) {
                return longest.isPresent();
            }
        }
    }

    /** The folder of a tower's files, each checked. Shipped files that are damaged are unpacked once more. */
    private Path checked(Model model, Tower tower) {
        List<ModelFile> files = model.descriptor().filesFor(tower);
        if (model.folder().isPresent()) {
            ModelStore.fault(model.folder().get(), files).ifPresent(fault -> {
                throw damaged(model, fault);
            });
            return model.folder().get();
        }
        try {
            Path home = shipped.unpacked(model.descriptor());
            if (ModelStore.fault(home, files).isPresent()) {
                shipped.discard(home);
                home = shipped.unpacked(model.descriptor());
                ModelStore.fault(home, files).ifPresent(fault -> {
                    throw damaged(model, fault);
                });
            }
            return home;
        } catch (UncheckedIOException unwritable) {
            LOG.log(Level.ERROR, "A shipped model cannot be unpacked", unwritable);
            throw new Rejection(
                    Rejection.Code.UNAVAILABLE,
                    "model %s cannot be unpacked; the server's log has the reason"
                            .formatted(model.descriptor().name()));
        }
    }

    private record Opening(Model model, Tower tower, Path home, long bytes) {}

    private Loaded open(Opening opening) {
        Model model = opening.model();
        Tower tower = opening.tower();
        try {
            Pipeline<?> pipeline = pipelines.open(opening.home(), tower);
            try {
                Sessions sessions = Sessions.open(opening.home(), tower.networks());
                var price = new Loaded.Price(opening.bytes(), settings.memory());
                return new Loaded(model, lane(pipeline, sessions, opening), sessions, price);
            } catch (OrtException | RuntimeException fault) {
                pipeline.close();
                throw fault;
            }
        } catch (OrtException | IOException | RuntimeException fault) {
            LOG.log(Level.ERROR, "Model " + model.descriptor().name() + " cannot be loaded", fault);
            throw damaged(model, "its files cannot be used as they are described");
        } catch (LinkageError unsupported) {
            LOG.log(Level.ERROR, "The model runtime cannot be used on this machine", unsupported);
            throw new Rejection(
                    Rejection.Code.UNAVAILABLE, "no model can run on this machine; the server's log has the reason");
        }
    }

    private <P> Lane<P> lane(Pipeline<P> pipeline, Sessions sessions, Opening opening) {
        Descriptor descriptor = opening.model().descriptor();
        return new Lane<>(new Lane.Work<>(
                descriptor.name(), pipeline, sessions, opening.tower().batch(), descriptor.dimension(), workspace));
    }

    private static Rejection damaged(Model model, String fault) {
        String name = model.descriptor().name();
        return new Rejection(
                Rejection.Code.UNAVAILABLE,
                "model %s is damaged: %s; run: kith models check %s".formatted(name, fault, name));
    }

    /** Unloads what nobody used for the set time. */
    void unloadIdle() {
        long before = settings.clock().millis() - settings.idle().toMillis();
        loaded.values().stream()
                .filter(each -> !each.isHeld() && each.usedAt() <= before)
                .forEach(this::unload);
    }

    /** False where somebody has begun to use it, or another has unloaded it. */
    private boolean unload(Loaded idle) {
        if (!idle.retireIfFree()) {
            return false;
        }
        loaded.values().remove(idle);
        LOG.log(Level.INFO, "Model {0} unloaded", idle.model().descriptor().name());
        return true;
    }

    int count() {
        return loaded.size();
    }

    /** What the loaded towers are priced at. */
    long bytes() {
        return loaded.values().stream().mapToLong(Loaded::bytes).sum();
    }

    long loads() {
        return loads.sum();
    }

    @Override
    public void close() {
        loaders.shutdown();
        try {
            // A model that is being loaded uses files that are deleted next.
            if (!loaders.awaitTermination(LOADING_END_MS, TimeUnit.MILLISECONDS)) {
                LOG.log(Level.WARNING, "A model is still being loaded");
            }
        } catch (InterruptedException ended) {
            Thread.currentThread().interrupt();
        }
        loaded.values().forEach(Loaded::retire);
        loaded.clear();
    }
}
