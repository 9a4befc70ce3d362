package dev.kith.doors.grpc;

import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.codec.http2.Http2ConnectionHandler;
import io.netty.util.ReferenceCountUtil;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/**
 * Looks at what a connection begins with. HTTP/2 begins with {@code PRI}, TLS with a handshake record; whatever else
 * comes is an older or another protocol, and the operator should read which instead of guessing. Goes away once there
 * is HTTP/2 on the connection; one on which that does not come in time is ended.
 */
final class FirstBytes extends ChannelInboundHandlerAdapter {
    private static final Logger LOG = System.getLogger(GrpcServer.class.getName());
    private static final byte HTTP2 = 'P';
    private static final byte TLS_HANDSHAKE = 22;
    /** Bytes that the log shows. */
    private static final int SHOWN_MAX = 16;

    private final Duration handshake;
    private final Optional<Handshakes> tls;
    private final FewLines lines;
    private boolean looked;

    /**
     * @param handshake how long a connection may take until it speaks HTTP/2
     * @param tls what it must begin with; empty: plain HTTP/2
     * @param lines of the log about what it begins with instead
     */
    FirstBytes(Duration handshake, Optional<Handshakes> tls, FewLines lines) {
        this.handshake = handshake;
        this.tls = tls;
        this.lines = lines;
    }

    /** gRPC takes connections that say nothing for ready. */
    @Override
    public void handlerAdded(ChannelHandlerContext context) {
        tls.ifPresent(
                handshakes -> context.pipeline().addAfter(context.name(), null, handshakes.handler(context.alloc())));
        var _ = context.executor()
                .schedule(() -> endSilent(context.channel()), handshake.toMillis(), TimeUnit.MILLISECONDS);
    }

    private static void endSilent(Channel channel) {
        Http2ConnectionHandler http2 = channel.pipeline().get(Http2ConnectionHandler.class);
        if (channel.isActive() && (http2 == null || !http2.decoder().prefaceReceived())) {
            LOG.log(Level.DEBUG, () -> "%s closed: it does not speak".formatted(channel.remoteAddress()));
            var _ = channel.close();
        }
    }

    @Override
    public void channelRead(ChannelHandlerContext context, Object message) {
        if (!looked
                && message instanceof ByteBuf bytes
                && bytes.isReadable()
                && !isKnown(bytes.getByte(bytes.readerIndex()))) {
            lines.say("%s closed: its first bytes \"%s\" are not gRPC over HTTP/2"
                    .formatted(context.channel().remoteAddress(), shown(bytes)));
            ReferenceCountUtil.release(message);
            var _ = context.close();
            return;
        }
        looked = true;
        Http2ConnectionHandler http2 = context.pipeline().get(Http2ConnectionHandler.class);
        if (http2 != null) {
            http2.connection()
                    .addListener(new EarlyAnswers(http2, context.pipeline().context(http2)));
            context.pipeline().remove(this);
        }
        context.fireChannelRead(message);
    }

    private static boolean isKnown(byte first) {
        return first == HTTP2 || first == TLS_HANDSHAKE;
    }

    /** What can be printed; nothing that a peer sends may change the form of the log. */
    private static String shown(ByteBuf bytes) {
        int length = Math.min(SHOWN_MAX, bytes.readableBytes());
        return bytes.toString(bytes.readerIndex(), length, StandardCharsets.US_ASCII)
                .replaceAll("[^ !#-~]", ".");
    }
}
