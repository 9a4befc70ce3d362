/**
 * Sounds in, vectors out: WAVE files, one channel, another rate, a log-mel spectrogram. May import {@code embed},
 * {@code embed.models} and {@code embed.pipeline}. Sounds are prepared on the caller's thread.
 */
@NullMarked
package dev.kith.embed.audio;

import org.jspecify.annotations.NullMarked;
