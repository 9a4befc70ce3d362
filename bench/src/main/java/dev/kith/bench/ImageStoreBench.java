package dev.kith.bench;

import com.sun.net.httpserver.HttpServer;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublisher;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The Idios door as its users have it: a packaged server, a collection of made-up unit vectors that is restored,
 * searched by stored URL, also beside a hundred downloads that hang, and dumped.
 */
final class ImageStoreBench {
    private static final int DIMENSION = 512;
    /** Directions that the vectors vary in: images fill few of the dimensions. */
    private static final int LATENT = 32;
    /** Entries of one file, which is made before the time is taken. */
    private static final int FILE_ENTRIES = 10_000;

    private static final int HANGING = 100;
    private static final int LIMIT = 10;
    private static final long QUIET_SECONDS_MAX = 3_000;
    /** By then the JVM has given back what only the work before needed: it looks once a minute. */
    private static final long REST_NANOS = TimeUnit.SECONDS.toNanos(130);

    private static final Pattern TAIL = Pattern.compile("(?m)^kith_index_tail_rows (\\S+)$");
    private static final String MODEL = "/models/vit_b32";

    /**
     * How much is done.
     *
     * @param rows entries; the published collection has 471,838
     * @param searches of each measurement
     */
    record Effort(int rows, int searches) {
        static final Effort FULL = new Effort(471_838, 4_000);
        static final Effort QUICK = new Effort(40_000, 1_000);
    }

    private final Report report;
    private final Place place;
    private final Effort effort;
    private final HttpClient client = HttpClient.newBuilder()
            .executor(Executors.newThreadPerTaskExecutor(
                    Thread.ofVirtual().name("bench-http-", 0).factory()))
            .version(HttpClient.Version.HTTP_1_1)
            .build();
    private final RandomGenerator random =
            RandomGeneratorFactory.of("L64X128MixRandom").create(Dataset.SEED);
    private final float[][] directions = new float[LATENT][DIMENSION];

    ImageStoreBench(Report report, Place place, Effort effort) {
        this.report = report;
        this.place = place;
        this.effort = effort;
        for (float[] direction : directions) {
            for (int at = 0; at < DIMENSION; at++) {
                direction[at] = (float) random.nextGaussian();
            }
        }
    }

    void run() {
        report.heading("a collection of %,d × %d through the door".formatted(effort.rows(), DIMENSION));
        Path data = place.folder("images");
        try (Server server = Server.kithImages(place, data)) {
            restore(server);
            long begun = System.nanoTime();
            search(server, 1); // It begins the graph.
            awaitGraph(server);
            report.line("graph grown after %.0f s", (System.nanoTime() - begun) / 1e9);
            search(server, effort.searches() / 4);
            Stats alone = search(server, effort.searches());
            report.line(
                    "search by stored URL: p50 %.2f ms, p99 %.2f ms (aim p50 below 5)", alone.at(0.5), alone.at(0.99));
            report.ratio("images-search-p50-ms", alone.at(0.5));
            besideHanging(server);
            dump(server);
            memory(server);
        }
        double disk = bytes(data) / 1e9;
        report.line("disk after the stop %.2f GB (aim 2.5 at most)", disk);
        report.ratio("images-disk-gb", disk);
    }

    private void memory(Server server) {
        report.line("memory of the process at the end of the dump %.2f GB", server.residentBytes() / 1e9);
        LockSupport.parkNanos(REST_NANOS);
        double memory = server.residentBytes() / 1e9;
        report.line("memory of the process at rest %.2f GB (aim below 2)", memory);
        report.ratio("images-memory-gb", memory);
    }

    private void restore(Server server) {
        double seconds = 0;
        Path file = place.file("entries.json");
        for (int first = 0; first < effort.rows(); first += FILE_ENTRIES) {
            int count = Math.min(FILE_ENTRIES, effort.rows() - first);
            write(file, first, count);
            long begun = System.nanoTime();
            post(server, MODEL + "/restore", publisher(file));
            seconds += (System.nanoTime() - begun) / 1e9;
        }
        double rate = effort.rows() / seconds;
        report.line("restore: %,.0f entries/s (aim 10,000)", rate);
        report.ratio("images-restore-per-s", rate);
    }

