/**
 * The ZeroMQ transport: one ROUTER socket, many clients, requests in and replies out. Imports the JDK and JeroMQ only,
 * and knows no dialect. The socket belongs to one named owner thread; each request runs on a thread of its own from
 * the factory that the door was given.
 */
@NullMarked
package dev.kith.doors.zmq;

import org.jspecify.annotations.NullMarked;
