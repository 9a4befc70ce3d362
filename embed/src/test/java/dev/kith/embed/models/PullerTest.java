package dev.kith.embed.models;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Pulls from a server of the test's own, which misbehaves as it is told. */
class PullerTest {
    private static final String NAME = "clip-vit-b32-image";
    /** An ONNX file in form: a model with a graph that has a name, padded by an unknown field. */
    private final byte[] network = network(300_000);

    @TempDir
    private Path folder;

    private HttpServer server;
    private final List<String> asked = Collections.synchronizedList(new ArrayList<>());
    private volatile Behaviour behaviour = exchange -> answer(exchange, 0, network.length);

    private interface Behaviour {
        void handle(HttpExchange exchange) throws IOException;
    }

    @BeforeEach
    void start() throws IOException {
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
        server.createContext("/", exchange -> {
            asked.add(exchange.getRequestURI() + " "
                    + Optional.ofNullable(exchange.getRequestHeaders().getFirst("Range"))
                            .orElse("all"));
            try (exchange) {
                behaviour.handle(exchange);
            }
        });
        server.start();
    }

    @AfterEach
    void stop() {
        server.stop(0);
    }

    @Test
    void pull_plainServer_installsAndServes() {
        List<Long> progress = new ArrayList<>();
        Descriptor pulled = puller((_, bytes, total) -> {
                    progress.add(bytes);
                    assertThat(total).isEqualTo(network.length);
                })
                .pull(descriptor());
        assertThat(asked).containsExactly("/hub/deven96/clip-ViT-B-32-vision/resolve/main/model.onnx all");
        assertThat(pulled.files().getFirst().sha256()).isEqualTo(sha256(network));
        assertThat(progress).isSorted().last().isEqualTo((long) network.length);
        Model model = catalogue().find(NAME).orElseThrow();
        assertThat(model.installed()).isTrue();
        assertThat(ModelStore.fault(
                        model.folder().orElseThrow(), model.descriptor().files()))
                .isEmpty();
        assertThat(folder.resolve("models")).isDirectoryNotContaining("glob:**/.*");
    }

    @Test
    void pull_connectionThatIsCutAgainAndAgain_goesOnWhereItWas() {
        behaviour = exchange -> {
            int from = from(exchange);
            answer(exchange, from, Math.min(network.length, from + 90_000));
        };
        puller((_, _, _) -> {}).pull(descriptor());
        // What a broken connection still had under way may be lost with it, so each begins at what had arrived.
        List<Integer> beginnings = asked.stream()
                .skip(1)
                .map(line -> Integer.parseInt(line.replaceAll(".*bytes=(\\d+)-", "$1")))
                .toList();
        assertThat(beginnings).hasSizeGreaterThanOrEqualTo(3).isSorted();
        assertThat(beginnings.getFirst()).isBetween(1, 90_000);
        assertThat(catalogue().find(NAME).orElseThrow().installed()).isTrue();
    }

    @Test
    void pull_brokenOffEarlier_goesOnInTheNextPull() {
        behaviour = exchange -> answer(exchange, 0, from(exchange) == 0 ? 100_000 : 0);
        assertThatThrownBy(() -> puller((_, _, _) -> {}).pull(descriptor())).isInstanceOf(InstallException.class);
        assertThat(catalogue().find(NAME).orElseThrow().installed()).isFalse();
        asked.clear();
        behaviour = exchange -> answer(exchange, from(exchange), network.length);
        puller((_, _, _) -> {}).pull(descriptor());
        assertThat(asked).singleElement().asString().matches(".*bytes=[1-9]\\d*-");
        assertThat(catalogue().find(NAME).orElseThrow().installed()).isTrue();
    }

    @Test
    void pull_fileThatChangedMeanwhile_beginsAnew() {
        behaviour = exchange -> {
            exchange.getResponseHeaders().set("ETag", from(exchange) == 0 ? "\"new\"" : "\"old\"");
            answer(exchange, 0, from(exchange) == 0 && asked.size() == 1 ? 100_000 : network.length);
        };
        puller((_, _, _) -> {}).pull(descriptor());
        assertThat(asked).hasSize(2);
        assertThat(catalogue().find(NAME).orElseThrow().installed()).isTrue();
    }

