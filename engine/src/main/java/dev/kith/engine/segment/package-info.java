/**
 * What is kept of a collection beside its log: segment files with rows, and checkpoint files that say which of them,
 * with which ended rows, are the collection as it was at some border of its log. Imports rows, storage and vectors.
 * Writing runs on the background threads, one checkpoint of a collection at a time; loading on whoever opens the
 * collection, and on threads of its own where there is much to load.
 */
@NullMarked
package dev.kith.engine.segment;

import org.jspecify.annotations.NullMarked;
