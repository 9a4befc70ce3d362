/**
 * Measurements beside the peers: {@code exact} for the engine, {@code door} for the FAISSx door. May import every room
 * below {@code app}; nothing imports it. The main thread runs one measurement after the other, so that two sides of a
 * comparison never compute at the same time; callers of a throughput run are named platform threads.
 */
@NullMarked
package dev.kith.bench;

import org.jspecify.annotations.NullMarked;
