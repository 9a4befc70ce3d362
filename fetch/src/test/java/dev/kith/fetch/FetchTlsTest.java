package dev.kith.fetch;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FetchTlsTest {
    private static final char[] PASSWORD = "changeit".toCharArray();
    private static SSLContext context;

    /** A certificate of {@code a.example} alone, which its own context trusts and no other does. */
    @BeforeAll
    static void makeCertificate(@TempDir Path folder)
            throws IOException, InterruptedException, GeneralSecurityException {
        Path file = folder.resolve("keys.p12");
        Process keytool = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "keytool")
                                .toString(),
                        "-genkeypair",
                        "-alias",
                        "a",
                        "-keyalg",
                        "EC",
                        "-dname",
                        "CN=a.example",
                        "-ext",
                        "san=dns:a.example",
                        "-keystore",
                        file.toString(),
                        "-storepass",
                        "changeit")
                .redirectErrorStream(true)
                .start();
        String said = new String(keytool.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(keytool.waitFor()).as(said).isZero();
        KeyStore store = KeyStore.getInstance("PKCS12");
        try (InputStream in = Files.newInputStream(file)) {
            store.load(in, PASSWORD);
        }
        KeyManagerFactory keys = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
        keys.init(store, PASSWORD);
        KeyStore trusted = KeyStore.getInstance("PKCS12");
        trusted.load(null, null);
        trusted.setCertificateEntry("a", store.getCertificate("a"));
        TrustManagerFactory trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        trust.init(trusted);
        context = SSLContext.getInstance("TLS");
        context.init(keys.getKeyManagers(), trust.getTrustManagers(), null);
    }

    @Test
    void get_certificateOfTheName_isTrustedAlthoughTheAddressIsPinned() {
        try (Origin origin = encrypted();
                FetchFixture fixture = new FetchFixture(FetchFixture.LIMITS, context.getSocketFactory())) {
            assertThat(fixture.get("https://a.example:%d/".formatted(origin.port())))
                    .asString()
                    .isEqualTo("secret");
        }
    }

    @Test
    void get_certificateOfAnotherName_isRefused() {
        try (Origin origin = encrypted();
                FetchFixture fixture = new FetchFixture(FetchFixture.LIMITS, context.getSocketFactory())) {
            fixture.name("b.example", "127.0.0.1");
            String reason = "its host has no certificate that can be trusted";
            fixture.assertFails("https://b.example:%d/".formatted(origin.port()), reason);
            fixture.assertFails("https://127.0.0.1:%d/".formatted(origin.port()), reason);
            assertThat(origin.requests).allMatch(String::isEmpty);
        }
    }

    @Test
    void get_certificateOfNobodyKnown_isRefused() {
        try (Origin origin = encrypted();
                FetchFixture fixture = new FetchFixture(FetchFixture.LIMITS)) {
            String reason = "its host has no certificate that can be trusted";
            fixture.assertFails("https://a.example:%d/".formatted(origin.port()), reason);
        }
    }

    private static Origin encrypted() {
        return new Origin(
                context.getServerSocketFactory(),
                (_, out) -> out.write("HTTP/1.1 200 OK\r\n\r\nsecret".getBytes(StandardCharsets.US_ASCII)));
    }
}
