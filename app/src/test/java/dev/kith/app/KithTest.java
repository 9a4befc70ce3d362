package dev.kith.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class KithTest {
    @TempDir
    private Path folder;

    @Test
    void start_inMemory_servesHealthAndMetrics() throws Exception {
        try (Kith kith = Kith.start(config(Map.of("in-memory", "true")))) {
            assertThat(kith.readyLine())
                    .isEqualTo("ready faissx=%d ahnlich-db=%d ahnlich-ai=%d idios=%d"
                            .formatted(
                                    kith.ports().get("faissx"),
                                    kith.ports().get("ahnlich-db"),
                                    kith.ports().get("ahnlich-ai"),
                                    kith.ports().get("idios")));
            assertThat(get(kith, "/readyz", "").statusCode()).isEqualTo(200);
            assertThat(get(kith, "/metrics", "").body())
                    .contains("kith_points 0.0", "structure=\"exact\"", "kith_memory_bytes_max");
        }
    }

    @Test
    void start_withAuthentication_metricsNeedAKey() throws Exception {
        Map<String, String> settings = Map.of("in-memory", "true", "enable-auth", "true", "auth-keys", "secret:t");
        try (Kith kith = Kith.start(config(settings))) {
            assertThat(get(kith, "/metrics", "").statusCode()).isEqualTo(401);
            assertThat(get(kith, "/metrics", "wrong").statusCode()).isEqualTo(401);
            assertThat(get(kith, "/metrics", "secret").statusCode()).isEqualTo(200);
            assertThat(get(kith, "/readyz", "").statusCode()).isEqualTo(200);
        }
    }

    @Test
    void start_twiceOnOneFolder_refusesTheSecondAndServesOn() throws Exception {
        Config config = config(Map.of("data-dir", folder.toString()));
        try (Kith first = Kith.start(config)) {
            assertThatThrownBy(() -> Kith.start(config))
                    .isInstanceOf(StartException.class)
                    .message()
                    .hasLineCount(1)
                    .contains(folder.toString());
            assertThat(get(first, "/readyz", "").statusCode()).isEqualTo(200);
        }
        Kith.start(config).close();
    }

    @ParameterizedTest
    @ValueSource(strings = {"idios", "faissx", "ahnlich-db"})
    void start_portTaken_saysWhichAndLetsGoOfTheFolder(String door) throws IOException {
        try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            String port = Integer.toString(taken.getLocalPort());
            Config config = config(Map.of("data-dir", folder.toString(), door + "-port", port));
            assertThatThrownBy(() -> Kith.start(config))
                    .isInstanceOf(StartException.class)
                    .message()
                    .hasLineCount(1)
                    .startsWith(door + " cannot listen")
                    .contains(port);
        }
        Kith.start(config(Map.of("data-dir", folder.toString()))).close();
    }

    @Test
    void start_withoutIdios_hasNoHttp() {
        try (Kith kith = Kith.start(config(Map.of("in-memory", "true", "doors", "faissx")))) {
            assertThat(kith.ports()).doesNotContainKey("idios");
        }
    }

    @Test
    void close_twice_doesNothing() {
        Kith kith = Kith.start(config(Map.of("in-memory", "true")));
        kith.close();
        kith.close();
        assertThat(kith.ports()).isNotEmpty();
    }

    private static Config config(Map<String, String> settings) {
        Map<String, String> all = new HashMap<>(Map.of("memory", "64M"));
        List.of("faissx", "ahnlich-db", "ahnlich-ai", "idios").forEach(door -> all.put(door + "-port", "0"));
        all.putAll(settings);
        return Config.of(all);
    }

    private static HttpResponse<String> get(Kith kith, String path, String key) throws Exception {
        HttpRequest.Builder request = HttpRequest.newBuilder(
                        URI.create("http://127.0.0.1:" + kith.ports().get("idios") + path))
                .timeout(Duration.ofSeconds(10));
        if (!key.isEmpty()) {
            request.header("Authorization", "Bearer " + key);
        }
        try (HttpClient client = HttpClient.newHttpClient()) {
            return client.send(request.build(), HttpResponse.BodyHandlers.ofString());
        }
    }
}
