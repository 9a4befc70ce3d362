package dev.kith.shell.idios;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Against a server that keeps entries as the text that they are. */
class TransferTest {
    private static final Pattern ENTRY = Pattern.compile("\\{\"url\":\"([^\"]*)\"[^{}]*(?:\\{[^}]*})?[^{}]*}");
    private static final Pattern PAGE = Pattern.compile("\\{\"limit\":(\\d+),\"cursor\":\"([^\"]*)\"}");

    private final TreeMap<String, String> entries = new TreeMap<>();
    private final AtomicInteger restores = new AtomicInteger();
    private final AtomicInteger answersLeft = new AtomicInteger(Integer.MAX_VALUE);
    private final HttpServer server;
    private final ByteArrayOutputStream said = new ByteArrayOutputStream();
    private final PrintStream err = new PrintStream(said, true, StandardCharsets.UTF_8);

    @TempDir
    private Path folder;

    TransferTest() {
        try {
            server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        server.createContext("/models/m/dump", exchange -> answer(exchange, page(exchange, true)));
        server.createContext("/models/m/urls", exchange -> answer(exchange, page(exchange, false)));
        server.createContext("/models/m/restore", exchange -> {
            Matcher entry = ENTRY.matcher(body(exchange));
            while (entry.find()) {
                entries.put(entry.group(1), entry.group());
            }
            restores.incrementAndGet();
            answer(exchange, "");
        });
        server.start();
    }

    @AfterEach
    void stop() {
        server.stop(0);
    }

    private static String body(HttpExchange exchange) throws IOException {
        return new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
    }

    private String page(HttpExchange exchange, boolean whole) throws IOException {
        Matcher asked = PAGE.matcher(body(exchange));
        if (!asked.matches()) {
            return "what?";
        }
        return entries.tailMap(asked.group(2), false).entrySet().stream()
                .limit(Integer.parseInt(asked.group(1)))
                .map(entry -> whole ? entry.getValue() : "\"" + entry.getKey() + "\"")
                .collect(Collectors.joining(",", "[", "]"));
    }

    private void answer(HttpExchange exchange, String body) throws IOException {
        boolean allowed = "Bearer secret".equals(exchange.getRequestHeaders().getFirst("Authorization"));
        boolean working = answersLeft.getAndDecrement() > 0;
        byte[] bytes = (working ? body : "{\"detail\":\"out of order\"}").getBytes(StandardCharsets.UTF_8);
        exchange.sendResponseHeaders(!allowed ? 401 : working ? 200 : 500, bytes.length == 0 ? -1 : bytes.length);
        exchange.getResponseBody().write(bytes);
        exchange.close();
    }

    private void fill(int count) {
        IntStream.range(0, count).forEach(at -> {
            String url = "https://a.example/%04d".formatted(at);
            entries.put(url, "{\"url\":\"%s\",\"metadata\":{\"url\":%d},\"embedding\":[0.5,1]}".formatted(url, at));
        });
    }

    private String url() {
        return "http://127.0.0.1:%d/models/m/".formatted(server.getAddress().getPort());
    }

    private int export(String prefix, int batch) {
        return new Exporter(url(), Optional.of("secret"), err)
                .run(folder.resolve(prefix).toString(), batch);
    }

    private int restore(Path... files) {
        return new Restorer(url(), Optional.of("secret"), err).run(List.of(files));
    }

    private Path file(String name) {
        return folder.resolve("new/folder/" + name);
    }

    private String said() {
        return said.toString(StandardCharsets.UTF_8);
    }

    @Test
    void dump_fromAServerThatFallsSilentAmidItsAnswer_isGivenUp() {
        CountDownLatch end = new CountDownLatch(1);
        server.createContext("/models/silent/dump", exchange -> {
            exchange.sendResponseHeaders(200, 1_000);
            exchange.getResponseBody().write("[{".getBytes(StandardCharsets.UTF_8));
            exchange.getResponseBody().flush();
            try {
                end.await();
            } catch (InterruptedException ended) {
                Thread.currentThread().interrupt();
            }
        });
        String url = "http://127.0.0.1:%d/models/silent"
                .formatted(server.getAddress().getPort());
        try (ModelEndpoint endpoint = new ModelEndpoint(url, Optional.empty(), Duration.ofSeconds(1))) {
            assertThatThrownBy(() -> endpoint.dump("", 10, folder.resolve("page.json")))
                    .isInstanceOf(TransferException.class)
                    .hasMessageContaining("does not answer");
        } finally {
            end.countDown();
        }
    }

    @Test
    void dump_intoAFileThatCannotBeWritten_doesNotBlameTheServer() {
        fill(1);
        Path file = folder.resolve("gone/page.json");
        try (ModelEndpoint endpoint = new ModelEndpoint(url(), Optional.of("secret"))) {
            assertThatThrownBy(() -> endpoint.dump("", 10, file))
                    .isInstanceOf(TransferException.class)
                    .hasMessageStartingWith(file + " cannot be written: ");
        }
    }

    @Test
    void export_then_import_bringsEverythingBack() {
        fill(25);
        assertThat(export("new/folder/dump", 10)).as(said()).isEqualTo(Exporter.OK);
        assertThat(file("")).isDirectoryContaining("glob:**dump_00000003.json");
        assertThat(file("dump_00000004.json")).doesNotExist();
        assertThat(file("dump_00000004.json.part")).doesNotExist();
        var before = new TreeMap<>(entries);
        entries.clear();
        Path[] files = IntStream.rangeClosed(1, 3)
                .mapToObj(at -> file("dump_%08d.json".formatted(at)))
                .toArray(Path[]::new);
        assertThat(restore(files)).as(said()).isEqualTo(Restorer.OK);
        assertThat(entries).isEqualTo(before);
        assertThat(said()).contains("25 entries imported from 3 files, 0 files were there already");
    }

    @Test
    void export_interrupted_goesOnAfterTheLastWholeFile() throws IOException {
        fill(25);
        answersLeft.set(2);
        assertThat(export("new/folder/dump", 10)).isEqualTo(Exporter.FAILED);
        assertThat(said()).contains("answers with status 500: {\"detail\":\"out of order\"}");
        answersLeft.set(2);
        Files.writeString(file("dump_00000002.json"), "[{\"url\":\"https://a.example/0011\"");
        assertThat(export("new/folder/dump", 10)).isEqualTo(Exporter.FAILED);
        answersLeft.set(Integer.MAX_VALUE);
        assertThat(export("new/folder/dump", 10)).isEqualTo(Exporter.OK);
        assertThat(said()).contains("3 files with 25 entries are there").contains("25 entries in 3 files");
        for (int at = 1; at <= 3; at++) {
            assertThat(Files.readString(file("dump_%08d.json".formatted(at))))
                    .startsWith("[{\"url\":\"https://a.example/%04d\"".formatted(10 * (at - 1)))
                    .endsWith("}]");
        }
    }

    @Test
    void import_interrupted_passesOverWhatIsThereUnlessItIsGoneOrChanged() throws IOException {
        fill(30);
        assertThat(export("new/folder/dump", 10)).isEqualTo(Exporter.OK);
        Path[] files = IntStream.rangeClosed(1, 3)
                .mapToObj(at -> file("dump_%08d.json".formatted(at)))
                .toArray(Path[]::new);
        entries.clear();
        answersLeft.set(2);
        assertThat(restore(files)).isEqualTo(Restorer.FAILED);
        assertThat(said()).contains("20 entries were imported before");
        answersLeft.set(Integer.MAX_VALUE);
        restores.set(0);
        assertThat(restore(files)).isEqualTo(Restorer.OK);
        assertThat(restores).hasValue(1);
        assertThat(said()).contains("10 entries imported from 1 files, 2 files were there already");
        entries.clear();
        assertThat(restore(files)).isEqualTo(Restorer.OK);
        assertThat(entries).hasSize(30);
        Files.writeString(files[0], Files.readString(files[0]).replace("0.5", "0.25"));
        restores.set(0);
        assertThat(restore(files)).isEqualTo(Restorer.OK);
        assertThat(restores).hasValue(1);
    }

    @Test
    void import_fileThatIsNoDump_isRefusedWithItsPlaceBeforeItIsSent() throws IOException {
        Path file = folder.resolve("x.json");
        for (String text :
                List.of("", "{}", "[{\"url\":\"a\"}", "[{\"url\":\"a\"},3]", "[{\"metadata\":null}]", "[]]")) {
            Files.writeString(file, text);
            assertThat(restore(file)).as(text).isEqualTo(Restorer.FAILED);
            assertThat(said()).contains(file.toString());
        }
        assertThat(restores).hasValue(0);
        assertThat(restore(folder.resolve("none.json"))).isEqualTo(Restorer.FAILED);
    }

    @Test
    void export_withoutTheRightKey_failsAndWritesNoPage() {
        fill(1);
        int code = new Exporter(url(), Optional.empty(), err)
                .run(folder.resolve("dump").toString(), 10);
        assertThat(code).isEqualTo(Exporter.FAILED);
        assertThat(said()).contains("status 401").doesNotContain("secret");
        assertThat(folder).isEmptyDirectory();
    }
}
