package dev.kith.app;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;

class ReadinessTest {
    private final Readiness readiness = new Readiness();

    @Test
    void ready_onlyBetweenDeclarationAndWithdrawal_holds() {
        assertThat(readiness.isReady()).isFalse();
        readiness.declare();
        assertThat(readiness.isReady()).isTrue();
        readiness.withdraw();
        assertThat(readiness.isReady()).isFalse();
    }

    @Test
    void ready_whileOneDoorHasEnded_doesNotHold() {
        AtomicBoolean serving = new AtomicBoolean(true);
        readiness.require(() -> true);
        readiness.require(serving::get);
        readiness.declare();
        assertThat(readiness.isReady()).isTrue();
        serving.set(false);
        assertThat(readiness.isReady()).isFalse();
    }
}
