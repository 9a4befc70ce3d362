/**
 * Picture files in, numbers for a model out: headers read before anything is decoded, decoding, and the resizing that
 * Pillow does, to the bit. May import {@code embed} for its refusals. Runs on the thread of its caller and blocks it
 * for as long as a picture takes.
 */
@NullMarked
package dev.kith.embed.image;

import org.jspecify.annotations.NullMarked;
