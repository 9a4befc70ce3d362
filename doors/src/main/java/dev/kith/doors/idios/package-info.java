/**
 * The Idios dialect over HTTP: JSON in, calls of {@code Images} out, and back, with the checks and error bodies of the
 * original's framework. A model's images are a collection of the model's name in this namespace. Imports images,
 * service, embed, vectors and the HTTP transport; runs on the requests' virtual threads.
 */
@NullMarked
package dev.kith.doors.idios;

import org.jspecify.annotations.NullMarked;
