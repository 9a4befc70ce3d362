/**
 * What a client may ask, in one vocabulary for all doors: commands, the caller they are done for, access and limits.
 * Imports vectors, engine (its computations) and a metrics façade; no wire library. Runs on the caller's thread.
 */
@NullMarked
package dev.kith.service;

import org.jspecify.annotations.NullMarked;
