package dev.kith.service;

import dev.kith.vectors.Rejection;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.Timer;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;

/**
 * Counts commands: {@code kith.command} is a timer with a histogram, {@code kith.command.failures} a counter by code;
 * both by command, tenant and door. Tenants beyond {@link #TENANT_LABELS_MAX} share one label, so that the number of
 * series stays bounded. Safe on any thread.
 */
final class CommandMetrics {
    /** Tenants with a label of their own; each costs some 20 series a door and command that it uses. */
    static final int TENANT_LABELS_MAX = 100;
    /** The label of all further tenants. */
    static final String TENANT_OTHER = "other";

    /** Bucket borders: a fast ping, a search, a slow disk, and the 5 s after which FAISSx clients give up. */
    private static final Duration[] BUCKETS = {
        Duration.ofNanos(250_000),
        Duration.ofMillis(1),
        Duration.ofMillis(5),
        Duration.ofMillis(25),
        Duration.ofMillis(100),
        Duration.ofMillis(500),
        Duration.ofSeconds(2),
        Duration.ofSeconds(5)
    };

    private record Series(String command, String tenant, String door) {
        Tags tags() {
            return Tags.of("command", command, "tenant", tenant, "door", door);
        }
    }

    private final MeterRegistry registry;
    private final Set<String> tenants = ConcurrentHashMap.newKeySet();
    private final ConcurrentMap<Series, Timer> timers = new ConcurrentHashMap<>();

    CommandMetrics(MeterRegistry registry) {
        this.registry = registry;
    }

    Timer.Sample start() {
        return Timer.start(registry);
    }

    /** Counts one command as done and records how long it took, whether it succeeded or not. */
    void done(Timer.Sample sample, Caller caller, Command<?> command) {
        sample.stop(timers.computeIfAbsent(series(caller, command), this::timer));
    }

    void failed(Rejection.Code code, Caller caller, Command<?> command) {
        Counter.builder("kith.command.failures")
                .description("Commands refused, by code")
                .tags(series(caller, command).tags().and("code", code.name()))
                .register(registry)
                .increment();
    }

    private Timer timer(Series series) {
        return Timer.builder("kith.command")
                .description("Commands done, with the time they took")
                .tags(series.tags())
                .serviceLevelObjectives(BUCKETS)
                .register(registry);
    }

    private Series series(Caller caller, Command<?> command) {
        return new Series(label(command), tenantLabel(caller.tenant()), caller.door());
    }

    /** Two threads may each add a last tenant at once; the bound is then passed by their number, once. */
    private String tenantLabel(String tenant) {
        if (tenants.contains(tenant)) {
            return tenant;
        }
        if (tenants.size() >= TENANT_LABELS_MAX) {
            return TENANT_OTHER;
        }
        tenants.add(tenant);
        return tenant;
    }

    private static String label(Command<?> command) {
        return switch (command) {
            case Command.Create _ -> "create";
            case Command.Find _ -> "find";
            case Command.ListCollections _ -> "list";
            case Command.ListAll _ -> "list_all";
            case Command.Alter _ -> "alter";
            case Command.Drop _ -> "drop";
            case Command.Store _ -> "store";
            case Command.Revise _ -> "revise";
            case Command.Delete _ -> "delete";
            case Command.Reset _ -> "reset";
            case Command.Merge _ -> "merge";
            case Command.Search _ -> "search";
            case Command.FindNeighbours _ -> "find_neighbours";
            case Command.Get _ -> "get";
            case Command.GetByKeys _ -> "get_by_keys";
            case Command.GetByVectors _ -> "get_by_vectors";
            case Command.Select _ -> "select";
            case Command.Scan _ -> "scan";
            case Command.ScanByKey _ -> "scan_by_key";
            case Command.ListKeys _ -> "list_keys";
            case Command.ListModels _ -> "list_models";
            case Command.FindModel _ -> "find_model";
            case Command.Embed _ -> "embed";
            case Command.Cluster _ -> "cluster";
            case Command.Train _ -> "train";
            case Command.Transform _ -> "transform";
        };
    }
}
