package dev.kith.embed.run;

import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Map;
import java.util.Optional;

/**
 * What an embedder is told.
 *
 * @param models the folder of installed models, which need not exist; empty: there are only the shipped ones
 * @param cache a folder for what can be made again
 * @param prepareRuntime done once, right before the first model is loaded: what the native libraries need
 * @param served names under which doors ask for models that go by others
 * @param threads inferences at once, each on one thread
 * @param idle a model that nobody used for longer is unloaded
 * @param memory out of which each model takes its price while it is loaded
 */
public record EmbedSettings(
        Optional<Path> models,
        Path cache,
        Runnable prepareRuntime,
        Map<String, String> served,
        int threads,
        Duration idle,
        ModelMemory memory,
        InstantSource clock) {
    public EmbedSettings {
        served = Map.copyOf(served);
        if (threads < 1) {
            throw new IllegalArgumentException("threads: " + threads);
        }
    }
}
