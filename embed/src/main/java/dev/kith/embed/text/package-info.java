/**
 * Texts: tokens from characters, and vectors from what networks say of tokens. May import {@code embed},
 * {@code embed.pipeline} and the descriptors of {@code embed.models}; the tokenizer library is used here alone.
 */
@NullMarked
package dev.kith.embed.text;

import org.jspecify.annotations.NullMarked;
