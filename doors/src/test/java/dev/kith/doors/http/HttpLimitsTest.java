package dev.kith.doors.http;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Bodies, and clients that are slow, many or hostile. */
class HttpLimitsTest {
    private static final Duration SHORT = Duration.ofMillis(300);
    private static final HttpLimits STRICT = new HttpLimits(8, 2, SHORT, SHORT, SHORT);

    private static Answer text(String text) {
        return Answer.text(200, "text/plain", text);
    }

    private static Route echo(long bytesMax) {
        return HttpFixture.post(
                "/echo",
                bytesMax,
                request -> Answer.of(200, "text/plain", request.payload().whole()));
    }

    private static String post(String headers, String body) {
        return "POST /echo HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n" + headers + "\r\n" + body;
    }

    @Test
    void body_withinLimit_comesWholeAndItsRoomIsGivenBack() throws IOException {
        try (HttpFixture fixture = new HttpFixture(HttpLimits.DEFAULT, echo(1 << 20))) {
            String body = "x".repeat(200_000);
            assertThat(fixture.send(post("Content-Length: 200000\r\n", body))).endsWith("\r\n\r\n" + body);
            assertThat(fixture.send(post("Transfer-Encoding: chunked\r\n", "5\r\nhello\r\n6\r\n world\r\n0\r\n\r\n")))
                    .endsWith("hello world");
            fixture.requireRoomEmpty();
        }
    }

    @Test
    void body_beyondLimitOrRoom_isRefused() throws IOException {
        try (HttpFixture fixture = new HttpFixture(HttpLimits.DEFAULT, echo(4 << 20))) {
            assertThat(fixture.send(post("Content-Length: 5000000\r\n", ""))).startsWith("HTTP/1.1 413 ");
            assertThat(fixture.send(post("Content-Length: 4000000\r\n", "x".repeat(4_000_000))))
                    .startsWith("HTTP/1.1 503 ")
                    .contains("Retry-After: 1\r\n");
            fixture.requireRoomEmpty();
        }
        try (HttpFixture fixture = new HttpFixture(HttpLimits.DEFAULT, echo(1_000))) {
            assertThat(fixture.send(post("Transfer-Encoding: chunked\r\n", chunk(2_000))))
                    .startsWith("HTTP/1.1 413 ")
                    .endsWith("{\"detail\":\"The body is too large\"}");
        }
    }

    private static String chunk(int bytes) {
        return Integer.toHexString(bytes) + "\r\n" + "x".repeat(bytes) + "\r\n0\r\n\r\n";
    }

    @Test
    void body_compressed_isRefusedUnread() throws IOException {
        try (HttpFixture fixture = new HttpFixture(HttpLimits.DEFAULT, echo(1 << 20))) {
            assertThat(fixture.send(post("Content-Encoding: gzip\r\nContent-Length: 3\r\n", "abc")))
                    .startsWith("HTTP/1.1 415 ");
            assertThat(fixture.send(post("Content-Encoding: identity\r\nContent-Length: 3\r\n", "abc")))
                    .startsWith("HTTP/1.1 200 ");
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n",
                "Content-Length: 3\r\nContent-Length: 4\r\n",
                "Content-Length: 3, 3\r\n",
                "Content-Length: -1\r\n",
                "Content-Length: 0x3\r\n",
                "Content-Length: 99999999999999999999\r\n",
                "Transfer-Encoding: chunked, identity\r\n",
                "Transfer-Encoding: xchunked\r\n",
                "Transfer-Encoding : chunked\r\n",
                " Transfer-Encoding: chunked\r\n"
            })
    void body_whoseLengthIsAmbiguous_isRefusedAndTheConnectionEnds(String headers) throws IOException {
        try (HttpFixture fixture = new HttpFixture(HttpLimits.DEFAULT, echo(1 << 20))) {
            String second = "GET /echo HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
            String request =
                    "POST /echo HTTP/1.1\r\nHost: localhost\r\n" + headers + "\r\n3\r\nabc\r\n0\r\n\r\n" + second;
            String answers = fixture.send(request);
            assertThat(answers).startsWith("HTTP/1.1 4").doesNotContain(" 405 ");
            assertThat(answers.split("HTTP/1\\.1 ")).hasSize(2);
        }
    }

