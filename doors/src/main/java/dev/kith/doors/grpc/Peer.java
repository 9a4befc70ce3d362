package dev.kith.doors.grpc;

import java.net.InetSocketAddress;
import java.time.Instant;

/** One connected client, and since when. */
public record Peer(InetSocketAddress address, Instant since) {}
