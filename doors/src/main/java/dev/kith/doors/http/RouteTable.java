package dev.kith.doors.http;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;

/** All routes of a port, in the order in which they are tried. Immutable. */
public final class RouteTable {
    private static final String METRICS_TYPE = "text/plain; version=0.0.4; charset=utf-8";
    /** Segments of a path: twice what any route has. */
    private static final int SEGMENTS_MAX = 16;

    private final List<Route> routes;

    public RouteTable(List<Route> routes) {
        this.routes = List.copyOf(routes);
        Set<String> seen = new HashSet<>();
        for (Route route : routes) {
            if (!seen.add(route.method() + " " + route.path())) {
                throw new IllegalArgumentException("Two routes for %s %s".formatted(route.method(), route.path()));
            }
        }
    }

    /**
     * Health and metrics.
     *
     * @param ready whether every door listens and the data is open
     * @param metrics the metrics in Prometheus's text format
     */
    public static RouteTable health(BooleanSupplier ready, Supplier<String> metrics) {
        return new RouteTable(List.of(
                Route.get("/healthz", Access.OPEN, plain(() -> status(200, "ok"))),
                Route.get(
                        "/readyz",
                        Access.OPEN,
                        plain(() -> ready.getAsBoolean() ? status(200, "ready") : status(503, "not ready"))),
                Route.get("/metrics", Access.KEY, plain(() -> Answer.text(200, METRICS_TYPE, metrics.get())))));
    }

    private static Route.Handling plain(Supplier<Answer> answer) {
        return new Route.Handling(_ -> answer.get(), ErrorForm.ERROR);
    }

    private static Answer status(int status, String text) {
        return Answer.text(status, Answer.JSON, "{\"status\":\"%s\"}\n".formatted(text));
    }

    /** These and further ones. */
    public RouteTable with(List<Route> further) {
        List<Route> all = new ArrayList<>(routes);
        all.addAll(further);
        return new RouteTable(all);
    }

    public List<Route> routes() {
        return routes;
    }

    /** What a path leads to. */
    sealed interface Match {
        record Found(Route route, Map<String, String> parameters) implements Match {}

        /** The path is known, but not with this method. */
        record OtherMethods(Route first, String allowed) implements Match {}

        /** The path is one with a slash too many. */
        record Slash(String path) implements Match {}

        record None() implements Match {}
    }

    /** @param path as it was sent, still encoded, from its first slash */
    Match find(String method, String path) {
        List<String> segments = decoded(path);
        if (segments.isEmpty()) {
            return new Match.None();
        }
        String wanted = method.equals("HEAD") ? "GET" : method;
        List<Route> others = new ArrayList<>();
        for (Route route : routes) {
            Optional<Map<String, String>> parameters = route.match(segments);
            if (parameters.isPresent()) {
                if (route.method().name().equals(wanted)) {
                    return new Match.Found(route, parameters.get());
                }
                others.add(route);
            }
        }
        if (!others.isEmpty()) {
            return new Match.OtherMethods(others.getFirst(), allowed(others));
        }
        List<String> shorter = segments.subList(0, segments.size() - 1);
        if (!shorter.isEmpty()
                && segments.getLast().isEmpty()
                && routes.stream().anyMatch(route -> route.match(shorter).isPresent())) {
            return new Match.Slash(path.substring(0, path.length() - 1));
        }
        return new Match.None();
    }

    private static String allowed(List<Route> routes) {
        return String.join(
                ", ",
                routes.stream()
                        .map(route -> route.method() == Route.Method.GET ? "GET, HEAD" : "POST")
                        .toList());
    }

    /** The segments without their percent signs; none where a path is malformed or has too many. */
    private static List<String> decoded(String path) {
        if (!path.startsWith("/")) {
            return List.of();
        }
        List<String> segments = Route.segments(path);
        if (segments.size() > SEGMENTS_MAX) {
            return List.of();
        }
        List<String> decoded = new ArrayList<>();
        for (String segment : segments) {
            Optional<String> text = PercentText.decode(segment, false);
            if (text.isEmpty()) {
                return List.of();
            }
            decoded.add(text.get());
        }
        return decoded;
    }
}
