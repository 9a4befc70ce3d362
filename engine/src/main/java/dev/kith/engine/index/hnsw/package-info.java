/**
 * The graph: HNSW (Malkov and Yashunin, arXiv 1603.09320) over float rows. A node is known by the number of its row.
 * Imports the rows and the kernels; knows no collection, no log and no thread but those that call it.
 */
@NullMarked
package dev.kith.engine.index.hnsw;

import org.jspecify.annotations.NullMarked;
