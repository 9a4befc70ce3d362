package dev.kith.app;

import dev.kith.engine.Engine;
import dev.kith.engine.EngineStats;
import dev.kith.engine.collection.Upkeep;
import dev.kith.kernel.Kernels;
import dev.kith.vectors.CollectionInfo;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.Optional;
import java.util.function.ToDoubleFunction;

/** Shows the engine's state as gauges. The state is summed once a reading, not once a gauge. Safe on any thread. */
final class EngineGauges {
    private volatile Optional<Engine> engine = Optional.empty();
    private volatile EngineStats stats = new EngineStats(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, Upkeep.NONE);

    EngineGauges(MeterRegistry registry) {
        gauge(registry, "kith.collections", "Collections", EngineStats::collections);
        gauge(registry, "kith.collections.open", "Collections that are open", EngineStats::open);
        gauge(registry, "kith.collections.damaged", "Collections in quarantine", EngineStats::damaged);
        gauge(registry, "kith.collections.mapped", "Collections beyond the memory budget", EngineStats::mapped);
        gauge(registry, "kith.points", "Live points of open collections", EngineStats::points);
        gauge(registry, "kith.index.tail.rows", "Rows that indexes have not reached yet", EngineStats::tailRows);
        gauge(registry, "kith.index.paced.seconds", "Time writers were held back for", EngineStats::pacedSeconds);
        gauge(registry, "kith.memory.bytes", "Bytes of rows, payloads, graphs and models", EngineStats::memoryBytes);
        gauge(registry, "kith.memory.bytes.max", "Memory budget for all of them", EngineStats::memoryBytesMax);
        gauge(registry, "kith.log.bytes", "Bytes of logs on disk, open collections", EngineStats::logBytes);
        upkeep(registry, "kith.rows.garbage", "Ended rows that still take room", Upkeep::garbageRows);
        upkeep(registry, "kith.segment.bytes", "Bytes of segments and graphs on disk", Upkeep::segmentBytes);
        upkeep(registry, "kith.checkpoint.age.seconds", "Age of the oldest checkpoint", Upkeep::checkpointAgeSeconds);
        upkeep(registry, "kith.replay.bytes.max", "Longest log that a start would replay", Upkeep::replayBytes);
        upkeep(registry, "kith.writer.held.seconds.max", "Longest hold of writers", Upkeep::longestHoldSeconds);
        upkeep(registry, "kith.log.written.bytes", "Bytes appended to logs", Upkeep::logBytesWritten);
        upkeep(registry, "kith.checkpoint.written.bytes", "Bytes of checkpoints written", Upkeep::otherBytesWritten);
        upkeep(registry, "kith.write.amplification", "Bytes written a byte logged", Upkeep::writeAmplification);
        servedBy(registry, CollectionInfo.EXACT, now -> now.open() - now.graphs());
        servedBy(registry, CollectionInfo.HNSW, EngineStats::graphs);
    }

    private void servedBy(MeterRegistry registry, String structure, ToDoubleFunction<EngineStats> count) {
        Gauge.builder("kith.served.by", this, gauges -> count.applyAsDouble(gauges.stats))
                .description("Open collections whose searches the structure answers, and the kernels that it uses")
                .tag("structure", structure)
                .tag("kernels", Kernels.active().name())
                .register(registry);
    }

    /** Begins to show this engine; before, all gauges are 0. */
    void watch(Engine opened) {
        engine = Optional.of(opened);
    }

    /** Reads the engine's state anew; to be called right before the gauges are read. */
    void refresh() {
        engine.ifPresent(opened -> stats = opened.stats());
    }

    private void upkeep(MeterRegistry registry, String name, String description, ToDoubleFunction<Upkeep> value) {
        gauge(registry, name, description, all -> value.applyAsDouble(all.upkeep()));
    }

    private void gauge(MeterRegistry registry, String name, String description, ToDoubleFunction<EngineStats> value) {
        Gauge.builder(name, this, gauges -> value.applyAsDouble(gauges.stats))
                .description(description)
                .register(registry);
    }
}
