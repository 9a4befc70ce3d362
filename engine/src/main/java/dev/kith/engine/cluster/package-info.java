/**
 * Clustering of vectors that are not stored. Imports vectors and kernel. Runs on the caller's thread, which may be
 * held for seconds, and ends early when that thread is interrupted.
 */
@NullMarked
package dev.kith.engine.cluster;

import org.jspecify.annotations.NullMarked;
