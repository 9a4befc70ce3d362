/**
 * JSON of what goes between processes: bytes to {@link dev.kith.vectors.Value} and back, and the messages that entries
 * and matches are. Imports {@code vectors} and the rooms' records; pure functions, on any thread.
 */
@NullMarked
package dev.kith.images.json;

import org.jspecify.annotations.NullMarked;
