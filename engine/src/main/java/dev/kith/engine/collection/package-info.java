/**
 * One collection: its points in memory, its log, its single writer, its readers. Imports codec, rows, scan, storage and
 * vectors. Writers queue up for one lock and commit in groups; readers hold views and never wait.
 */
@NullMarked
package dev.kith.engine.collection;

import org.jspecify.annotations.NullMarked;
