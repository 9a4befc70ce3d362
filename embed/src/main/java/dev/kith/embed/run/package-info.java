/**
 * The embedder: loads models while the memory allows it, gathers what callers ask into batches, runs them on threads of
 * its own, and lets go of models that nobody uses. May import all of {@code embed} and {@code vectors}; the inference
 * runtime is used here alone. Callers' threads prepare inputs and wait; {@code kith-load-N} threads load models,
 * {@code kith-embed-N} threads compute; {@code kith-embed-upkeep} unloads idle ones.
 */
@NullMarked
package dev.kith.embed.run;

import org.jspecify.annotations.NullMarked;