    /** A mirror that passes over If-Range: what comes is a part of another version, or of one that nobody names. */
    @ParameterizedTest
    @ValueSource(strings = {"\"new\"", "W/\"old\"", ""})
    void pull_partOfAnotherVersion_isNotJoinedToWhatIsThere(String tag) {
        byte[] other = network.clone();
        Arrays.fill(other, 10, 100_000, (byte) 0);
        List<String> ranges = Collections.synchronizedList(new ArrayList<>());
        behaviour = exchange -> {
            int from = from(exchange);
            if (asked.size() == 1) {
                exchange.getResponseHeaders().set("ETag", "\"old\"");
                answer(exchange, 0, 100_000, other);
                return;
            }
            ranges.add(from == 0 ? "all" : exchange.getRequestHeaders().getFirst("If-Range"));
            exchange.getResponseHeaders().set("ETag", tag);
            answer(exchange, from, network.length);
        };
        Descriptor pulled = puller((_, _, _) -> {}).pull(descriptor());
        assertThat(ranges).containsExactly("\"old\"", "all");
        assertThat(pulled.files().getFirst().sha256()).isEqualTo(sha256(network));
    }

    /** The tag of a version is written after what was there of another is gone, whatever happens in between. */
    @Test
    void pull_tagThatCannotBeWritten_leavesNothingOfAnotherVersion() throws IOException {
        Path staging = Files.createDirectories(folder.resolve("models/.new-" + NAME));
        Path part = Files.write(staging.resolve("model.onnx.part"), Arrays.copyOf(network, 1_000));
        Files.createDirectory(staging.resolve("model.onnx.tag"));
        assertThatThrownBy(() -> puller((_, _, _) -> {}).pull(descriptor())).isInstanceOf(InstallException.class);
        assertThat(part).doesNotExist();
    }

    @Test
    void pull_hubThatPublishesTheChecksum_holdsToIt() {
        behaviour = exchange -> redirect(exchange, "/cdn/blob", sha256(network));
        puller((_, _, _) -> {}).pull(descriptor());
        assertThat(asked).hasSize(2).last().asString().startsWith("/cdn/blob");

        new ModelStore(folder.resolve("models")).remove(NAME);
        behaviour = exchange -> redirect(exchange, "/cdn/blob", "0".repeat(64));
        assertThatThrownBy(() -> puller((_, _, _) -> {}).pull(descriptor()))
                .isInstanceOf(InstallException.class)
                .hasMessageContaining("what came has the SHA-256 " + sha256(network) + "; expected 000");
        assertThat(catalogue().find(NAME).orElseThrow().installed()).isFalse();
    }

    @ParameterizedTest
    @ValueSource(strings = {"http://example.org/x", "ftp://127.0.0.1/x", "file:///etc/passwd", "/loop", "http://[::"})
    void pull_redirectToWhereItMayNot_isRefused(String location) {
        behaviour = exchange -> redirectAlways(exchange, location);
        assertThatThrownBy(() -> puller((_, _, _) -> {}).pull(descriptor()))
                .isInstanceOf(InstallException.class)
                .hasMessageContaining("redirect");
        assertThat(catalogue().find(NAME).orElseThrow().installed()).isFalse();
    }

