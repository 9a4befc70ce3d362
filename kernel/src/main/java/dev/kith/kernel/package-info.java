/**
 * Distances, norms and scans of scores over float and bit rows, as vector instructions and as plain loops; the only
 * package that may import {@code jdk.incubator.vector}. Imports the JDK only. Every method is static or stateless at
 * heart and runs on whichever thread calls it.
 */
@NullMarked
package dev.kith.kernel;

import org.jspecify.annotations.NullMarked;
