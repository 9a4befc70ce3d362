package dev.kith.app;

import dev.kith.embed.run.EmbedSettings;
import dev.kith.embed.run.OnnxEmbedder;
import dev.kith.engine.Engine;
import dev.kith.engine.EngineOptions;
import dev.kith.engine.collection.CheckpointOptions;
import dev.kith.service.CommandService;
import dev.kith.service.Service;
import dev.kith.storage.FileDirectory;
import io.micrometer.core.instrument.MeterRegistry;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.InstantSource;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

/** What keeps and what embeds, whoever asks for it: the doors of a server, or a worker's queue. */
record Core(Engine engine, OnnxEmbedder embedder) {
    private static final Logger LOG = System.getLogger(Core.class.getName());
    /** Clusterings and trainings that may wait for a thread; one more is refused. */
    private static final int COMPUTATIONS_WAITING_MAX = 64;

    /** Opens both, the engine first, since it goes on reading its collections in the background. */
    static Core open(Config config, Closing parts) {
        Engine engine = parts.add(Engine.open(options(config)));
        CacheFolder cache = parts.add(CacheFolder.of(config.data()));
        OnnxEmbedder embedder = parts.add(new OnnxEmbedder(new EmbedSettings(
                config.models().folder(),
                cache.path(),
                () -> NativeLibraries.prepare(cache.path()),
                config.models().served(),
                config.threads(),
                config.models().idle(),
                new SharedMemory(engine.memory()),
                InstantSource.system())));
        // Points that are to be stored come before models that nobody uses.
        engine.memory().whenShort(embedder::unloadLongestIdle);
        config.models().served().forEach((name, model) -> {
            if (embedder.find(name).isEmpty()) {
                LOG.log(Level.WARNING, "{0} is served by {1}, which there is not", name, model);
            }
        });
        return new Core(engine, embedder);
    }

    private static EngineOptions options(Config config) {
        return config.data()
                .map(folder ->
                        EngineOptions.durable(FileDirectory.open(folder), config.memoryBytes(), config.threads()))
                .orElseGet(() -> EngineOptions.inMemory(config.memoryBytes(), config.threads()))
                .with(CheckpointOptions.after(config.checkpointLogBytes()));
    }

    /** The way in to both. */
    Service service(Config config, MeterRegistry registry, Closing parts) {
        ThreadPoolExecutor computations = new ThreadPoolExecutor(
                config.threads(),
                config.threads(),
                0,
                TimeUnit.SECONDS,
                new ArrayBlockingQueue<>(COMPUTATIONS_WAITING_MAX),
                Thread.ofPlatform().daemon().name("kith-computation-", 0).factory());
        parts.add(computations::shutdownNow);
        return new CommandService(engine, embedder, registry, computations);
    }
}
