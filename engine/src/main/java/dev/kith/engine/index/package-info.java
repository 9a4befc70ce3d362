/**
 * Indexes that grow behind the writes: which rows a graph has reached, how a search puts graph and tail together, and
 * the background threads that do the work. Imports rows, scans, the graph and the shape in which it is kept; knows no
 * log.
 */
@NullMarked
package dev.kith.engine.index;

import org.jspecify.annotations.NullMarked;
