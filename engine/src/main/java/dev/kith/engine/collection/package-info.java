/**
 * One collection: its points in memory, its log, its single writer, its readers, its checkpoints and compactions.
 * Imports codec, index, rows, scan, segment, storage and vectors. Writers queue up for one lock and commit in groups;
 * readers hold views and never wait; what is kept and compacted is so on background threads.
 */
@NullMarked
package dev.kith.engine.collection;

import org.jspecify.annotations.NullMarked;
