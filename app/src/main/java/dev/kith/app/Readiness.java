package dev.kith.app;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.BooleanSupplier;

/** Whether clients should come: everything is open, nothing is closing, and no door has ended. Safe on any thread. */
final class Readiness {
    private final List<BooleanSupplier> required = new CopyOnWriteArrayList<>();
    private volatile boolean declared;

    /** From now on this must hold too; it is asked each time. */
    void require(BooleanSupplier condition) {
        required.add(condition);
    }

    void declare() {
        declared = true;
    }

    void withdraw() {
        declared = false;
    }

    boolean isReady() {
        return declared && required.stream().allMatch(BooleanSupplier::getAsBoolean);
    }
}
