/**
 * The dialects of FAISSx and faiss-proxy: bodies of messages in, bodies of replies out. Imports the service, the
 * engine's vocabulary and the ZeroMQ transport's handler interface; no wire library. Runs on the thread of each
 * request; everything here is immutable or belongs to one request.
 */
@NullMarked
package dev.kith.doors.faissx;

import org.jspecify.annotations.NullMarked;
