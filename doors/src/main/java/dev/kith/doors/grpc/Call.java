package dev.kith.doors.grpc;

import io.grpc.Attributes;
import io.grpc.Context;
import io.grpc.Grpc;
import io.grpc.Status;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** One call that is being answered. Belongs to the call's thread. */
public final class Call {
    private final String tenant;
    private final boolean open;
    private final Context context;
    private final Attributes transport;

    /** @param open whether everybody may come in */
    Call(String tenant, boolean open, Context context, Attributes transport) {
        this.tenant = tenant;
        this.open = open;
        this.context = context;
        this.transport = transport;
    }

    /** Decided by the credential alone. */
    public String tenant() {
        return tenant;
    }

    /** Where the call's connection arrived: {@code address:port}. */
    public String listener() {
        return hostAndPort(transport.get(Grpc.TRANSPORT_ATTR_LOCAL_ADDR));
    }

    /**
     * The clients connected to this door now, the oldest first: those that have called as this tenant, and all where
     * everybody may come in.
     */
    public List<Peer> peers() {
        return open ? Connections.allOf(transport) : Connections.peersOf(transport, tenant);
    }

    /** {@code address:port}, an IPv6 address in brackets. */
    public static String hostAndPort(@Nullable SocketAddress address) {
        if (!(address instanceof InetSocketAddress internet)) {
            return String.valueOf(address);
        }
        String host = internet.getAddress().getHostAddress();
        return (host.contains(":") ? "[" + host + "]" : host) + ":" + internet.getPort();
    }

    /** False once the client has cancelled the call or its time is over. */
    public boolean isWanted() {
        return !context.isCancelled();
    }

    /**
     * To be asked between the steps of whatever takes long.
     *
     * @throws io.grpc.StatusRuntimeException where the client has cancelled the call or its time is over
     */
    public void requireWanted() {
        if (!isWanted()) {
            throw Status.CANCELLED
                    .withDescription("The call was cancelled, or its time is over")
                    .asRuntimeException();
        }
    }

    /**
     * Takes memory for a result or a reply before it is made; given back when the reply is out.
     *
     * @throws dev.kith.vectors.Rejection where it cannot be had
     */
    public void take(long bytes) {
        CallRoom room = CallRoom.KEY.get(context);
        if (bytes > 0 && room != null) {
            room.take(bytes, this::isWanted);
        }
    }

    /** Bytes that the call has of the room now. */
    public long held() {
        CallRoom room = CallRoom.KEY.get(context);
        return room == null ? 0 : room.held();
    }

    /** Gives back, before the reply is out, what turned out not to be needed any more. */
    public void giveBack(long bytes) {
        CallRoom room = CallRoom.KEY.get(context);
        if (bytes > 0 && room != null) {
            room.giveBack(bytes);
        }
    }
}
