package dev.kith.doors.http;

import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;

/** What is answered under which path. Paths are compared exactly. Immutable. */
public final class Routes {
    private static final String METRICS_TYPE = "text/plain; version=0.0.4; charset=utf-8";

    /**
     * One path.
     *
     * @param handler makes the answer to GET and HEAD; called on the request's thread
     */
    record Route(Access access, Supplier<Answer> handler) {}

    private final Map<String, Route> routes;

    private Routes(Map<String, Route> routes) {
        this.routes = Map.copyOf(routes);
    }

    public static Routes none() {
        return new Routes(Map.of());
    }

    /**
     * Health and metrics.
     *
     * @param ready whether every door listens and the data is open
     * @param metrics the metrics in Prometheus's text format
     */
    public static Routes health(BooleanSupplier ready, Supplier<String> metrics) {
        return none().with("/healthz", Access.OPEN, () -> Answer.json(200, "status", "ok"))
                .with(
                        "/readyz",
                        Access.OPEN,
                        () -> ready.getAsBoolean()
                                ? Answer.json(200, "status", "ready")
                                : Answer.json(503, "status", "not ready"))
                .with("/metrics", Access.KEY, () -> Answer.text(200, METRICS_TYPE, metrics.get()));
    }

    /** These routes and one more. */
    public Routes with(String path, Access access, Supplier<Answer> handler) {
        Map<String, Route> next = new TreeMap<>(routes);
        if (next.put(path, new Route(access, handler)) != null) {
            throw new IllegalArgumentException("Two routes for " + path);
        }
        return new Routes(next);
    }

    Optional<Route> find(String path) {
        return Optional.ofNullable(routes.get(path));
    }
}
