/**
 * Pre-transforms: what a specification asks for, learning it from samples, and sending vectors through. Imports vectors
 * and kernel. Runs on the caller's thread, which learning may hold for seconds.
 */
@NullMarked
package dev.kith.engine.transform;

import org.jspecify.annotations.NullMarked;
