/**
 * Ahnlich's snapshot files: reads them in a stream, twice, and feeds a running server with what they hold. Memory does
 * not grow with the file. One thread, that of the caller.
 */
@NullMarked
package dev.kith.shell.snapshot;

import org.jspecify.annotations.NullMarked;
