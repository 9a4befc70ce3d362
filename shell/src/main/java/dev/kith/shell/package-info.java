/**
 * The shell: takes lines from a person, a script or the command line, runs them, and shows what is answered as tables
 * or as JSON. One thread, that of the caller.
 */
@NullMarked
package dev.kith.shell;

import org.jspecify.annotations.NullMarked;
