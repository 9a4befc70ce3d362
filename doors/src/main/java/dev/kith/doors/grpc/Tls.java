package dev.kith.doors.grpc;

import io.grpc.netty.GrpcSslContexts;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.PrivateKey;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.util.List;

/**
 * What a door proves itself with.
 *
 * @param chain the server's certificate first
 */
public record Tls(List<X509Certificate> chain, PrivateKey key) {
    /** Bytes of a file of certificates or of a key: a hundred times the usual. */
    private static final long FILE_BYTES_MAX = 1 << 20;

    public Tls {
        chain = List.copyOf(chain);
    }

    /**
     * Reads PEM files.
     *
     * @throws IllegalArgumentException where a file cannot be read or has something else; the message names the file
     */
    public static Tls read(Path certificates, Path key) {
        return new Tls(certificates(certificates), PemKey.parse(text(key), key));
    }

    static List<X509Certificate> certificates(Path file) {
        try (InputStream stream = Files.newInputStream(file)) {
            List<X509Certificate> chain = CertificateFactory.getInstance("X.509").generateCertificates(stream).stream()
                    .map(X509Certificate.class::cast)
                    .toList();
            if (chain.isEmpty()) {
                throw new IllegalArgumentException("%s has no certificate".formatted(file));
            }
            return chain;
        } catch (IOException unreadable) {
            throw new IllegalArgumentException("%s cannot be read".formatted(file), unreadable);
        } catch (GeneralSecurityException malformed) {
            throw new IllegalArgumentException("%s has no PEM certificates".formatted(file), malformed);
        }
    }

    private static String text(Path file) {
        try {
            if (Files.size(file) > FILE_BYTES_MAX) {
                throw new IllegalArgumentException("%s has more than %d bytes".formatted(file, FILE_BYTES_MAX));
            }
            return Files.readString(file, StandardCharsets.US_ASCII);
        } catch (IOException unreadable) {
            throw new IllegalArgumentException("%s cannot be read".formatted(file), unreadable);
        }
    }

    SslContext context() {
        try {
            return GrpcSslContexts.configure(SslContextBuilder.forServer(key, chain.toArray(X509Certificate[]::new)))
                    .build();
        } catch (IOException unusable) {
            throw new IllegalArgumentException("The TLS certificate and key cannot be used", unusable);
        }
    }
}
