/**
 * Key frames of VP8, which is what a WebP picture with loss is, to samples: RFC 6386, and colours as libwebp makes
 * them. Imports nothing of ours. Pure functions, on any thread.
 */
@NullMarked
package dev.kith.embed.vp8;

import org.jspecify.annotations.NullMarked;
