package dev.kith.embed.run;

import dev.kith.embed.Embedder;
import dev.kith.embed.Embedding;
import dev.kith.embed.Input;
import dev.kith.embed.InputKind;
import dev.kith.embed.ModelInfo;
import dev.kith.embed.Preparation;
import dev.kith.embed.Unembeddable;
import dev.kith.embed.models.Catalogue;
import dev.kith.embed.models.Model;
import dev.kith.embed.models.ModelStore;
import dev.kith.embed.models.Tower;
import dev.kith.vectors.Rejection;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.LongAdder;

/**
 * Models over ONNX Runtime. A caller's thread makes its inputs ready, or has it done where that takes long, hands them
 * to the threads that compute, and waits. So many callers are let in; each has a few inputs waiting at a time, so that
 * a caller with one text is served soon while others embed thousands. Safe on any thread.
 */
public final class OnnxEmbedder implements Embedder {
    /** Callers that are served or wait; one more is refused at once. */
    static final int CALLERS_MAX = 256;
    /** Bytes of inputs that are ready and wait, at most: a caller that makes more ready waits. */
    private static final long PREPARED_BYTES_MAX = 256L << 20;
    /** And at most this share of the heap, in which they are. */
    private static final int PREPARED_HEAP_SHARE = 8;

    /** Inputs of one caller that wait or run, at least; and so many batches of them. */
    private static final int IN_FLIGHT = 16;

    private static final int BATCHES_IN_FLIGHT = 2;
    /**
     * A text of no more takes a millisecond or two. A longer one takes time and memory like a picture: a hundred bytes
     * and more a token.
     */
    private static final int CHARACTERS_HERE_MAX = 8_192;

    private static final Logger LOG = System.getLogger(OnnxEmbedder.class.getName());

    private final EmbedSettings settings;
    private final Catalogue catalogue;
    private final Towers towers;
    private final Inference inference;
    private final Decoding decoding;
    private final PreparedRoom room =
            new PreparedRoom(preparedBytesMax(Runtime.getRuntime().maxMemory()));
    private final ScheduledExecutorService upkeep;
    private final AtomicInteger callers = new AtomicInteger();
    private final LongAdder refused = new LongAdder();
    private final CompletableFuture<Boolean> warm = new CompletableFuture<>();

    /** An embedder that has loaded nothing yet. */
    public OnnxEmbedder(EmbedSettings settings) {
        this.settings = settings;
        this.catalogue = new Catalogue(settings.models().map(ModelStore::new), settings.served());
        this.towers = new Towers(settings);
        this.inference = new Inference(settings.threads());
        this.decoding = new Decoding(settings.threads());
        this.upkeep = Executors.newSingleThreadScheduledExecutor(
                Thread.ofPlatform().daemon().name("kith-embed-upkeep").factory());
        long pause = Math.max(1, settings.idle().toMillis() / 4);
        var _ = upkeep.scheduleWithFixedDelay(this::keepUp, pause, pause, TimeUnit.MILLISECONDS);
    }

    static long preparedBytesMax(long heapBytes) {
        return Math.min(PREPARED_BYTES_MAX, heapBytes / PREPARED_HEAP_SHARE);
    }

    /** One that fails must not end those to come. */
    private void keepUp() {
        try {
            towers.unloadIdle();
        } catch (RuntimeException fault) {
            LOG.log(Level.ERROR, "Idle models could not be unloaded", fault);
        }
    }

    /** Begins to load the shipped models, side by side, so that the first caller need not wait for it. */
    public void warmUp() {
        CompletableFuture<?>[] loads = models().stream()
                .flatMap(info -> catalogue.find(info.name()).stream())
                .filter(model -> model.descriptor().shipped())
                .flatMap(model -> model.descriptor().towers().values().stream().map(tower -> towers.warm(model, tower)))
                .toArray(CompletableFuture<?>[]::new);
        var _ = CompletableFuture.allOf(loads).whenComplete((_, fault) -> {
            if (fault != null) {
                Throwable cause = Optional.ofNullable(fault.getCause()).orElse(fault);
                Level level = cause instanceof Rejection ? Level.WARNING : Level.ERROR;
                LOG.log(level, () -> "Not all shipped models are loaded: " + cause.getMessage());
            }
            warm.complete(true);
        });
    }

    /** Waits until the shipped models are loaded, or cannot be; false when it takes longer than so long. */
    public boolean awaitWarm(Duration most) {
        try {
            return warm.get(most.toMillis(), TimeUnit.MILLISECONDS);
        } catch (TimeoutException slow) {
            return false;
        } catch (ExecutionException impossible) {
            throw new IllegalStateException(impossible);
        } catch (InterruptedException ended) {
            Thread.currentThread().interrupt();
            return false;
        }
    }

    @Override
    public List<ModelInfo> models() {
        return catalogue.models();
    }

    @Override
    public Optional<ModelInfo> find(String name) {
        return catalogue.info(name);
    }

