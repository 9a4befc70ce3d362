/**
 * The Ahnlich dialect over gRPC: messages in, commands out, and back. A store is a collection keyed by its vectors, in
 * the namespace of its schema. Imports service, vectors, the gRPC transport and the generated messages; runs on the
 * calls' virtual threads.
 */
@NullMarked
package dev.kith.doors.ahnlich;

import org.jspecify.annotations.NullMarked;
