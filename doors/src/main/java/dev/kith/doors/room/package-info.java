/** The memory that requests and replies of all doors share. Imports the JDK only; safe on any thread. */
@NullMarked
package dev.kith.doors.room;

import org.jspecify.annotations.NullMarked;
