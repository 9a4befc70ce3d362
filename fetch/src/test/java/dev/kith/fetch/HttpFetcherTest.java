package dev.kith.fetch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.kith.testkit.Await;
import dev.kith.vectors.Rejection;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class HttpFetcherTest {
    private static final byte[] BODY = "a picture".getBytes(StandardCharsets.US_ASCII);

    private final FetchFixture fixture = new FetchFixture(FetchFixture.LIMITS);

    @AfterEach
    void close() {
        fixture.close();
    }

    @Test
    void get_framedInAnyWay_answersTheBody() throws IOException {
        try (Origin length = Origin.of("HTTP/1.1 200 OK\r\nContent-Length: 9", BODY);
                Origin untilClose = Origin.of("HTTP/1.0 200 OK", BODY);
                Origin chunked = Origin.of(
                        "HTTP/1.1 200 OK\r\ntransfer-encoding: Chunked",
                        "4;x=y\r\na pi\r\n5\r\ncture\r\n0\r\nT: x\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
                Origin interim = Origin.of("HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 200 OK", BODY);
                Origin packed = Origin.of("HTTP/1.1 200 OK\r\nContent-Encoding: gzip", gzip(BODY))) {
            assertThat(fixture.get(length, "/")).isEqualTo(BODY);
            assertThat(fixture.get(untilClose, "/")).isEqualTo(BODY);
            assertThat(fixture.get(chunked, "/")).isEqualTo(BODY);
            assertThat(fixture.get(interim, "/")).isEqualTo(BODY);
            assertThat(fixture.get(packed, "/")).isEqualTo(BODY);
        }
    }

    @Test
    void get_request_saysWhatIsWantedAndByWhom() {
        try (Origin origin = Origin.of("HTTP/1.1 200 OK", BODY)) {
            fixture.get(origin, "/ä b?c#d");
            assertThat(origin.requests.getFirst().split("\n"))
                    .containsExactly(
                            "GET /%C3%A4%20b?c HTTP/1.1",
                            "Host: a.example:" + origin.port(),
                            "User-Agent: Kith/test",
                            "Accept: image/*",
                            "Accept-Encoding: identity",
                            "Connection: close");
        }
    }

    @Test
    void get_redirects_areFollowedAndCredentialsStayWithTheirHost() {
        fixture.name("b.example", "127.0.0.1");
        try (Origin last = Origin.of("HTTP/1.1 200 OK", BODY);
                Origin first = new Origin((head, out) -> out.write((head.startsWith("GET /one ")
                                ? "HTTP/1.1 302 Found\r\nLocation: two\r\n\r\n"
                                : "HTTP/1.1 308 Gone\r\nLocation: http://b.example:%d/three\r\n\r\n"
                                        .formatted(last.port()))
                        .getBytes(StandardCharsets.US_ASCII)))) {
            byte[] body = fixture.get("http://me:p%%40ss@a.example:%d/one".formatted(first.port()));
            assertThat(body).isEqualTo(BODY);
            assertThat(first.requests)
                    .hasSize(2)
                    .allSatisfy(head -> assertThat(head).contains("Authorization: Basic bWU6cEBzcw==\n"));
            assertThat(last.requests.getFirst()).startsWith("GET /three ").doesNotContain("Authorization");
        }
    }

    @Test
    void get_tooManyRedirects_areRefused() {
        try (Origin loop = Origin.of("HTTP/1.1 301 Moved\r\nLocation: /again")) {
            fixture.assertFails(loop, "it redirects more than 5 times");
            assertThat(loop.requests).hasSize(6);
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "http://127.0.0.2:1/",
                "http://169.254.169.254/latest/meta-data/",
                "http://[::1]:1/",
                "http://[::ffff:127.0.0.2]:1/",
                "http://10.0.0.1/",
                "http://inside.example/",
                "http://both.example/",
            })
    void get_addressesInside_areRefusedDirectlyAndByRedirect(String url) {
        fixture.name("inside.example", "192.168.0.1").name("both.example", "127.0.0.1", "127.0.0.2");
        fixture.assertFails(url, "its host is not on the public internet");
        try (Origin origin = Origin.of("HTTP/1.1 302 Found\r\nLocation: " + url)) {
            fixture.assertFails(origin, "its host is not on the public internet");
        }
    }

    @Test
    void get_nameThatChangesItsAddress_isFetchedFromTheCheckedOne() {
        fixture.name("rebind.example", "127.0.0.1").name("rebind.example", "127.0.0.2");
        try (Origin origin = Origin.of("HTTP/1.1 200 OK", BODY)) {
            String url = "http://rebind.example:%d/".formatted(origin.port());
            assertThat(fixture.get(url)).isEqualTo(BODY);
            assertThat(fixture.lookups).hasValue(1);
            fixture.assertFails(url, "its host is not on the public internet");
        }
    }

    @Test
    void get_hostThatIsNotThere_isSaidToBeSo() {
        fixture.assertFails("http://nowhere.example/", "its host is not known");
        int port;
        try (Origin closed = Origin.of("")) {
            port = closed.port();
        }
        fixture.assertFails("http://a.example:%d/".formatted(port), "its host cannot be reached");
    }

    @ParameterizedTest
    @ValueSource(ints = {204, 206, 304, 404, 500})
    void get_otherStatus_isRefused(int status) {
        try (Origin origin = Origin.of("HTTP/1.1 %d X\r\nContent-Length: 9".formatted(status), BODY)) {
            fixture.assertFails(origin, "it answers with status " + status);
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "SSH-2.0-x",
                "HTTP/2 200",
                "HTTP/1.1 200 OK\r\nno colon",
                "HTTP/1.1 200 OK\r\n folded: x",
                "HTTP/1.1 200 OK\r\n: no name",
                "HTTP/1.1 200 OK\r\nX: a\rb",
                "HTTP/1.1 200 OK\r\nContent-Length: 10",
                "HTTP/1.1 200 OK\r\nContent-Length: -1",
                "HTTP/1.1 200 OK\r\nContent-Length: 9\r\nContent-Length: 8",
                "HTTP/1.1 200 OK\r\nContent-Length: 9\r\nTransfer-Encoding: chunked",
                "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked",
                "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked",
                "HTTP/1.1 200 OK\r\nContent-Encoding: gzip",
                "HTTP/1.1 302 Found",
                "HTTP/1.1 100 Continue",
            })
    void get_answerThatIsNotHttp_isRefused(String head) {
        try (Origin origin = Origin.of(head, BODY)) {
            fixture.assertFails(origin, "the answer is not complete or not HTTP");
        }
    }

    @Test
    void get_otherEncoding_isRefused() {
        try (Origin origin = Origin.of("HTTP/1.1 200 OK\r\nContent-Encoding: br", BODY)) {
            fixture.assertFails(origin, "the answer is encoded in a way that was not asked for");
        }
    }

    @Test
    void get_bodyBeyondTheLimit_isNotReadToItsEnd() throws IOException {
        byte[] zeros = new byte[1 << 20];
        byte[] bomb = gzip(zeros);
        assertThat(bomb.length).isLessThan(FetchFixture.BYTES_MAX);
        String reason = "it has more than %d bytes".formatted(FetchFixture.BYTES_MAX);
        try (Origin promised = Origin.of("HTTP/1.1 200 OK\r\nContent-Length: 99999999");
                Origin endless = new Origin((_, out) -> {
                    out.write("HTTP/1.1 200 OK\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
                    while (true) {
                        out.write(zeros);
                    }
                });
                Origin chunks = Origin.of("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nffffffff", zeros);
                Origin packed = Origin.of("HTTP/1.1 200 OK\r\nContent-Encoding: gzip", bomb)) {
            fixture.assertFails(promised, reason);
            fixture.assertFails(endless, reason);
            fixture.assertFails(chunks, reason);
            fixture.assertFails(packed, reason);
        }
    }

    @Test
    void get_endlessHead_isRefused() {
        byte[] line = "X-Y: 0123456789\r\n".repeat(1_000).getBytes(StandardCharsets.US_ASCII);
        try (Origin origin = new Origin((_, out) -> {
            out.write("HTTP/1.1 200 OK\r\n".getBytes(StandardCharsets.US_ASCII));
            while (true) {
                out.write(line);
            }
        })) {
            fixture.assertFails(origin, "the answer is not complete or not HTTP");
        }
    }

    /** A pattern that splits such a line takes longer than anybody lives. */
    @Test
    void get_headerOfBlanks_isReadAtOnce() {
        String blanks = " ".repeat(60_000);
        try (Origin kept = Origin.of("HTTP/1.1 200 OK\r\nX:" + blanks + "x" + blanks.substring(57_000), BODY);
                Origin torn = Origin.of("HTTP/1.1 200 OK\r\nX:" + blanks + "\rx", BODY)) {
            assertThat(fixture.get(kept, "/")).isEqualTo(BODY);
            fixture.assertFails(torn, "the answer is not complete or not HTTP");
        }
    }

    @Test
    void get_endlessEmptyPartsOfGzip_areRefused() throws IOException {
        byte[] nothing = gzip(new byte[0]);
        ByteArrayOutputStream parts = new ByteArrayOutputStream();
        for (int part = 0; part < 200_000; part++) {
            parts.write(nothing);
        }
        byte[] whole = gzip(BODY);
        byte[] twice =
                ByteBuffer.allocate(2 * whole.length).put(whole).put(whole).array();
        try (Origin empty = Origin.of("HTTP/1.1 200 OK\r\nContent-Encoding: gzip", parts.toByteArray());
                Origin two = Origin.of("HTTP/1.1 200 OK\r\nContent-Encoding: gzip", twice)) {
            fixture.assertFails(empty, "the answer is not complete or not HTTP");
            assertThat(fixture.get(two, "/")).asString().isEqualTo("a picturea picture");
        }
    }

    @Test
    void get_slowHosts_areGivenUp() {
        CountDownLatch never = new CountDownLatch(1);
        FetchLimits short1 = limits(Duration.ofMillis(200), Duration.ofSeconds(20), 8);
        FetchLimits short2 = limits(Duration.ofSeconds(20), Duration.ofMillis(500), 8);
        try (Origin silent = new Origin((_, _) -> await(never));
                Origin dripping = new Origin((_, out) -> {
                    out.write("HTTP/1.1 200 OK\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
                    while (true) {
                        out.write(0);
                        out.flush();
                        Await.parked(Thread.ofVirtual().name("drip").start(() -> await(never)));
                    }
                });
                FetchFixture silence = new FetchFixture(short1);
                FetchFixture total = new FetchFixture(short2)) {
            silence.assertFails(silent, "its host does not answer in time");
            total.assertFails(dripping, "its host does not answer in time");
            total.assertFails("https://a.example:%d/".formatted(silent.port()), "its host does not answer in time");
        } finally {
            never.countDown();
        }
    }

    @Test
    void get_moreThanMayRunAtOnce_isRefusedAndLaterServed() {
        CountDownLatch release = new CountDownLatch(1);
        try (Origin slow = new Origin((_, out) -> {
                    await(release);
                    out.write("HTTP/1.1 200 OK\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
                });
                FetchFixture one = new FetchFixture(limits(Duration.ofSeconds(20), Duration.ofMillis(700), 1))) {
            Thread first = Thread.ofVirtual()
                    .name("first")
                    .start(() -> one.assertFails(slow, "its host does not answer in time"));
            Await.until("the first is being served", () -> slow.requests.size() == 1);
            Thread second = Thread.ofVirtual().name("second").start(() -> {
                try {
                    one.get(slow, "/");
                } catch (FetchException | Rejection expected) {
                    // Whether it waits long enough is a matter of a moment; that it does not run meanwhile is not.
                }
            });
            Await.parked(second);
            assertThat(slow.requests).hasSize(1);
            join(first);
            join(second);
        } finally {
            release.countDown();
        }
    }

    @Test
    void get_bodiesBeyondTheSharedRoom_areRefused() {
        FetchLimits limits = new FetchLimits(
                FetchFixture.LIMITS.connect(),
                FetchFixture.LIMITS.silence(),
                FetchFixture.LIMITS.total(),
                1 << 20,
                5,
                8,
                128 << 10);
        try (Origin origin = Origin.of("HTTP/1.1 200 OK", new byte[200 << 10]);
                FetchFixture small = new FetchFixture(limits)) {
            assertThatThrownBy(() -> small.get(origin, "/"))
                    .isInstanceOfSatisfying(
                            Rejection.class, r -> assertThat(r.code()).isEqualTo(Rejection.Code.EXHAUSTED));
        }
    }

    @Test
    void get_whileABodyIsUsed_itKeepsItsRoomAndOthersWait() {
        FetchLimits one = new FetchLimits(
                FetchFixture.LIMITS.connect(),
                FetchFixture.LIMITS.silence(),
                FetchFixture.LIMITS.total(),
                128 << 10,
                5,
                8,
                128 << 10);
        try (Origin large = Origin.of("HTTP/1.1 200 OK\r\nContent-Length: 131072", new byte[128 << 10]);
                Origin small = Origin.of("HTTP/1.1 200 OK\r\nContent-Length: 9", BODY);
                FetchFixture room = new FetchFixture(one)) {
            Thread second = room.fetcher.get("http://a.example:%d/".formatted(large.port()), _ -> {
                Thread waits = Thread.ofVirtual().name("second").start(() -> room.get(small, "/"));
                Await.until("the second has asked", () -> small.requests.size() == 1);
                Await.parked(waits);
                return waits;
            });
            join(second);
            assertThatThrownBy(() -> room.fetcher.get("http://a.example:%d/".formatted(large.port()), _ -> {
                        throw new IllegalStateException("no use");
                    }))
                    .hasMessage("no use");
            assertThat(room.get(large, "/")).hasSize(128 << 10);
        }
    }

    private static FetchLimits limits(Duration silence, Duration total, int concurrent) {
        return new FetchLimits(
                Duration.ofSeconds(10),
                silence,
                total,
                FetchFixture.BYTES_MAX,
                5,
                concurrent,
                8L * FetchFixture.BYTES_MAX);
    }

    private static void await(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static void join(Thread thread) {
        Await.until("thread ended", () -> !thread.isAlive());
    }

    private static byte[] gzip(byte[] bytes) throws IOException {
        ByteArrayOutputStream packed = new ByteArrayOutputStream();
        try (GZIPOutputStream out = new GZIPOutputStream(packed)) {
            out.write(bytes);
        }
        return packed.toByteArray();
    }
}
