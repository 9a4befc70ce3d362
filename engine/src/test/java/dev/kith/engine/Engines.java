package dev.kith.engine;

import dev.kith.vectors.VectorBlock;

/** What several tests of the engine begin with. Stateless. */
final class Engines {
    static final long MEMORY = 1L << 29;

    private Engines() {}

    static Engine inMemory() {
        return Engine.open(EngineOptions.inMemory(MEMORY, 2));
    }

    static VectorBlock block(float[][] rows) {
        int dimension = rows[0].length;
        float[] values = new float[rows.length * dimension];
        for (int i = 0; i < rows.length; i++) {
            System.arraycopy(rows[i], 0, values, i * dimension, dimension);
        }
        return new VectorBlock.Floats(values, rows.length, dimension);
    }
}
