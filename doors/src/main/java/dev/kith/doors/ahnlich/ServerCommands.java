package dev.kith.doors.ahnlich;

import dev.kith.doors.grpc.Call;
import dev.kith.doors.grpc.Peer;
import dev.kith.wire.ahnlich.client.ConnectedClient;
import dev.kith.wire.ahnlich.db.query.ListClients;
import dev.kith.wire.ahnlich.db.query.Ping;
import dev.kith.wire.ahnlich.db.server.ClientList;
import dev.kith.wire.ahnlich.db.server.InfoServer;
import dev.kith.wire.ahnlich.db.server.Pong;
import dev.kith.wire.ahnlich.server_types.ServerType;
import dev.kith.wire.ahnlich.shared.cluster.ClusterInfoQuery;
import dev.kith.wire.ahnlich.shared.cluster.ClusterInfoResponse;
import dev.kith.wire.ahnlich.shared.cluster.ClusterNode;
import dev.kith.wire.ahnlich.shared.cluster.NodeHealthStatus;
import dev.kith.wire.ahnlich.shared.cluster.NodeRole;
import dev.kith.wire.ahnlich.shared.info.ServerInfo;
import java.time.Instant;
import java.util.List;

/** What a server says of itself. Safe on any thread. */
final class ServerCommands {
    /** The one node of a cluster of one. */
    private static final long NODE_ID = 1;

    /** What the line of one client takes in a reply, about. */
    private static final long CLIENT_BYTES = 256;

    private final AhnlichDb.Settings settings;

    ServerCommands(AhnlichDb.Settings settings) {
        this.settings = settings;
    }

    Pong ping(Ping query, Asking asking) {
        return Pong.getDefaultInstance();
    }

    InfoServer info(dev.kith.wire.ahnlich.db.query.InfoServer query, Asking asking) {
        return InfoServer.newBuilder()
                .setInfo(said(asking).setType(ServerType.Database))
                .build();
    }

    /** What servers of both kinds say. */
    ServerInfo.Builder said(Asking asking) {
        long limit = settings.memoryBytes();
        return ServerInfo.newBuilder()
                .setAddress(asking.call().listener())
                .setVersion(settings.version())
                .setLimit(limit)
                .setRemaining(Math.max(0, limit - settings.memoryUsed().getAsLong()));
    }

    /** Times as the original renders them, quotes included. */
    ClientList clients(ListClients query, Asking asking) {
        return ClientList.newBuilder()
                .addAllClients(connected(asking, "\"%s\""))
                .build();
    }

    /** @param shown how a time is written: around the debug form of Rust's */
    static List<ConnectedClient> connected(Asking asking, String shown) {
        List<Peer> peers = asking.call().peers();
        asking.call().take(CLIENT_BYTES * peers.size());
        return peers.stream()
                .map(peer -> ConnectedClient.newBuilder()
                        .setAddress(Call.hostAndPort(peer.address()))
                        .setTimeConnected(shown.formatted(time(peer.since())))
                        .build())
                .toList();
    }

    private static String time(Instant since) {
        return "SystemTime { tv_sec: %d, tv_nsec: %d }".formatted(since.getEpochSecond(), since.getNano());
    }

    ClusterInfoResponse cluster(ClusterInfoQuery query, Asking asking) {
        return ClusterInfoResponse.newBuilder()
                .addNodes(ClusterNode.newBuilder()
                        .setNodeId(NODE_ID)
                        .setAddr(asking.call().listener())
                        .setRole(NodeRole.NODE_ROLE_LEADER)
                        .setHealth(NodeHealthStatus.NODE_HEALTH_STATUS_HEALTHY))
                .build();
    }
}
