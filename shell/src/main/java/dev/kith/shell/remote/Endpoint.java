package dev.kith.shell.remote;

import io.grpc.ChannelCredentials;
import io.grpc.Grpc;
import io.grpc.InsecureChannelCredentials;
import io.grpc.ManagedChannel;
import io.grpc.ManagedChannelBuilder;
import io.grpc.Metadata;
import io.grpc.TlsChannelCredentials;
import io.grpc.stub.MetadataUtils;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;

/**
 * Where a server is and how it is spoken to.
 *
 * @param secure whether over TLS
 * @param authorities a PEM file of who may have signed the server's certificate; those that the JDK knows without one
 * @param bearer what stands after {@code Bearer} in the authorization of each call: a token, or {@code user:key}
 */
public record Endpoint(String host, int port, boolean secure, Optional<Path> authorities, Optional<String> bearer) {
    /** Largest reply that is taken; the client's own memory is what it protects. */
    private static final int REPLY_BYTES_MAX = 256 << 20;

    private static final Metadata.Key<String> AUTHORIZATION =
            Metadata.Key.of("authorization", Metadata.ASCII_STRING_MARSHALLER);

    /** A channel that connects with its first call. */
    public ManagedChannel channel() {
        ManagedChannelBuilder<?> builder =
                Grpc.newChannelBuilderForAddress(host, port, credentials()).maxInboundMessageSize(REPLY_BYTES_MAX);
        bearer.ifPresent(text -> {
            Metadata headers = new Metadata();
            headers.put(AUTHORIZATION, "Bearer " + text);
            builder.intercept(MetadataUtils.newAttachHeadersInterceptor(headers));
        });
        return builder.build();
    }

    @Override
    public String toString() {
        return host + ":" + port;
    }

    private ChannelCredentials credentials() {
        if (!secure) {
            return InsecureChannelCredentials.create();
        }
        TlsChannelCredentials.Builder tls = TlsChannelCredentials.newBuilder();
        try {
            if (authorities.isPresent()) {
                tls.trustManager(authorities.get().toFile());
            }
        } catch (IOException unreadable) {
            throw new RemoteException("cannot read certificates from " + authorities.get() + ": " + unreadable);
        }
        return tls.build();
    }
}