    @Override
    public List<List<Embedding>> embed(String name, List<Input> inputs, Preparation preparation) {
        Model model = catalogue
                .find(name)
                .orElseThrow(() -> new Rejection(Rejection.Code.NOT_FOUND, "Model %s not found".formatted(name)));
        Map<InputKind, List<Integer>> places = places(model, inputs);
        if (callers.incrementAndGet() > CALLERS_MAX) {
            callers.decrementAndGet();
            refused.increment();
            throw new Rejection(
                    Rejection.Code.EXHAUSTED,
                    "%d callers wait for embeddings already; try again later".formatted(CALLERS_MAX));
        }
        try {
            List<List<Embedding>> all = new ArrayList<>(Collections.nCopies(inputs.size(), List.of()));
            places.forEach((kind, indexes) -> {
                var some = embed(model, indexes, new Asked(inputs, preparation, kind));
                for (int at = 0; at < indexes.size(); at++) {
                    all.set(indexes.get(at), some.get(at));
                }
            });
            return List.copyOf(all);
        } finally {
            callers.decrementAndGet();
        }
    }

    /** Which inputs are of which kind; each must be one that the model takes. */
    private static Map<InputKind, List<Integer>> places(Model model, List<Input> inputs) {
        Map<InputKind, List<Integer>> places = new EnumMap<>(InputKind.class);
        for (int at = 0; at < inputs.size(); at++) {
            InputKind kind = InputKind.of(inputs.get(at));
            if (model.descriptor().tower(kind).isEmpty()) {
                throw new Unembeddable(
                        Unembeddable.Reason.KIND,
                        at,
                        "Model %s takes no %s"
                                .formatted(
                                        model.descriptor().name(), kind.name().toLowerCase(Locale.ROOT)));
            }
            places.computeIfAbsent(kind, _ -> new ArrayList<>()).add(at);
        }
        return places;
    }

    private record Asked(List<Input> inputs, Preparation preparation, InputKind kind) {}

    private List<List<Embedding>> embed(Model model, List<Integer> indexes, Asked asked) {
        Tower tower = model.descriptor().tower(asked.kind()).orElseThrow();
        try {
            Loaded loaded = towers.hold(model, tower);
            try {
                return embed(loaded.lane(), indexes, asked);
            } finally {
                loaded.release(settings.clock().millis());
            }
        } catch (InterruptedException ended) {
            Thread.currentThread().interrupt();
            throw new Rejection(Rejection.Code.UNAVAILABLE, "The request was cancelled");
        }
    }

    private <P> List<List<Embedding>> embed(Lane<P> lane, List<Integer> indexes, Asked asked)
            throws InterruptedException {
        int inFlight = Math.max(IN_FLIGHT, BATCHES_IN_FLIGHT * lane.work().batchMax());
        Call call = new Call(
                indexes.size(), inFlight, room.of(lane.work().pipeline().preparedBytesMax()));
        try {
            for (int at = 0; at < indexes.size() && !call.hasFailed(); at++) {
                call.begin();
                try {
                    P prepared = prepare(lane, asked, indexes.get(at));
                    inference.submit(lane, new Item<>(prepared, call, at, System.nanoTime()));
                } catch (InterruptedException | RuntimeException | Error fault) {
                    call.drop();
                    throw fault;
                }
            }
            return call.await();
        } catch (InterruptedException | RuntimeException | Error fault) {
            call.fail(fault);
            inference.cancel(lane, call);
            throw fault;
        } finally {
            // What runs of it still uses the lane.
            call.awaitQuiet();
        }
    }

    private <P> P prepare(Lane<P> lane, Asked asked, int index) throws InterruptedException {
        return asked.inputs().get(index) instanceof Input.Text(String text) && text.length() <= CHARACTERS_HERE_MAX
                ? prepareHere(lane, asked, index)
                : decoding.run(() -> prepareHere(lane, asked, index));
    }

    private static <P> P prepareHere(Lane<P> lane, Asked asked, int index) {
        try {
            return lane.work().pipeline().prepare(asked.inputs().get(index), asked.preparation());
        } catch (Unembeddable refused) {
            throw refused.at(index);
        }
    }

    /**
     * Has a model embed one small input of each kind that it takes.
     *
     * @return how many vectors came of them
     * @throws Rejection as {@link #embed} does
     */
    public int probe(String name) {
        ModelInfo info = find(name)
                .orElseThrow(() -> new Rejection(Rejection.Code.NOT_FOUND, "Model %s not found".formatted(name)));
        List<Input> inputs = info.inputs().keySet().stream().map(Probes::of).toList();
        return embed(name, inputs, Preparation.MODEL).stream()
                .mapToInt(List::size)
                .sum();
    }

    /** The embedder at this moment. */
    public EmbedStats stats() {
        return new EmbedStats(
                callers.get(),
                refused.sum(),
                inference.waiting(),
                inference.batches(),
                inference.items(),
                towers.count(),
                towers.bytes(),
                towers.loads());
    }

    /**
     * Gives memory back for something else: unloads what was not used for longest, of what nobody uses right now.
     *
     * @return false where all that is loaded is in use, or nothing is
     */
    public boolean unloadLongestIdle() {
        return towers.unloadLongestIdle();
    }

    /** Unloads what nobody used for the set time; done by itself every quarter of that time. */
    void unloadIdle() {
        towers.unloadIdle();
    }

    @Override
    public void close() {
        warm.complete(false);
        upkeep.shutdownNow();
        decoding.close();
        inference.close();
        towers.close();
    }
}
