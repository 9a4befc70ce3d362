package dev.kith.engine.segment;

/**
 * Says what a page of a graph is.
 *
 * @param number from 0 on
 * @param covered nodes of the graph that it is a page of
 * @param changes whether it has only those of its nodes that have changed since older files were written
 */
public record GraphPage(int number, int covered, boolean changes) {}
