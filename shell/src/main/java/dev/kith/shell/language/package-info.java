/**
 * The text language of Ahnlich's command line: from characters to statements, and no further. Pure functions without a
 * thread or a wire; imports the JDK only.
 */
@NullMarked
package dev.kith.shell.language;

import org.jspecify.annotations.NullMarked;
