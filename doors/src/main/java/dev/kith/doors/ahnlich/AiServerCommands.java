package dev.kith.doors.ahnlich;

import dev.kith.wire.ahnlich.ai.query.ListClients;
import dev.kith.wire.ahnlich.ai.query.Ping;
import dev.kith.wire.ahnlich.ai.server.ClientList;
import dev.kith.wire.ahnlich.ai.server.InfoServer;
import dev.kith.wire.ahnlich.ai.server.Pong;
import dev.kith.wire.ahnlich.server_types.ServerType;

/** What the proxy says of itself. Safe on any thread. */
record AiServerCommands(ServerCommands server) {
    static Pong ping(Ping query, AiAsking asking) {
        return Pong.getDefaultInstance();
    }

    /** The address in the form that the original's has here: Rust's debug form of a result. */
    InfoServer info(dev.kith.wire.ahnlich.ai.query.InfoServer query, AiAsking asking) {
        return InfoServer.newBuilder()
                .setInfo(server.said(asking.asking())
                        .setAddress("Ok(%s)".formatted(asking.call().listener()))
                        .setType(ServerType.AI))
                .build();
    }

    static ClientList clients(ListClients query, AiAsking asking) {
        return ClientList.newBuilder()
                .addAllClients(ServerCommands.connected(asking.asking(), "%s"))
                .build();
    }
}
