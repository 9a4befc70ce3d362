/**
 * Bytes of mutations, of catalogue entries and of values, by version; see {@code docs/formats}. Pure functions that
 * import vectors and rows, safe on any thread. What they read is checked before anything is allocated from it.
 */
@NullMarked
package dev.kith.engine.codec;

import org.jspecify.annotations.NullMarked;
