package dev.kith.bench;

import dev.kith.bench.GraphSet.Span;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/** One side of the graph bench: a process of its own that has the rows in a graph. Only one of them works at a time. */
final class Contestant implements AutoCloseable {
    static final String OURS = "kith";
    static final String HNSWLIB = "hnswlib";
    static final List<String> ALL = List.of(OURS, HNSWLIB, "hnswlib-huge", "faiss", "lucene", "jvector");

    /** Named as text: those classes are of another process. */
    private static final String RIVALS = "dev.kith.bench.rivals.RivalMain";
    /** The parameters of every graph. */
    private static final int M = 16;

    private static final int EF_CONSTRUCTION = 200;
    /** No build of any set takes longer, the slowest peer's on a busy machine included. */
    private static final long BUILD_SECONDS = 3_600;

    private final String name;
    private final Peer peer;
    private final Path ids;

    private Contestant(String name, Peer peer, Path ids) {
        this.name = name;
        this.peer = peer;
        this.ids = ids;
    }

    static Contestant start(String name, Place place, Peers peers) {
        Path ids = place.file("ids-" + name);
        return switch (name) {
            case OURS, "lucene", "jvector" -> new Contestant(name, new Peer(name, java(name, place), Map.of()), ids);
            case "faiss" -> new Contestant(name, python("graph_faiss.py", place, peers, Map.of()), ids);
            case HNSWLIB -> new Contestant(name, python("graph_hnswlib.py", place, peers, Map.of()), ids);
            case "hnswlib-huge" ->
                new Contestant(
                        name,
                        // The C library then asks for huge pages for every large block, before it is first written.
                        python("graph_hnswlib.py", place, peers, Map.of("GLIBC_TUNABLES", "glibc.malloc.hugetlb=1")),
                        ids);
            default -> throw new IllegalArgumentException("no contestant is called " + name);
        };
    }

    /** A JVM like this one. */
    private static List<String> java(String rival, Place place) {
        List<String> command = new ArrayList<>();
        command.add(ProcessHandle.current().info().command().orElse("java"));
        command.addAll(ManagementFactory.getRuntimeMXBean().getInputArguments());
        // All of the heap is then resident, so that its free part can be taken off.
        command.addAll(List.of("-Xms64m", "-XX:+AlwaysPreTouch", "-Dslf4j.internal.verbosity=ERROR"));
        command.addAll(List.of("-cp", ManagementFactory.getRuntimeMXBean().getClassPath(), RIVALS, rival));
        command.add(place.folder(rival).toString());
        return command;
    }

    private static Peer python(String program, Place place, Peers peers, Map<String, String> more) {
        Map<String, String> environment = new HashMap<>(more);
        for (String library : List.of("OMP", "OPENBLAS")) {
            environment.put(library + "_NUM_THREADS", "1");
        }
        List<String> command = List.of(
                peers.python().toString(), "-B", "-u", place.peer(program).toString());
        return new Peer(program, command, environment);
    }

    String name() {
        return name;
    }

    boolean ours() {
        return name.equals(OURS);
    }

    String about() {
        Map<String, String> about = peer.ask("about");
        return about.getOrDefault("version", "")
                + (about.containsKey("options") ? ", compiled with " + about.get("options") : "");
    }

    void load(GraphSet set) {
        peer.ask("load", set.metric(), set.dimension(), set.rowsFile(), set.queriesFile());
    }

    /**
     * One build.
     *
     * @param residentBytes what the process holds beyond what it held before, rows included
     * @param ownBytes the library's own count of rows and graph; 0 where it has none
     * @param hugeBytes of its memory in huge pages
     * @param callMicros what the binding adds to a call, which is taken off; 0 where there is none
     */
    record Built(double seconds, double residentBytes, double ownBytes, double hugeBytes, double callMicros) {}

    /** Builds over the set's rows, and drops what was built before. */
    Built build(GraphSet set, int threads) {
        peer.tell("build", set.rows(), M, EF_CONSTRUCTION, threads);
        Map<String, String> reply = peer.hear(BUILD_SECONDS);
        return new Built(
                number(reply, "seconds"),
                number(reply, "resident"),
                Double.parseDouble(reply.getOrDefault("own", "0")),
                number(reply, "huge"),
                Double.parseDouble(reply.getOrDefault("call", "0")));
    }

    private double number(Map<String, String> reply, String field) {
        String text = reply.get(field);
        if (text == null) {
            throw new IllegalStateException(name + " gave no " + field);
        }
        return Double.parseDouble(text);
    }

    double recall(GraphSet set, int ef, Span span) {
        peer.ask("answer", ef, span.first(), span.count(), GraphSet.K, ids);
        return set.recall(ids, span);
    }

    /** Queries a second of so many threads, each asking one query at a time. */
    double perSecond(int ef, Span span, int threads) {
        return span.count() / peer.number("seconds", "search", ef, span.first(), span.count(), GraphSet.K, threads);
    }

    /** Microseconds of single searches. */
    record Latency(double p50, double p99) {}

    Latency latency(int ef, Span span) {
        Map<String, String> reply = peer.ask("latency", ef, span.first(), span.count(), GraphSet.K);
        return new Latency(number(reply, "p50"), number(reply, "p99"));
    }

    /**
     * Searches while the graph grows.
     *
     * @param idle with the first half of the rows and nothing else running
     * @param building while the second half comes
     * @param searches counted while building
     */
    record Growth(Latency idle, Latency building, double searches) {}

    /** Only of ours. Builds anew, first half of the rows, then the other. */
    Growth grow(int ef, Span span) {
        peer.tell("building", ef, span.first(), span.count(), GraphSet.K);
        Map<String, String> reply = peer.hear(BUILD_SECONDS);
        return new Growth(
                new Latency(number(reply, "idle50"), number(reply, "idle99")),
                new Latency(number(reply, "busy50"), number(reply, "busy99")),
                number(reply, "count"));
    }

    /**
     * What deleting half of the rows does.
     *
     * @param idle before
     * @param compacting from the deletion until nothing is left of them
     * @param seconds of that
     * @param besides what is found afterwards
     */
    record Halved(Latency idle, Latency compacting, double seconds, List<Beside> besides) {}

    /**
     * Queries a second and recall.
     *
     * @param mended after half was deleted
     * @param fresh of a graph of the other half alone
     */
    record Beside(int ef, Found mended, Found fresh) {}

    record Found(double perSecond, double recall) {}

    /**
     * Only of ours, which is then without half of its rows.
     *
     * @param ef while they are deleted
     * @param efs of the searches afterwards
     */
    Halved halve(int ef, List<Integer> efs, Span span) {
        String all = efs.stream().map(String::valueOf).collect(Collectors.joining(","));
        peer.tell("halved", ef, span.first(), span.count(), GraphSet.K, all);
        Map<String, String> reply = peer.hear(BUILD_SECONDS);
        return new Halved(
                new Latency(number(reply, "idle50"), number(reply, "idle99")),
                new Latency(number(reply, "busy50"), number(reply, "busy99")),
                number(reply, "seconds"),
                efs.stream()
                        .map(each -> new Beside(each, found(reply, "mended", each), found(reply, "fresh", each)))
                        .toList());
    }

    private Found found(Map<String, String> reply, String graph, int ef) {
        return new Found(number(reply, graph + "-" + ef), number(reply, graph + "_recall-" + ef));
    }

    @Override
    public void close() {
        peer.close();
    }
}
