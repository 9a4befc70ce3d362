/**
 * The vector database as the rooms above see it: collections of points, and what can be asked of them. No row, node,
 * sequence or view crosses this border, so that an engine elsewhere can stand behind {@link dev.kith.vectors.Vectors}.
 * Imports the JDK only. Its values are immutable or documented as owned, and safe on any thread.
 */
@NullMarked
package dev.kith.vectors;

import org.jspecify.annotations.NullMarked;
