package dev.kith.embed.models;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpHeaders;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Files over HTTP: resumed where they were cut, bounded, checked. A file that comes is called {@code NAME.part} until
 * it is whole; beside it {@code NAME.tag} says which version it is of, so that halves of two versions never meet.
 *
 * <p>Hubs answer with a redirect to where the bytes are, and say on the way what they are: {@code X-Linked-Size} and,
 * for large files, the SHA-256 as {@code X-Linked-ETag}. Both are held to, as is what the descriptor says.
 */
final class Downloads {
    private static final int REDIRECTS_MAX = 5;
    /** Connections that may be cut before a pull gives up, as long as none of them brought anything. */
    private static final int FRUITLESS_MAX = 3;

    private static final Duration ANSWER_MAX = Duration.ofSeconds(30);
    /** A connection that brings nothing for so long is cut. */
    private static final Duration SILENCE_MAX = Duration.ofSeconds(60);

    private static final int CHUNK_BYTES = 1 << 16;
    private static final int OK = 200;
    private static final int PARTIAL = 206;
    private static final int UNSATISFIABLE = 416;
    private static final Pattern DIGEST = Pattern.compile("\"?([0-9a-f]{64})\"?");
    private static final Pattern RANGE = Pattern.compile("bytes (\\d{1,18})-\\d{1,18}/(\\d{1,18}|\\*)");

    private final URI base;
    private final Puller.Progress progress;

    Downloads(URI base, Puller.Progress progress) {
        if (!isAllowed(base)) {
            throw new IllegalArgumentException(
                    "'%s' is neither https: nor http: to this machine itself".formatted(base));
        }
        this.base = base;
        this.progress = progress;
    }

    /** Models run as code does, so they come encrypted; a mirror or a test on this machine needs no encryption. */
    private static boolean isAllowed(URI uri) {
        return "https".equals(uri.getScheme()) || ("http".equals(uri.getScheme()) && isLoopback(uri.getHost()));
    }

    private static boolean isLoopback(@Nullable String host) {
        return host != null
                && (host.equals("localhost") || host.equals("[::1]") || host.matches("127(?:\\.\\d{1,3}){3}"));
    }

    /** What is known of a file before it is whole. */
    private record Expected(long bytes, String sha256) {
        /** Adds what the answers say, where nothing better is known. */
        Expected and(HttpHeaders headers, String name) {
            long size = headers.firstValueAsLong("X-Linked-Size").orElse(0);
            if (bytes > 0 && size > 0 && bytes != size) {
                throw new InstallException("%s: has %d bytes there; expected %d".formatted(name, size, bytes));
            }
            String tag = headers.firstValue("X-Linked-ETag").orElse("");
            Matcher digest = DIGEST.matcher(tag);
            String published = digest.matches() ? digest.group(1) : "";
            if (!sha256.isEmpty() && !published.isEmpty() && !sha256.equals(published)) {
                throw new InstallException(
                        "%s: has the SHA-256 %s there; expected %s".formatted(name, published, sha256));
            }
            return new Expected(bytes > 0 ? bytes : size, sha256.isEmpty() ? published : sha256);
        }
    }

    /** One file on its way. */
    private record Target(String path, Path file, ModelFile described) {
        Path part() {
            return file.resolveSibling(described.name() + ".part");
        }

        Path tag() {
            return file.resolveSibling(described.name() + ".tag");
        }

        long has() throws IOException {
            return Files.isRegularFile(part()) ? Files.size(part()) : 0;
        }
    }

