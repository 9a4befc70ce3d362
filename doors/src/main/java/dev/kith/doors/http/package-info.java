/**
 * HTTP in, answers out: the routes that need no command yet (health and metrics), each with its rule of access. Imports
 * the JDK only. Every request runs on a virtual thread of its own.
 */
@NullMarked
package dev.kith.doors.http;

import org.jspecify.annotations.NullMarked;
