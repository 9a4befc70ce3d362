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
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.atomic.LongAdder;
import java.util.concurrent.locks.ReentrantLock;

/**
 * The towers that are in memory. One is loaded when it is first asked for: its files are checked against their
 * checksums, its memory is priced, and what was not used for longest goes where there is no room. Safe on any thread;
 * loading blocks its caller, one at a time.
 */
final class Towers implements AutoCloseable {
    /** Of a network's bytes: its weights, and those that the runtime lays out anew for its kernels. */
    static final int PRICE_FACTOR = 2;
    /** Beyond the weights: what one inference needs, and the tokenizer. */
    static final long PRICE_BASE = 32L << 20;

    private static final Logger LOG = System.getLogger(Towers.class.getName());

    private record Key(String model, InputKind kind) {}

    private final EmbedSettings settings;
    private final ShippedFiles shipped;
    private final Pipelines pipelines = new Pipelines();
    private final ConcurrentMap<Key, Loaded> loaded = new ConcurrentHashMap<>();
    private final ReentrantLock loading = new ReentrantLock();
    private final LongAdder loads = new LongAdder();
    /** Guarded by the lock of loading. */
    private boolean runtimePrepared;

    Towers(EmbedSettings settings) {
        this.settings = settings;
        this.shipped = new ShippedFiles(settings.cache());
    }

    /**
     * The tower, held; whoever gets it must release it.
     *
     * @throws Rejection UNAVAILABLE: the model is not installed or damaged; EXHAUSTED: there is no memory for it
     */
    Loaded hold(Model model, Tower tower) {
        Key key = new Key(model.descriptor().name(), tower.kind());
        Loaded present = loaded.get(key);
        if (present != null && present.model().equals(model) && present.hold()) {
            return present;
        }
        loading.lock();
        try {
            return loadOrHold(key, model, tower);
        } finally {
            loading.unlock();
        }
    }

    private Loaded loadOrHold(Key key, Model model, Tower tower) {
        Loaded present = loaded.get(key);
        if (present != null && present.model().equals(model) && present.hold()) {
            return present;
        }
        if (present != null) {
            // The model was replaced by another of its name.
            loaded.remove(key, present);
            present.retire();
        }
        Loaded opened = load(model, tower);
        opened.hold();
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
        makeRoom(descriptor.name(), bytes);
        long began = System.nanoTime();
        if (!runtimePrepared) {
            settings.prepareRuntime().run();
            runtimePrepared = true;
        }
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
    }

    /** Bytes of memory that a tower is expected to take. */
    static long price(Descriptor descriptor, Tower tower) {
        Set<String> names = Descriptor.filesOf(tower);
        long files = descriptor.files().stream()
                .filter(file -> names.contains(file.name()))
                .mapToLong(ModelFile::bytes)
                .sum();
        return files * PRICE_FACTOR + PRICE_BASE;
    }

    /** Unloads what is idle, the longest idle first, until there is room. */
    private void makeRoom(String name, long bytes) {
        long left = left();
        while (left < bytes) {
            Optional<Loaded> idle = loaded.values().stream()
                    .filter(each -> !each.isHeld())
                    .min(Comparator.comparingLong(Loaded::usedAt));
            if (idle.isEmpty()) {
                throw new Rejection(
                        Rejection.Code.EXHAUSTED,
                        "Model %s needs about %d bytes of memory; %d are available".formatted(name, bytes, left));
            }
            unload(idle.get());
            left = left();
        }
    }

    private long left() {
        return Math.max(0, settings.memoryLeft().getAsLong() - bytes());
    }

    /** The folder of a tower's files, each checked. Shipped files that are damaged are unpacked once more. */
    private Path checked(Model model, Tower tower) {
        Set<String> names = Descriptor.filesOf(tower);
        List<ModelFile> files = model.descriptor().files().stream()
                .filter(file -> names.contains(file.name()))
                .toList();
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
                return new Loaded(model, lane(pipeline, sessions, opening), sessions, opening.bytes());
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

    private static <P> Lane<P> lane(Pipeline<P> pipeline, Sessions sessions, Opening opening) {
        Descriptor descriptor = opening.model().descriptor();
        return new Lane<>(new Lane.Work<>(
                descriptor.name(), pipeline, sessions, opening.tower().batch(), descriptor.dimension()));
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

    private void unload(Loaded idle) {
        if (loaded.values().remove(idle)) {
            idle.retire();
            LOG.log(Level.INFO, "Model {0} unloaded", idle.model().descriptor().name());
        }
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
        loaded.values().forEach(Loaded::retire);
        loaded.clear();
    }
}
