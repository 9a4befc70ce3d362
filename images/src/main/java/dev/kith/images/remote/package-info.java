/**
 * A gallery that another process keeps: its vectors over HTTP, for workers that have no data folder of their own. The
 * wire is in docs/formats/idios-store-wire.md. Calls block their thread.
 */
@NullMarked
package dev.kith.images.remote;

import org.jspecify.annotations.NullMarked;
