/**
 * Statements as requests of the gRPC wire, replies in one form for people and programs, and the connection between
 * them. Imports the language, the generated messages and gRPC; runs on the thread that calls.
 */
@NullMarked
package dev.kith.shell.remote;

import org.jspecify.annotations.NullMarked;
