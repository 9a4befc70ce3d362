/**
 * Exact search over a view of rows, in slices on the threads that compute. Imports rows, codec (payloads), kernel and
 * vectors.
 */
@NullMarked
package dev.kith.engine.scan;

import org.jspecify.annotations.NullMarked;
