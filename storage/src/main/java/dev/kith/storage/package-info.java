/**
 * Bytes made durable: folders and files behind {@link dev.kith.storage.Directory}, and the log of checksummed records
 * ({@link dev.kith.storage.RecordLog}) that collections and the catalogue are kept in. Knows nothing of what a record
 * means. Imports the JDK only. Starts no thread: everything runs on the caller's, and blocks on the disk.
 */
@NullMarked
package dev.kith.storage;

import org.jspecify.annotations.NullMarked;
