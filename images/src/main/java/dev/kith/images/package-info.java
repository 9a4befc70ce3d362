/**
 * Images known by their addresses: fetched, embedded, stored and found. One implementation does it here over the
 * service, another asks workers behind a queue. Doors speak to {@code Images} alone. May import {@code service},
 * {@code embed}, {@code fetch} and {@code vectors}. Calls block their thread.
 */
@NullMarked
package dev.kith.images;

import org.jspecify.annotations.NullMarked;
