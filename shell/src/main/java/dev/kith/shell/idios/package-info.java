/**
 * Dumps and restores of a running server's image collections, as the scripts of the original did: files of entries,
 * page by page. Speaks HTTP by the JDK's client and imports no other room. One thread; what is in flight is one page
 * on disk.
 */
@NullMarked
package dev.kith.shell.idios;

import org.jspecify.annotations.NullMarked;
