package dev.kith.images.remote;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.kith.images.ImageModel;
import dev.kith.service.Caller;
import dev.kith.vectors.Rejection;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Optional;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A store that does not do what it should. */
class RemoteGalleryTest {
    @ParameterizedTest
    @ValueSource(strings = {"", "HTTP/1.1 200 OK\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n[", "\r\n\r\n"})
    void count_ofAStoreThatFallsSilent_isRefused(String begun) throws IOException {
        try (ServerSocket server = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            Thread silent = Thread.ofVirtual().name("test-silent-store").start(() -> answer(server, begun));
            URI address = URI.create("http://127.0.0.1:" + server.getLocalPort());
            try (RemoteGallery gallery = new RemoteGallery(address, Optional.empty(), Duration.ofMillis(300))) {
                assertThatThrownBy(() -> gallery.count(new Caller("nobody", "worker"), new ImageModel("vit_b32", 512)))
                        .isInstanceOfSatisfying(
                                Rejection.class,
                                refusal -> assertThat(refusal.code()).isEqualTo(Rejection.Code.UNAVAILABLE));
            }
            silent.interrupt();
        }
    }

    private static void answer(ServerSocket server, String begun) {
        try (Socket socket = server.accept()) {
            socket.getOutputStream().write(begun.getBytes(StandardCharsets.US_ASCII));
            while (socket.getInputStream().read() >= 0) {
                // Reads what is asked, and says no more.
            }
        } catch (IOException ended) {
            // By the test, or by who asked.
        }
    }
}
