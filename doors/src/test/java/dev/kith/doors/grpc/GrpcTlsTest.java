package dev.kith.doors.grpc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.grpc.Status;
import io.grpc.netty.GrpcSslContexts;
import io.grpc.netty.NettyChannelBuilder;
import java.io.File;
import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Doors that prove themselves. */
class GrpcTlsTest {
    @ParameterizedTest
    @CsvSource({"ec-cert.pem,ec-sec1.pem", "ec-cert.pem,ec-pkcs8.pem", "rsa-cert.pem,rsa-pkcs1.pem"})
    void tls_withAnyFormOfKey_isServed(String certificate, String key) throws Exception {
        Tls tls = Tls.read(resource(certificate), resource(key));
        try (GrpcFixture door =
                new GrpcFixture(GrpcFixture.LIMITS, Optional.of(tls), GrpcFixture.room(), (_, _) -> 1L)) {
            File trusted = resource(certificate).toFile();
            GrpcFixture.ping(door.channel(
                    NettyChannelBuilder.forAddress("localhost", door.server.port())
                            .sslContext(GrpcSslContexts.forClient()
                                    .trustManager(trusted)
                                    .build()),
                    "good"));
            Status plain = GrpcServerTest.refusal(() -> GrpcFixture.ping(door.channel("good")));
            assertThat(plain.getCode()).isEqualTo(Status.Code.UNAVAILABLE);
        }
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
