package dev.kith.app;

import dev.kith.embed.run.ModelMemory;
import dev.kith.engine.rows.MemoryBudget;

/** The memory of models is the engine's: both share the one budget that {@code --memory} names. */
record SharedMemory(MemoryBudget budget) implements ModelMemory {
    @Override
    public boolean take(long bytes) {
        return budget.tryReserve(bytes);
    }

    @Override
    public void giveBack(long bytes) {
        budget.release(bytes);
    }

    @Override
    public long left() {
        return budget.left();
    }
}