    private static BodyPublisher publisher(Path file) {
        try {
            return BodyPublishers.ofFile(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void write(Path file, int first, int count) {
        try (OutputStream out = new BufferedOutputStream(Files.newOutputStream(file), 1 << 20)) {
            for (int at = first; at < first + count; at++) {
                String entry = "%s{\"url\": \"%s\", \"metadata\": {\"shelf\": %d}, \"embedding\": %s}"
                        .formatted(at == first ? "[" : ",", url(at), at % 100, Arrays.toString(vector()));
                out.write(entry.getBytes(StandardCharsets.US_ASCII));
            }
            out.write(']');
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static String url(int number) {
        return "https://img.example.net/collection/%07d.jpg".formatted(number);
    }

    /** A unit vector near a space of few dimensions, with a little noise. */
    private float[] vector() {
        float[] vector = new float[DIMENSION];
        for (float[] direction : directions) {
            float share = (float) random.nextGaussian();
            for (int at = 0; at < DIMENSION; at++) {
                vector[at] += share * direction[at];
            }
        }
        double squares = 0;
        for (int at = 0; at < DIMENSION; at++) {
            vector[at] += (float) random.nextGaussian();
            squares += (double) vector[at] * vector[at];
        }
        for (int at = 0; at < DIMENSION; at++) {
            vector[at] = (float) (vector[at] / Math.sqrt(squares));
        }
        return vector;
    }

    private void awaitGraph(Server server) {
        long ends = System.nanoTime() + TimeUnit.SECONDS.toNanos(QUIET_SECONDS_MAX);
        while (true) {
            Matcher tail = TAIL.matcher(get(server, "/metrics"));
            if (tail.find() && Double.parseDouble(tail.group(1)) == 0) {
                return;
            }
            if (System.nanoTime() > ends) {
                throw new IllegalStateException("the graph is still behind");
            }
            LockSupport.parkNanos(TimeUnit.SECONDS.toNanos(1));
        }
    }

    /** Milliseconds of searches one after the other; each must find itself first. */
    private Stats search(Server server, int count) {
        double[] milliseconds = new double[count];
        for (int at = 0; at < count; at++) {
            String url = url(random.nextInt(effort.rows()));
            long begun = System.nanoTime();
            String found = post(
                    server,
                    MODEL + "/search",
                    BodyPublishers.ofString("{\"url\":\"%s\",\"limit\":%d}".formatted(url, LIMIT)));
            milliseconds[at] = (System.nanoTime() - begun) / 1e6;
            if (!found.startsWith("[{\"url\":\"" + url + "\"")) {
                throw new IllegalStateException(url + " was not found first: " + found);
            }
        }
        return new Stats(milliseconds);
    }

    /** By turns alone and beside downloads that never end. */
    private void besideHanging(Server server) {
        List<Double> ratios = new ArrayList<>();
        for (int round = 0; round < 3; round++) {
            Stats alone = search(server, effort.searches());
            CountDownLatch release = new CountDownLatch(1);
            AtomicInteger hanging = new AtomicInteger();
            HttpServer origin = origin(hanging, release);
            List<Thread> adding = new ArrayList<>();
            for (int at = 0; at < HANGING; at++) {
                String body = "{\"url\":\"http://127.0.0.1:%d/%d.jpg\"}"
                        .formatted(origin.getAddress().getPort(), at);
                adding.add(Thread.ofVirtual().name("bench-adding-" + at).start(() -> tryAdd(server, body)));
            }
            while (hanging.get() < HANGING) {
                LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(10));
            }
            Stats beside = search(server, Math.min(effort.searches(), 500));
            release.countDown();
            for (Thread thread : adding) {
                try {
                    thread.join();
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                }
            }
            origin.stop(0);
            ratios.add(beside.at(0.99) / alone.at(0.99));
        }
        Stats ratio = new Stats(ratios.stream().mapToDouble(Double::doubleValue).toArray());
        report.line("search p99 beside %d hanging downloads over alone: %s (aim 2 at most)", HANGING, ratio);
        report.ratio("images-search-p99-hanging-over-alone", ratio.median());
    }

    private void tryAdd(Server server, String body) {
        try {
            client.send(request(server, MODEL + "/add", BodyPublishers.ofString(body)), BodyHandlers.discarding());
        } catch (IOException gone) {
            // The server gives such a download up, which is not what is measured.
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static HttpServer origin(AtomicInteger hanging, CountDownLatch release) {
        try {
            HttpServer origin = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), HANGING);
            origin.setExecutor(Executors.newThreadPerTaskExecutor(
                    Thread.ofVirtual().name("bench-origin-", 0).factory()));
            origin.createContext("/", exchange -> {
                hanging.incrementAndGet();
                try {
                    release.await();
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                }
                exchange.close();
            });
            origin.start();
            return origin;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void dump(Server server) {
        long begun = System.nanoTime();
        long bytes = 0;
        byte[] piece = new byte[1 << 16];
        try (InputStream in = client.send(
                        HttpRequest.newBuilder(uri(server, MODEL + "/dump")).build(), BodyHandlers.ofInputStream())
                .body()) {
            for (int count = in.read(piece); count >= 0; count = in.read(piece)) {
                bytes += count;
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
        if (bytes < 1_000L * effort.rows()) {
            throw new IllegalStateException("the dump has %d bytes only".formatted(bytes));
        }
        double rate = effort.rows() * 1e9 / (System.nanoTime() - begun);
        report.line("dump: %,.0f entries/s, %.2f GB (aim 20,000)", rate, bytes / 1e9);
        report.ratio("images-dump-per-s", rate);
    }

    private static URI uri(Server server, String path) {
        return URI.create("http://127.0.0.1:%d%s".formatted(server.port(), path));
    }

    private static HttpRequest request(Server server, String path, BodyPublisher body) {
        return HttpRequest.newBuilder(uri(server, path))
                .header("Content-Type", "application/json")
                .POST(body)
                .build();
    }

    private String get(Server server, String path) {
        return send(HttpRequest.newBuilder(uri(server, path)).build());
    }

    private String post(Server server, String path, BodyPublisher body) {
        return send(request(server, path, body));
    }

    private String send(HttpRequest request) {
        try {
            var response = client.send(request, BodyHandlers.ofString());
            if (response.statusCode() >= 300) {
                throw new IllegalStateException(
                        "%s: %d %s".formatted(request.uri(), response.statusCode(), response.body()));
            }
            return response.body();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    private static long bytes(Path folder) {
        try (var files = Files.walk(folder)) {
            return files.filter(Files::isRegularFile)
                    .mapToLong(file -> file.toFile().length())
                    .sum();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
