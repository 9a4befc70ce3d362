/**
 * Seeded data, a brute-force oracle in double maths and a clock that a test moves by hand; for tests only. Imports the
 * JDK only. Nothing here is shared between threads unless it says so.
 */
@NullMarked
package dev.kith.testkit;

import org.jspecify.annotations.NullMarked;