    /** Whoever stands before us may take a body of such a coding for another than we would. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "gzip, chunked",
                "identity, chunked",
                "chunked, chunked",
                "deflate",
                "gzip\r\nTransfer-Encoding: chunked"
            })
    void body_ofAnotherTransferCoding_isRefusedAndTheConnectionEnds(String coding) throws IOException {
        try (HttpFixture fixture = new HttpFixture(HttpLimits.DEFAULT, echo(1 << 20))) {
            String second = "GET /echo HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
            String answers = fixture.send("POST /echo HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: " + coding
                    + "\r\n\r\n3\r\nabc\r\n0\r\n\r\n" + second);
            assertThat(answers).containsPattern("^HTTP/1\\.1 (400|501) ");
            assertThat(answers.split("HTTP/1\\.1 ")).hasSize(2);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"zz\r\nabc\r\n0\r\n\r\n", "-3\r\nabc\r\n0\r\n\r\n", "3\r\nabcd\r\n0\r\n\r\n"})
    void body_ofMalformedChunks_isTheClientsFault(String chunks) throws IOException {
        try (HttpFixture fixture = new HttpFixture(HttpLimits.DEFAULT, echo(1 << 20))) {
            String answers = fixture.send(
                    "POST /echo HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n" + chunks);
            assertThat(answers).startsWith("HTTP/1.1 400 ");
            assertThat(answers.split("HTTP/1\\.1 ")).hasSize(2);
            fixture.requireRoomEmpty();
        }
    }

    @Test
    void body_thatStalls_isRefusedAndOthersAreServed() throws IOException {
        try (HttpFixture fixture = new HttpFixture(STRICT, echo(1 << 20))) {
            assertThat(fixture.send(post("Content-Length: 100\r\n", "a"))).startsWith("HTTP/1.1 408 ");
            assertThat(fixture.send(post("Content-Length: 1\r\n", "a"))).endsWith("a");
            fixture.requireRoomEmpty();
        }
    }

    @Test
    void headers_thatTrickleIn_endTheConnection() throws Exception {
        try (HttpFixture fixture = new HttpFixture(STRICT, HttpFixture.get("/", _ -> text("here")));
                Socket slow = fixture.connect()) {
            slow.getOutputStream()
                    .write("GET / HTTP/1.1\r\nHost: localhost\r\nX: ".getBytes(StandardCharsets.US_ASCII));
            int sent = 0;
            try {
                while (sent < 200) {
                    slow.getOutputStream().write('x');
                    sent++;
                    new CountDownLatch(1).await(50, java.util.concurrent.TimeUnit.MILLISECONDS);
                }
            } catch (IOException ended) {
                assertThat(sent).isPositive();
            }
            assertThat(sent).isLessThan(200);
            assertThat(fixture.door.connectionsEnded()).isPositive();
        }
    }

    @Test
    void connections_beyondLimit_endTheLongestSilentNotTheNew() throws IOException {
        HttpLimits few = new HttpLimits(8, 2, Duration.ofMinutes(1), Duration.ofMinutes(1), SHORT);
        List<Socket> idle = new ArrayList<>();
        try (HttpFixture fixture = new HttpFixture(few, HttpFixture.get("/", _ -> text("here")))) {
            for (int i = 0; i < 100; i++) {
                idle.add(fixture.connect());
            }
            assertThat(fixture.send("GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"))
                    .endsWith("here");
            assertThat(fixture.door.connections()).isLessThanOrEqualTo(8);
            assertThat(idle.getFirst().getInputStream().read()).isEqualTo(-1);
        } finally {
            for (Socket socket : idle) {
                socket.close();
            }
        }
    }

    @Test
    void requests_beyondLimit_areRefusedAtOnce() throws Exception {
        CountDownLatch begun = new CountDownLatch(2);
        CountDownLatch go = new CountDownLatch(1);
        Route.Handler waiting = _ -> {
            begun.countDown();
            try {
                go.await();
            } catch (InterruptedException stopped) {
                Thread.currentThread().interrupt();
            }
            return text("done");
        };
        Route slow = Route.get("/slow", Access.KEY, new Route.Handling(waiting, ErrorForm.DETAIL));
        Route health = HttpFixture.get("/healthz", _ -> text("well"));
        HttpLimits two = new HttpLimits(8, 2, Duration.ofSeconds(10), Duration.ofSeconds(10), SHORT);
        try (HttpFixture fixture = new HttpFixture(two, slow, health);
                Socket first = fixture.connect();
                Socket second = fixture.connect()) {
            byte[] request = "GET /slow HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
                    .getBytes(StandardCharsets.US_ASCII);
            first.getOutputStream().write(request);
            second.getOutputStream().write(request);
            begun.await();
            assertThat(fixture.send(new String(request, StandardCharsets.US_ASCII)))
                    .startsWith("HTTP/1.1 503 ");
            assertThat(fixture.send("GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"))
                    .endsWith("well");
            go.countDown();
            assertThat(new String(first.getInputStream().readAllBytes(), StandardCharsets.US_ASCII))
                    .endsWith("done");
            assertThat(fixture.door.requestsRefused()).isOne();
        }
    }

    @Test
    void requests_ofPeersThatStop_makePlaceForOthers() throws IOException {
        HttpLimits two = new HttpLimits(8, 2, Duration.ofMinutes(1), Duration.ofMinutes(1), Duration.ofSeconds(1));
        Route.Handler much = _ -> Answer.of(200, "text/plain", new byte[64 << 20]);
        Route large = Route.get("/large", Access.KEY, new Route.Handling(much, ErrorForm.DETAIL));
        for (String request :
                List.of(post("Content-Length: 100\r\n", "a"), "GET /large HTTP/1.1\r\nHost: localhost\r\n\r\n")) {
            List<Socket> stopped = new ArrayList<>();
            try (HttpFixture fixture = new HttpFixture(two, echo(1 << 20), large)) {
                for (int i = 0; i < 6; i++) {
                    stopped.add(fixture.connect());
                    stopped.getLast().getOutputStream().write(request.getBytes(StandardCharsets.US_ASCII));
                }
                String answer;
                do {
                    // At once after they have begun nobody can know that they are slow.
                    answer = fixture.send(post("Content-Length: 1\r\n", "a"));
                } while (answer.startsWith("HTTP/1.1 503 "));
                assertThat(answer).startsWith("HTTP/1.1 200 ");
                assertThat(fixture.door.connectionsEnded()).isPositive();
                for (Socket socket : stopped) {
                    socket.close();
                }
            }
        }
    }

    @Test
    void body_ofAChunkWhoseExtensionNeverEnds_endsTheConnection() throws Exception {
        try (HttpFixture fixture = new HttpFixture(STRICT, echo(1 << 20));
                Socket slow = fixture.connect()) {
            slow.getOutputStream()
                    .write(post("Transfer-Encoding: chunked\r\n", "1;x=").getBytes(StandardCharsets.US_ASCII));
            try {
                while (fixture.door.connectionsEnded() == 0) {
                    slow.getOutputStream().write('x');
                    new CountDownLatch(1).await(50, java.util.concurrent.TimeUnit.MILLISECONDS);
                }
            } catch (IOException ended) {
                assertThat(fixture.door.connectionsEnded()).isOne();
            }
            fixture.requireRoomEmpty();
        }
    }

    @Test
    void close_whileRequestsRun_letsThemFinish() throws Exception {
        CountDownLatch begun = new CountDownLatch(1);
        CountDownLatch go = new CountDownLatch(1);
        HttpFixture fixture = new HttpFixture(HttpLimits.DEFAULT, HttpFixture.get("/slow", _ -> {
            begun.countDown();
            try {
                go.await();
            } catch (InterruptedException stopped) {
                Thread.currentThread().interrupt();
            }
            return text("done");
        }));
        try (Socket socket = fixture.connect()) {
            socket.getOutputStream()
                    .write("GET /slow HTTP/1.1\r\nHost: localhost\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
            begun.await();
            Thread closing = Thread.ofPlatform().name("test-close").start(fixture::close);
            go.countDown();
            closing.join();
            assertThat(new String(socket.getInputStream().readAllBytes(), StandardCharsets.US_ASCII))
                    .endsWith("done");
        }
    }

    @Test
    void answer_streamed_arrivesInChunksAndOneThatFailsBreaksOff() throws IOException {
        Route good = HttpFixture.get(
                "/good",
                _ -> Answer.stream("text/plain", out -> {
                    for (int i = 0; i < 1_000; i++) {
                        out.write("0123456789".getBytes(StandardCharsets.US_ASCII));
                    }
                }));
        Route bad = HttpFixture.get(
                "/bad",
                _ -> Answer.stream("text/plain", out -> {
                    out.write("begun".getBytes(StandardCharsets.US_ASCII));
                    throw new IllegalStateException("on purpose");
                }));
        try (HttpFixture fixture = new HttpFixture(HttpLimits.DEFAULT, good, bad)) {
            assertThat(fixture.send("GET /good HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"))
                    .contains("Transfer-Encoding: chunked")
                    .endsWith("0\r\n\r\n");
            assertThat(fixture.send("GET /bad HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"))
                    .contains("begun")
                    .doesNotEndWith("0\r\n\r\n");
        }
    }

    @Test
    void answer_largeThatIsNotRead_keepsItsRoomUntilItIs() throws IOException {
        byte[] large = new byte[16 << 20];
        Route route = HttpFixture.get("/large", request -> {
            request.payload().lease().take(1 << 20);
            return Answer.of(200, "application/octet-stream", large);
        });
        try (HttpFixture fixture = new HttpFixture(HttpLimits.DEFAULT, route);
                Socket socket = fixture.connect()) {
            String get = " /large HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
            socket.getOutputStream().write(("GET" + get).getBytes(StandardCharsets.US_ASCII));
            assertThat(socket.getInputStream().read()).isEqualTo('H');
            assertThat(fixture.room.used()).isEqualTo(1 << 20);
            byte[] rest = socket.getInputStream().readAllBytes();
            assertThat(rest.length).isGreaterThan(large.length);
            assertThat(new String(rest, 0, 400, StandardCharsets.ISO_8859_1)).contains("Content-Length: 16777216\r\n");
            fixture.requireRoomEmpty();
            assertThat(fixture.send("HEAD" + get))
                    .contains("Content-Length: 16777216\r\n")
                    .endsWith("\r\n\r\n");
        }
    }

    @Test
    void route_withParameters_getsThemDecoded() throws IOException {
        Route route =
                HttpFixture.get("/models/{model}/count", request -> text(request.parameter("model") + request.query()));
        try (HttpFixture fixture = new HttpFixture(HttpLimits.DEFAULT, route)) {
            assertThat(fixture.send("GET /models/a%20b/count?x=1%2B1&y=a+b&x=2 HTTP/1.1\r\nHost: localhost\r\n"
                            + "Connection: close\r\n\r\n"))
                    .contains("a b{")
                    .contains("x=2")
                    .contains("y=a b");
        }
    }
}
