package dev.kith.doors.grpc;

import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;

/**
 * Reads nothing from a connection while what was written to it waits to be read. Replies wait for leave to be sent, but
 * HTTP/2 answers some frames by itself, such as settings; one who sends millions of those and reads no answer would
 * have them all kept here. Belongs to the connections' event loops.
 */
@ChannelHandler.Sharable
final class Backpressure extends ChannelInboundHandlerAdapter {
    @Override
    public void channelWritabilityChanged(ChannelHandlerContext context) {
        var _ = context.channel().config().setAutoRead(context.channel().isWritable());
        context.fireChannelWritabilityChanged();
    }
}
