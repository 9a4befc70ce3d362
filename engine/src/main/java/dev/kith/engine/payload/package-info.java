/**
 * Filters on payloads: what they mean, tests of encoded payloads, and indexes of fields that answer with lists or
 * bitmaps of rows. Imports codec, rows, segment and vectors. Any thread reads, without locks; what indexes grow by is
 * done on one thread at a time, behind the writer.
 */
@NullMarked
package dev.kith.engine.payload;

import org.jspecify.annotations.NullMarked;
