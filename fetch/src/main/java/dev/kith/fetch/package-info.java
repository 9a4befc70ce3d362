/**
 * What the server fetches from elsewhere. An address is resolved once, checked, and pinned; so is every redirect. Sizes
 * and times are bounded. May import {@code vectors} for its {@code Rejection}. Calls block their thread.
 */
@NullMarked
package dev.kith.fetch;

import org.jspecify.annotations.NullMarked;
