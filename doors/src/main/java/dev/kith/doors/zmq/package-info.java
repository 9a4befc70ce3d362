/**
 * The ZeroMQ transport: one ROUTER socket of ZMTP 3.0, many clients, requests in and replies out. Imports the JDK only,
 * and knows no dialect. The sockets belong to one named owner thread; each peer's requests run on threads of the
 * factory that the door was given.
 */
@NullMarked
package dev.kith.doors.zmq;

import org.jspecify.annotations.NullMarked;
