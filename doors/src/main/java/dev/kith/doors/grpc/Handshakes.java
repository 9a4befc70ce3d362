package dev.kith.doors.grpc;

import io.netty.buffer.ByteBufAllocator;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslHandler;
import java.time.Duration;
import java.util.concurrent.Executor;

/**
 * Puts TLS in front of connections. What of a handshake takes long, its signature and its keys, is computed on threads
 * of its own: on the event loop, a stranger who only ever begins handshakes would delay the calls of all others. gRPC
 * would compute them on the threads of its calls, which are the event loops. A connection has one such task at a time,
 * so that no more than there may be connections wait for a thread.
 *
 * @param longest what a handshake may take
 */
record Handshakes(SslContext context, Executor threads, Duration longest) {
    SslHandler handler(ByteBufAllocator buffers) {
        SslHandler handler = context.newHandler(buffers, threads);
        handler.setHandshakeTimeoutMillis(longest.toMillis());
        return handler;
    }
}
