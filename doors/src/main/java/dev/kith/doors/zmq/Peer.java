package dev.kith.doors.zmq;

import java.io.IOException;
import java.nio.channels.SocketChannel;
import org.jspecify.annotations.Nullable;

/** One TCP connection that was accepted. Safe on any thread. */
final class Peer {
    private final SocketChannel channel;
    private final String address;
    private volatile @Nullable Connection connection;

    Peer(SocketChannel channel, String address) {
        this.channel = channel;
        this.address = address;
    }

    String address() {
        return address;
    }

    @Nullable
    Connection connection() {
        return connection;
    }

    void introduce(Connection found) {
        connection = found;
    }

    /**
     * Ends the stream for the reader. Closing the channel instead would take it out of the selector without a word,
     * and JeroMQ would keep the session for ever.
     */
    void end() {
        try {
            channel.shutdownInput();
        } catch (IOException alreadyGone) {
            // Nothing is left to end; JeroMQ notices by itself.
        }
    }
}
