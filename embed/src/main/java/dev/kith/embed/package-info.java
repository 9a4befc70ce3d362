/**
 * Text, image or sound in, vectors out. Knows no collection, no door and no tenant. May import {@code vectors} for its
 * {@code Rejection}, and the model runtime. Calls block their thread; inference runs on threads of its own.
 */
@NullMarked
package dev.kith.embed;

import org.jspecify.annotations.NullMarked;
