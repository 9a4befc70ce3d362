package dev.kith.app;

import dev.kith.doors.grpc.Tls;
import java.io.IOException;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.X509Certificate;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;

/** Makes what the HTTP port proves itself with from the certificates and the key that the gRPC doors have too. */
final class HttpTls {
    /** Of a store that never leaves the process. */
    private static final char[] PASSWORD = "kith".toCharArray();

    private HttpTls() {}

    /** @throws IllegalArgumentException where certificates and key cannot be used */
    static SSLContext context(Tls tls) {
        try {
            KeyStore store = KeyStore.getInstance("PKCS12");
            store.load(null, PASSWORD);
            store.setKeyEntry("kith", tls.key(), PASSWORD, tls.chain().toArray(X509Certificate[]::new));
            KeyManagerFactory keys = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
            keys.init(store, PASSWORD);
            SSLContext context = SSLContext.getInstance("TLS");
            context.init(keys.getKeyManagers(), null, null);
            return context;
        } catch (GeneralSecurityException | IOException unusable) {
            throw new IllegalArgumentException("The TLS certificate and key cannot be used for HTTPS", unusable);
        }
    }
}
