package dev.kith.doors.grpc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.kith.testkit.Await;
import io.grpc.Channel;
import io.grpc.Status;
import io.grpc.netty.GrpcSslContexts;
import io.grpc.netty.NettyChannelBuilder;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Doors that prove themselves. */
class GrpcTlsTest {
    @ParameterizedTest
    @CsvSource({"ec-cert.pem,ec-sec1.pem", "ec-cert.pem,ec-pkcs8.pem", "rsa-cert.pem,rsa-pkcs1.pem"})
    void tls_withAnyFormOfKey_isServed(String certificate, String key) throws Exception {
        Tls tls = Tls.read(resource(certificate), resource(key));
        try (GrpcFixture door =
                new GrpcFixture(GrpcFixture.LIMITS, Optional.of(tls), GrpcFixture.room(), (_, _) -> 1L)) {
            GrpcFixture.ping(trusting(door, certificate));
            Status plain = GrpcServerTest.refusal(() -> GrpcFixture.ping(door.channel("good")));
            assertThat(plain.getCode()).isEqualTo(Status.Code.UNAVAILABLE);
        }
    }

    @Test
    void handshake_isComputedOnThreadsForThat() throws Exception {
        Tls tls = Tls.read(resource("rsa-cert.pem"), resource("rsa-pkcs1.pem"));
        try (GrpcFixture door =
                new GrpcFixture(GrpcFixture.LIMITS, Optional.of(tls), GrpcFixture.room(), (_, _) -> 1L)) {
            assertThat(Thread.getAllStackTraces().keySet())
                    .extracting(Thread::getName)
                    .contains("test-tls-0");
            GrpcFixture.ping(trusting(door, "rsa-cert.pem"));
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "\u0016\u0003\u0001\u0002\u0000\u0001", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"})
    void connection_thatFinishesNoHandshake_isEnded(String first) throws Exception {
        Tls tls = Tls.read(resource("ec-cert.pem"), resource("ec-pkcs8.pem"));
        GrpcLimits brief = new GrpcLimits(1 << 20, 3, 10, Duration.ofMillis(200), GrpcLimits.IDLE, GrpcLimits.STALL);
        List<Socket> silent = new ArrayList<>();
        try (GrpcFixture door = new GrpcFixture(brief, Optional.of(tls), GrpcFixture.room(), (_, _) -> 1L)) {
            for (int number = 0; number < 3; number++) {
                Socket socket = new Socket(InetAddress.getLoopbackAddress(), door.server.port());
                silent.add(socket);
                socket.getOutputStream().write(first.getBytes(StandardCharsets.ISO_8859_1));
            }
            Await.until("their places are free", () -> door.server.connections() == 0);
        } finally {
            for (Socket socket : silent) {
                socket.close();
            }
        }
    }

    private static Channel trusting(GrpcFixture door, String certificate) throws Exception {
        return door.channel(
                NettyChannelBuilder.forAddress("localhost", door.server.port())
                        .sslContext(GrpcSslContexts.forClient()
                                .trustManager(resource(certificate).toFile())
                                .build()),
                "good");
    }

    @Test
    void tls_withoutAKey_namesTheFile() throws Exception {
        Path certificate = resource("ec-cert.pem");
        assertThatThrownBy(() -> Tls.read(certificate, certificate))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("ec-cert.pem");
    }

    private static Path resource(String name) throws Exception {
        return Path.of(GrpcTlsTest.class.getResource(name).toURI());
    }
}