    /**
     * Brings one file under its name, whole and checked.
     *
     * @param path below the base
     */
    void fetch(String path, Path file, ModelFile described) throws IOException {
        Target target = new Target(path, file, described);
        Expected expected = new Expected(described.bytes(), described.sha256());
        try (HttpClient client = client()) {
            int fruitless = 0;
            while (true) {
                long before = target.has();
                try {
                    expected = receive(client, target, expected);
                    break;
                } catch (IOException cut) {
                    fruitless = target.has() > before ? 0 : fruitless + 1;
                    if (fruitless == FRUITLESS_MAX) {
                        throw cut;
                    }
                }
            }
        }
        check(target, expected);
        Files.move(target.part(), file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        Files.deleteIfExists(target.tag());
    }

    private static HttpClient client() {
        return HttpClient.newBuilder()
                .connectTimeout(ANSWER_MAX)
                .followRedirects(HttpClient.Redirect.NEVER)
                .executor(Executors.newThreadPerTaskExecutor(
                        Thread.ofVirtual().name("kith-pull-", 0).factory()))
                .build();
    }

    /** Goes on with a file until it is whole; returns what is known of it then. */
    private Expected receive(HttpClient client, Target target, Expected known) throws IOException {
        long has = target.has();
        String tag = has > 0 && Files.isRegularFile(target.tag()) ? Files.readString(target.tag()) : "";
        if (tag.isEmpty()) {
            has = 0;
        }
        URI uri = URI.create(base.toString().replaceAll("/+$", "") + "/" + target.path());
        Expected expected = known;
        for (int hop = 0; hop <= REDIRECTS_MAX; hop++) {
            HttpResponse<InputStream> answer = ask(client, uri, has, tag);
            try (InputStream body = answer.body()) {
                expected = expected.and(answer.headers(), target.described().name());
                Optional<String> location = answer.headers().firstValue("Location");
                if (answer.statusCode() / 100 == 3 && location.isPresent()) {
                    uri = redirected(uri, location.get());
                    continue;
                }
                take(answer, new Arrival(target, has, tag, expected), body);
                return expected;
            }
        }
        throw new InstallException(
                "%s: more than %d redirects".formatted(target.described().name(), REDIRECTS_MAX));
    }

    private URI redirected(URI from, String location) {
        URI next;
        try {
            next = from.resolve(location);
        } catch (IllegalArgumentException malformed) {
            throw new InstallException("a redirect leads to what is no address: " + location, malformed);
        }
        // From an encrypted base never to an unencrypted address, not even of this machine.
        boolean downgraded = "https".equals(base.getScheme()) && !"https".equals(next.getScheme());
        if (!isAllowed(next) || downgraded) {
            throw new InstallException("a redirect leads to '%s', which is not https:".formatted(next));
        }
        return next;
    }

    private static HttpResponse<InputStream> ask(HttpClient client, URI uri, long has, String tag) throws IOException {
        HttpRequest.Builder request = HttpRequest.newBuilder(uri)
                .timeout(ANSWER_MAX)
                .header("User-Agent", "kith")
                .header("Accept-Encoding", "identity");
        if (has > 0) {
            request.header("Range", "bytes=" + has + "-").header("If-Range", tag);
        }
        try {
            return client.send(request.build(), HttpResponse.BodyHandlers.ofInputStream());
        } catch (InterruptedException ended) {
            Thread.currentThread().interrupt();
            throw new InstallException("the pull was interrupted", ended);
        }
    }

    /**
     * What an answer brings something to.
     *
     * @param has bytes that are there already
     * @param tag of the version that they are of
     */
    private record Arrival(Target target, long has, String tag, Expected expected) {}

    private void take(HttpResponse<InputStream> answer, Arrival arrival, InputStream body) throws IOException {
        Target target = arrival.target();
        int status = answer.statusCode();
        if (status == UNSATISFIABLE) {
            Files.deleteIfExists(target.part());
            throw new IOException("the server has no such range");
        }
        if (status != OK && status != PARTIAL) {
            String what =
                    "%s: the server answered %d".formatted(target.described().name(), status);
            // What a server cannot do now it may do later; what it will not do stays so.
            if (status >= 500) {
                throw new IOException(what);
            }
            throw new InstallException(what);
        }
        long start = status == PARTIAL ? start(answer, arrival) : 0;
        long total = Math.max(
                arrival.expected().bytes(),
                start + answer.headers().firstValueAsLong("Content-Length").orElse(0));
        requireRoom(target, total, start);
        if (start == 0) {
            // Before the tag changes: what is there of another version must never stand beside the tag of this one.
            Files.deleteIfExists(target.part());
        }
        Files.writeString(target.tag(), tag(answer));
        store(body, new Writing(target, start, total));
        if (total > 0 && target.has() < total) {
            throw new IOException("the connection was cut after %d of %d bytes".formatted(target.has(), total));
        }
    }

    /** The answer's version; empty where it names none that tells every byte. */
    private static String tag(HttpResponse<InputStream> answer) {
        return answer.headers()
                .firstValue("ETag")
                .filter(text -> !text.startsWith("W/"))
                .orElse("");
    }

    /** Where the answer goes on; only right behind what is there already, and with the same version. */
    private static long start(HttpResponse<InputStream> answer, Arrival arrival) throws IOException {
        Matcher range =
                RANGE.matcher(answer.headers().firstValue("Content-Range").orElse(""));
        if (!range.matches() || Long.parseLong(range.group(1)) != arrival.has()) {
            Files.deleteIfExists(arrival.target().part());
            throw new IOException("the server goes on at another place than it was asked for");
        }
        if (arrival.has() > 0 && !tag(answer).equals(arrival.tag())) {
            Files.deleteIfExists(arrival.target().part());
            throw new IOException("the server goes on with another version than it was asked for");
        }
        return arrival.has();
    }

    private static void requireRoom(Target target, long total, long start) throws IOException {
        String name = target.described().name();
        if (total > ModelFile.BYTES_MAX) {
            throw new InstallException(
                    "%s: has %d bytes; at most %d are taken".formatted(name, total, ModelFile.BYTES_MAX));
        }
        if (target.described().bytes() > 0 && total != target.described().bytes()) {
            throw new InstallException("%s: has %d bytes there; expected %d"
                    .formatted(name, total, target.described().bytes()));
        }
        long usable = Files.getFileStore(target.file().getParent()).getUsableSpace();
        if (total - start > usable) {
            throw new InstallException(
                    "%s: needs %d bytes on the disk; %d are available".formatted(name, total - start, usable));
        }
    }

    /** @param total of the file; 0: not known */
    private record Writing(Target target, long start, long total) {
        long max() {
            return total > 0 ? total : ModelFile.BYTES_MAX;
        }
    }

    private void store(InputStream body, Writing writing) throws IOException {
        Path part = writing.target().part();
        AtomicLong came = new AtomicLong(writing.start());
        StandardOpenOption[] options = writing.start() > 0
                ? new StandardOpenOption[] {StandardOpenOption.WRITE, StandardOpenOption.APPEND}
                : new StandardOpenOption[] {
                    StandardOpenOption.WRITE, StandardOpenOption.CREATE, StandardOpenOption.TRUNCATE_EXISTING
                };
        try (ScheduledExecutorService watch = Executors.newSingleThreadScheduledExecutor(
                        Thread.ofPlatform().daemon().name("kith-pull-watch").factory());
                OutputStream out = Files.newOutputStream(part, options)) {
            ScheduledFuture<?> watching = watch(watch, body, came);
            byte[] chunk = new byte[CHUNK_BYTES];
            for (int read = body.read(chunk); read >= 0; read = body.read(chunk)) {
                if (came.get() + read > writing.max()) {
                    throw new InstallException("%s: more bytes come than the %d that were announced"
                            .formatted(writing.target().described().name(), writing.max()));
                }
                out.write(chunk, 0, read);
                progress.came(writing.target().described().name(), came.addAndGet(read), writing.total());
            }
            watching.cancel(false);
        }
    }

    /** Ends a connection that brings nothing any more. */
    private static ScheduledFuture<?> watch(ScheduledExecutorService watch, InputStream body, AtomicLong came) {
        AtomicLong last = new AtomicLong(-1);
        return watch.scheduleWithFixedDelay(
                () -> {
                    if (last.getAndSet(came.get()) == came.get()) {
                        try {
                            body.close();
                        } catch (IOException closed) {
                            last.set(came.get());
                        }
                    }
                },
                SILENCE_MAX.toMillis(),
                SILENCE_MAX.toMillis(),
                TimeUnit.MILLISECONDS);
    }

    /** What is not the published file is deleted, so that the next pull begins anew. */
    private static void check(Target target, Expected expected) throws IOException {
        long bytes = target.has();
        String name = target.described().name();
        if (expected.bytes() > 0 && bytes != expected.bytes()) {
            Files.deleteIfExists(target.part());
            throw new InstallException("%s: %d bytes came; expected %d".formatted(name, bytes, expected.bytes()));
        }
        String sha256 = expected.sha256().isEmpty() ? "" : Digests.of(target.part());
        if (!sha256.equals(expected.sha256())) {
            Files.deleteIfExists(target.part());
            throw new InstallException(
                    "%s: what came has the SHA-256 %s; expected %s".formatted(name, sha256, expected.sha256()));
        }
    }
}
