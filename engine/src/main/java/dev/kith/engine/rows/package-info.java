/**
 * Rows of vectors in native memory: budget, mapping, chunks that never move, the map from ids to rows. Imports kernel
 * and vectors. One writer at a time appends; readers use what a view published to them.
 */
@NullMarked
package dev.kith.engine.rows;

import org.jspecify.annotations.NullMarked;
