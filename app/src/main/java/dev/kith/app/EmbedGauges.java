package dev.kith.app;

import dev.kith.embed.run.EmbedStats;
import dev.kith.embed.run.OnnxEmbedder;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.function.ToDoubleFunction;

/** Shows the embedder's queue, batches and models; items over batches is how full batches are. */
final class EmbedGauges {
    private EmbedGauges() {}

    static void register(OnnxEmbedder embedder, MeterRegistry registry) {
        Meters meters = new Meters(embedder, registry);
        meters.gauge("kith.embed.callers", "Callers being served or waiting", EmbedStats::callers);
        meters.gauge("kith.embed.waiting", "Inputs that wait for a thread", EmbedStats::waiting);
        meters.gauge("kith.embed.models.loaded", "Towers of models in memory", EmbedStats::loaded);
        meters.gauge("kith.embed.models.bytes", "What loaded models are priced at", EmbedStats::loadedBytes);
        meters.count("kith.embed.callers.refused", "Callers for whom there was no place", EmbedStats::refused);
        meters.count("kith.embed.batches", "Batches done", EmbedStats::batches);
        meters.count("kith.embed.items", "Inputs of these batches", EmbedStats::items);
        meters.count("kith.embed.models.loads", "Towers loaded", EmbedStats::loads);
    }

    private record Meters(OnnxEmbedder embedder, MeterRegistry registry) {
        void gauge(String name, String description, ToDoubleFunction<EmbedStats> value) {
            Gauge.builder(name, embedder, model -> value.applyAsDouble(model.stats()))
                    .description(description)
                    .register(registry);
        }

        void count(String name, String description, ToDoubleFunction<EmbedStats> value) {
            FunctionCounter.builder(name, embedder, model -> value.applyAsDouble(model.stats()))
                    .description(description)
                    .register(registry);
        }
    }
}
