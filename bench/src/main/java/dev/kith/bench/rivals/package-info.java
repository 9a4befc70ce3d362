/**
 * The graph indexes that a JVM can run, ours among them, each in a process of its own that does one command when it is
 * told to: then memory and compiled code belong to one of them alone. {@code bench/peers/graph_peer.py} is the same for
 * the others. Imports {@code vectors} and {@code engine}, Lucene and JVector; nothing imports it. The main thread runs
 * the commands; searches of several threads run on named platform threads.
 */
@NullMarked
package dev.kith.bench.rivals;

import org.jspecify.annotations.NullMarked;
