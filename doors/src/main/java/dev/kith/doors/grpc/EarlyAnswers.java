package dev.kith.doors.grpc;

import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.http2.Http2ConnectionAdapter;
import io.netty.handler.codec.http2.Http2ConnectionHandler;
import io.netty.handler.codec.http2.Http2Error;
import io.netty.handler.codec.http2.Http2Stream;
import java.time.Duration;
import java.util.concurrent.TimeUnit;

/**
 * Ends streams that are answered while their client still sends: one that is refused for its size waits for leave to
 * send the rest, and not every client looks at its answer before. RFC 9113, 8.1, has the reset without error for this.
 * Belongs to the connection's event loop.
 */
final class EarlyAnswers extends Http2ConnectionAdapter {
    /** What a client needs that is about to end its stream by itself, as nearly all are. */
    private static final Duration PATIENCE = Duration.ofMillis(500);

    private final Http2ConnectionHandler http2;
    private final ChannelHandlerContext context;

    EarlyAnswers(Http2ConnectionHandler http2, ChannelHandlerContext context) {
        this.http2 = http2;
        this.context = context;
    }

    @Override
    public void onStreamHalfClosed(Http2Stream stream) {
        if (stream.state() == Http2Stream.State.HALF_CLOSED_LOCAL) {
            var _ = context.executor().schedule(() -> end(stream), PATIENCE.toMillis(), TimeUnit.MILLISECONDS);
        }
    }

    private void end(Http2Stream stream) {
        if (stream.state() == Http2Stream.State.HALF_CLOSED_LOCAL) {
            var _ = http2.resetStream(context, stream.id(), Http2Error.NO_ERROR.code(), context.newPromise());
            var _ = context.flush();
        }
    }
}
