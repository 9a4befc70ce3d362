/**
 * The gRPC transport: unary calls over HTTP/2, with or without TLS. It bounds connections, messages and memory, asks
 * the dialect whose call it is before a message is decoded, and knows no dialect. Imports vectors and the room. The
 * sockets belong to a few named event loops, which never block; a call runs on a virtual thread once its request is
 * whole.
 */
@NullMarked
package dev.kith.doors.grpc;

import org.jspecify.annotations.NullMarked;
