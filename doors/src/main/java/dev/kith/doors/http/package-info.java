/**
 * HTTP/1.1 in, answers out, for every dialect that speaks it: a table of routes, each with its rule of access, its
 * largest body and its form of error; bodies as streams, answers whole or streamed; limits against the slow and the
 * many. Knows no dialect. Imports the room and Jetty. Requests run on virtual threads of their own.
 */
@NullMarked
package dev.kith.doors.http;

import org.jspecify.annotations.NullMarked;
