package dev.kith.engine.rows;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.kith.vectors.Rejection;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class MemoryBudgetTest {
    @Test
    void reserve_upToTheBudget_isGrantedAndBeyondRefusedWithNumbers() {
        MemoryBudget budget = new MemoryBudget(100);
        budget.reserve(60);
        budget.reserve(40);
        assertThat(budget.bytesUsed()).isEqualTo(100);
        budget.release(30);
        assertThatThrownBy(() -> budget.reserve(31))
                .isInstanceOf(Rejection.class)
                .hasMessageContaining("31")
                .hasMessageContaining("30 of 100");
        assertThatThrownBy(() -> budget.reserve(Long.MAX_VALUE)).isInstanceOf(Rejection.class);
        assertThat(budget.bytesUsed()).isEqualTo(70);
        budget.reserve(30);
    }

    @Test
    void reserve_beyondTheHeapsShare_isRefusedWithNumbersAndTakesNothing() {
        MemoryBudget budget = new MemoryBudget(100, 40);
        budget.reserve(10, 30);
        assertThatThrownBy(() -> budget.reserve(20, 11))
                .isInstanceOf(Rejection.class)
                .hasMessageContaining("Heap")
                .hasMessageContaining("11")
                .hasMessageContaining("10 of 40");
        assertThatThrownBy(() -> budget.reserve(55, 10)).hasMessageContaining("Memory");
        assertThat(budget.bytesUsed()).isEqualTo(40);
        budget.reserve(50, 10);
        budget.release(60, 40);
        assertThat(budget.bytesUsed()).isZero();
    }

    @Test
    void reserve_whereOthersGiveBack_isGrantedAsSoonAsItFits() {
        MemoryBudget budget = new MemoryBudget(100, 60);
        AtomicLong others = new AtomicLong(80);
        assertThat(budget.tryReserve(80)).isTrue();
        assertThat(budget.tryReserve(21)).isFalse();
        budget.whenShort(() -> {
            if (others.get() == 0) {
                return false;
            }
            budget.release(20);
            return others.addAndGet(-20) >= 0;
        });
        budget.reserve(30, 5);
        assertThat(others).hasValue(60);
        assertThat(budget.hasRoom(40)).isTrue();
        assertThat(others).hasValue(20);
        // Larger than all there is: what others have would not help.
        assertThatThrownBy(() -> budget.reserve(101)).hasMessageContaining("Memory");
        assertThat(others).hasValue(20);
        assertThatThrownBy(() -> budget.reserve(0, 56)).hasMessageContaining("Heap");
        assertThat(others).hasValue(0);
        assertThat(budget.hasRoom(66)).isFalse();
        assertThat(budget.bytesUsed()).isEqualTo(35);
    }

    @Test
    void reserve_besideOneThatIsRefused_isGranted() throws Exception {
        MemoryBudget budget = new MemoryBudget(1000);
        AtomicLong refusedSmall = new AtomicLong();
        Thread large = Thread.ofPlatform().start(() -> {
            for (int i = 0; i < 30_000; i++) {
                try {
                    budget.reserve(5000);
                    refusedSmall.set(-1);
                } catch (Rejection expected) {
                    // Larger than all there is.
                }
            }
        });
        for (int i = 0; i < 30_000; i++) {
            try {
                budget.reserve(1);
                budget.release(1);
            } catch (Rejection unexpected) {
                refusedSmall.incrementAndGet();
            }
        }
        large.join();
        assertThat(refusedSmall).hasValue(0);
        assertThat(budget.bytesUsed()).isZero();
    }
}
