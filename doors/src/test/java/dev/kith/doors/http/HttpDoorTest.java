package dev.kith.doors.http;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class HttpDoorTest {
    private static final String METRICS = "kith_points 3\n";

    private final AtomicBoolean ready = new AtomicBoolean(true);
    private HttpFixture fixture;

    @AfterEach
    void close() {
        fixture.close();
    }

    @Test
    void healthz_anyHost_answersOk() throws IOException {
        open(Optional.empty());
        assertThat(get("/healthz", "Host: evil.example"))
                .startsWith("HTTP/1.1 200 ")
                .endsWith("{\"status\":\"ok\"}\n");
    }

    @Test
    void readyz_beforeAndAfterReady_answers503Then200() throws IOException {
        open(Optional.empty());
        ready.set(false);
        assertThat(get("/readyz", "Host: localhost")).startsWith("HTTP/1.1 503 ");
        ready.set(true);
        assertThat(get("/readyz", "Host: localhost")).startsWith("HTTP/1.1 200 ");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"localhost", "LOCALHOST:4213", "127.0.0.1", "127.0.0.1:1", "[::1]:4213", "10.1.2.3", "kith.lan"})
    void metrics_knownHostWithoutAuthentication_answers(String host) throws IOException {
        open(Optional.empty());
        assertThat(get("/metrics", "Host: " + host)).startsWith("HTTP/1.1 200 ").endsWith(METRICS);
    }

    @ParameterizedTest
    @ValueSource(strings = {"evil.example", "evil.example:4213", "127.0.0.1.evil.example", "localhost.evil", "[x]", ""})
    void metrics_unknownHostWithoutAuthentication_isForbidden(String host) throws IOException {
        open(Optional.empty());
        assertThat(get("/metrics", "Host: " + host)).matches("(?s)HTTP/1.1 40[03] .*");
    }

    @Test
    void metrics_noOrTwoHosts_isForbidden() throws IOException {
        open(Optional.empty());
        assertThat(get("/metrics", "X-Other: 1")).startsWith("HTTP/1.1 4");
        assertThat(get("/metrics", "Host: localhost\r\nHost: localhost")).startsWith("HTTP/1.1 4");
    }

    @ParameterizedTest
    @CsvSource({
        "Bearer right, 200",
        "bearer right, 200",
        "Bearer wrong, 401",
        "Bearer, 401",
        "right, 401",
        "Basic right, 401",
        "Bearer right right, 401"
    })
    void metrics_withAuthentication_needsKnownKey(String authorization, int status) throws IOException {
        open(Optional.of("right"));
        assertThat(get("/metrics", "Host: any.example\r\nAuthorization: " + authorization))
                .startsWith("HTTP/1.1 " + status + " ");
    }

    @Test
    void metrics_withAuthenticationAndNoKey_namesTheScheme() throws IOException {
        open(Optional.of("right"));
        assertThat(get("/metrics", "Host: localhost"))
                .startsWith("HTTP/1.1 401 ")
                .containsIgnoringCase("WWW-Authenticate: Bearer");
    }

    @ParameterizedTest
    @ValueSource(strings = {"/", "/metricsx", "/healthz;x", "/x/y/z", "/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a"})
    void unknownPath_any_isNotFound(String path) throws IOException {
        open(Optional.empty());
        assertThat(get(path, "Host: localhost")).startsWith("HTTP/1.1 404 ").endsWith("{\"detail\":\"Not Found\"}");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "/healthz/..",
                "/%2e%2e/etc/passwd",
                "/a%2fb",
                "/healthz%00",
                "/healthz/../metrics",
                "/%",
                "/%zz",
                "/healthz\\",
                "/..;/metrics"
            })
    void trickyPath_any_isRefused(String path) throws IOException {
        open(Optional.empty());
        assertThat(get(path, "Host: localhost")).matches("(?s)HTTP/1.1 40[04] .*\\{\"detail\":\"[A-Za-z ]+\"\\}");
    }

    @Test
    void pathWithASlashTooMany_get_isRedirected() throws IOException {
        open(Optional.empty());
        assertThat(get("/healthz/?a=b", "Host: localhost"))
                .startsWith("HTTP/1.1 307 ")
                .contains("Location: /healthz?a=b\r\n");
    }

    @Test
    void unknownPath_thatLooksLikeAHost_isRefused() throws IOException {
        open(Optional.empty());
        assertThat(get("//healthz", "Host: localhost")).startsWith("HTTP/1.1 400 ");
    }

    @Test
    void headers_beyondBounds_endTheConnectionNotTheServer() throws IOException {
        open(Optional.empty());
        String huge = "X-Huge: " + "a".repeat(1 << 20);
        assertThat(sendBroken("GET /healthz HTTP/1.1\r\nHost: localhost\r\n" + huge + "\r\n\r\n"))
                .doesNotContain(" 200 ");
        assertThat(sendBroken("nonsense\r\n\r\n")).doesNotContain(" 200 ");
        assertThat(get("/healthz", "Host: localhost")).startsWith("HTTP/1.1 200 ");
    }

    @Test
    void post_knownPath_isNotAllowed() throws IOException {
        open(Optional.empty());
        assertThat(send("POST /healthz HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"))
                .startsWith("HTTP/1.1 405 ")
                .containsIgnoringCase("Allow: GET, HEAD\r\n");
    }

    @Test
    void get_withBody_isRefusedUnread() throws IOException {
        open(Optional.empty());
        assertThat(send("GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: 3\r\n\r\n"
                        + "abc"))
                .startsWith("HTTP/1.1 413 ");
    }

    @Test
    void head_knownPath_sendsHeadersOnly() throws IOException {
        open(Optional.empty());
        assertThat(send("HEAD /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"))
                .startsWith("HTTP/1.1 200 ")
                .containsIgnoringCase("Content-Length: 16")
                .endsWith("\r\n\r\n");
    }

    @Test
    void route_thatFails_answers500AndServesOn() throws IOException {
        fixture = new HttpFixture(HttpLimits.DEFAULT, HttpFixture.get("/bad", _ -> {
            throw new IllegalStateException("on purpose");
        }));
        assertThat(get("/bad", "Host: localhost")).startsWith("HTTP/1.1 500 ").doesNotContain("on purpose");
        assertThat(get("/bad", "Host: localhost")).startsWith("HTTP/1.1 500 ");
    }

    private void open(Optional<String> key) {
        Guard guard = new Guard(
                key.map(known -> given -> Optional.of("t").filter(_ -> known.equals(given))),
                "default",
                Set.of("kith.lan"));
        fixture = new HttpFixture(HttpLimits.DEFAULT, guard, RouteTable.health(ready::get, () -> METRICS));
    }

    private String get(String path, String headers) throws IOException {
        return send("GET " + path + " HTTP/1.1\r\n" + headers + "\r\nConnection: close\r\n\r\n");
    }

    /** What came before the server closed or reset the connection. */
    private String sendBroken(String request) {
        try {
            return send(request);
        } catch (IOException reset) {
            return "";
        }
    }

    private String send(String request) throws IOException {
        return fixture.send(request);
    }
}