    @ParameterizedTest
    @ValueSource(strings = {"http://example.org", "ftp://127.0.0.1", "http://127.0.0.1.example.org", "file:/tmp", "x"})
    void puller_baseThatIsNotEncrypted_isRefused(String base) {
        assertThatThrownBy(() -> new Puller(new ModelStore(folder), URI.create(base), (_, _, _) -> {}))
                .isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void pull_wrongSize_isRefusedBeforeItComes() {
        ModelFile file = descriptor().files().getFirst();
        Descriptor other = descriptor().with(List.of(file.measured(5, "")));
        assertThatThrownBy(() -> puller((_, _, _) -> {}).pull(other))
                .isInstanceOf(InstallException.class)
                .hasMessageContaining("has 300000 bytes there; expected 5");
        Descriptor wrong = descriptor().with(List.of(file.measured(0, "0".repeat(64))));
        assertThatThrownBy(() -> puller((_, _, _) -> {}).pull(wrong))
                .isInstanceOf(InstallException.class)
                .hasMessageContaining("SHA-256");
    }

    @Test
    void pull_notFound_saysSoAtOnce() {
        behaviour = exchange -> exchange.sendResponseHeaders(404, -1);
        assertThatThrownBy(() -> puller((_, _, _) -> {}).pull(descriptor()))
                .isInstanceOf(InstallException.class)
                .hasMessageContaining("model.onnx: the server answered 404");
        assertThat(asked).hasSize(1);
    }

    @Test
    void pull_networkThatNamesAForeignFile_isNotInstalled() throws IOException {
        byte[] evil = OnnxFileTest.withExternalData("../../secret");
        behaviour = exchange -> {
            exchange.sendResponseHeaders(200, evil.length);
            exchange.getResponseBody().write(evil);
        };
        assertThatThrownBy(() -> puller((_, _, _) -> {}).pull(descriptor()))
                .isInstanceOf(InstallException.class)
                .hasMessageContaining("'../../secret', which is no file of the model");
        assertThat(catalogue().find(NAME).orElseThrow().installed()).isFalse();
    }

    private Descriptor descriptor() {
        return new Catalogue(Optional.empty(), java.util.Map.of())
                .find(NAME)
                .orElseThrow()
                .descriptor();
    }

    private Catalogue catalogue() {
        return new Catalogue(Optional.of(new ModelStore(folder.resolve("models"))), java.util.Map.of());
    }

    private Puller puller(Puller.Progress progress) {
        URI base = URI.create("http://127.0.0.1:" + server.getAddress().getPort() + "/hub/");
        return new Puller(new ModelStore(folder.resolve("models")), base, progress);
    }

    private static int from(HttpExchange exchange) {
        String range = exchange.getRequestHeaders().getFirst("Range");
        return range == null ? 0 : Integer.parseInt(range.replaceAll("\\D", ""));
    }

    /** Announces all that remains, and breaks off after {@code to}. */
    private void answer(HttpExchange exchange, int from, int to) throws IOException {
        answer(exchange, from, to, network);
    }

    private static void answer(HttpExchange exchange, int from, int to, byte[] file) throws IOException {
        exchange.getResponseHeaders().putIfAbsent("ETag", List.of("\"one\""));
        if (from > 0) {
            exchange.getResponseHeaders()
                    .set("Content-Range", "bytes %d-%d/%d".formatted(from, file.length - 1, file.length));
        }
        exchange.sendResponseHeaders(from > 0 ? 206 : 200, file.length - from);
        exchange.getResponseBody().write(file, from, Math.max(0, to - from));
    }

    private void redirect(HttpExchange exchange, String location, String sha256) throws IOException {
        if (exchange.getRequestURI().getPath().equals(location)) {
            answer(exchange, 0, network.length);
            return;
        }
        exchange.getResponseHeaders().set("X-Linked-ETag", "\"" + sha256 + "\"");
        exchange.getResponseHeaders().set("X-Linked-Size", Integer.toString(network.length));
        redirectAlways(exchange, location);
    }

    private static void redirectAlways(HttpExchange exchange, String location) throws IOException {
        exchange.getResponseHeaders().set("Location", location);
        exchange.sendResponseHeaders(302, -1);
    }

    private static byte[] network(int size) {
        byte[] bytes = new byte[size];
        new Random(20260101).nextBytes(bytes);
        // Field 100, length-delimited, to the end: tag a2 06, then the length in three bytes.
        int rest = size - 5;
        bytes[0] = (byte) 0xa2;
        bytes[1] = 0x06;
        bytes[2] = (byte) (rest & 0x7f | 0x80);
        bytes[3] = (byte) (rest >> 7 & 0x7f | 0x80);
        bytes[4] = (byte) (rest >> 14);
        return bytes;
    }

    private static String sha256(byte[] bytes) {
        try {
            return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
        } catch (java.security.NoSuchAlgorithmException impossible) {
            throw new IllegalStateException(impossible);
        }
    }
}
