/**
 * Faces in pictures: found by one network, turned upright, made vectors by another, and where asked for judged by a
 * third. May import {@code embed}, {@code embed.models}, {@code embed.pipeline} and {@code embed.image}, and {@code
 * vectors} for its {@code Rejection}. Pictures are prepared on the caller's thread; everything else happens on an
 * inference thread.
 */
@NullMarked
package dev.kith.embed.face;

import org.jspecify.annotations.NullMarked;
