/**
 * The program: command line, configuration, wiring, logs, start and stop. May import every module; nothing imports it.
 * The only place that reads the environment and system properties. Runs on the main thread and on the thread that
 * handles signals.
 */
@NullMarked
package dev.kith.app;

import org.jspecify.annotations.NullMarked;
