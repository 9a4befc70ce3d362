package dev.kith.doors.room;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kith.testkit.Await;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;

class RoomTest {
    private static final long CAPACITY = 16 << 20;
    private static final Duration PATIENCE = Duration.ofSeconds(10);
    private static final long LARGE = 15 << 20;

    private final Room room = new Room(CAPACITY, PATIENCE);

    private static boolean result(CompletableFuture<Boolean> waiting) throws Exception {
        return waiting.get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
    }

    private CompletableFuture<Boolean> waiting(AtomicBoolean wanted) {
        var waiting =
                CompletableFuture.supplyAsync(() -> room.take(LARGE, LARGE, wanted::get), Thread.ofVirtual()::start);
        Await.until("the room is short", room::isShort);
        return waiting;
    }

    @Test
    void share_forSmallHolders_isNotForLargeOnes() {
        assertThat(room.tryTake(LARGE, LARGE)).isTrue();
        assertThat(room.free()).isZero();
        assertThat(room.tryTake(1, Room.SMALL_BYTES + 1)).isFalse();
        long taken = 0;
        while (room.tryTake(Room.SMALL_BYTES, Room.SMALL_BYTES)) {
            taken += Room.SMALL_BYTES;
        }
        assertThat(taken).isEqualTo(CAPACITY - LARGE);
    }

    @Test
    void bytes_thatAreNotFree_areWaitedFor() throws Exception {
        assertThat(room.tryTake(1 << 20, 1 << 20)).isTrue();
        var waiting = waiting(new AtomicBoolean(true));
        assertThat(waiting).isNotDone();
        room.giveBack(1 << 20);
        assertThat(result(waiting)).isTrue();
        assertThat(room.used()).isEqualTo(LARGE);
    }

    @Test
    void waiting_forWhatNobodyWantsAnyMore_ends() throws Exception {
        assertThat(room.tryTake(1 << 20, 1 << 20)).isTrue();
        AtomicBoolean wanted = new AtomicBoolean(true);
        var waiting = waiting(wanted);
        wanted.set(false);
        assertThat(result(waiting)).isFalse();
        assertThat(room.used()).isEqualTo(1 << 20);
    }

    @Test
    void waiting_withoutEnd_isBounded() {
        Room impatient = new Room(CAPACITY, Duration.ofMillis(20));
        assertThat(impatient.tryTake(1 << 20, 1 << 20)).isTrue();
        assertThat(impatient.take(LARGE, LARGE, () -> true)).isFalse();
        assertThat(impatient.used()).isEqualTo(1 << 20);
    }

    @Test
    void bytes_thatNeverFit_areRefusedAtOnce() {
        Room patient = new Room(CAPACITY, Duration.ofDays(1));
        assertThat(patient.take(LARGE + 1, LARGE + 1, () -> true)).isFalse();
        assertThat(patient.take(1, LARGE + 1, () -> true)).isTrue();
        assertThat(patient.take(LARGE, 2 * LARGE, () -> true)).isFalse();
    }
}
