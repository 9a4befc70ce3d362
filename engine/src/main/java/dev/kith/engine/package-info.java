/**
 * The embedded vector database: {@link dev.kith.engine.Engine} opens a data folder and serves
 * {@link dev.kith.vectors.Vectors} from it. Imports its sub-packages, storage and vectors. Its calls run on the
 * caller's thread; long computations on the engine's own pool.
 */
@NullMarked
package dev.kith.engine;

import org.jspecify.annotations.NullMarked;
