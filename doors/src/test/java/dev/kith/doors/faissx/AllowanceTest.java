package dev.kith.doors.faissx;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kith.doors.zmq.RequestHandler.Memory;
import dev.kith.service.Command;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What requests take is asked for before they take it, and is at least what they take. */
class AllowanceTest {
    private static final int COUNT = 400;
    private static final float[][] VECTORS = vectors();

    private final DoorFixture door = new DoorFixture();

    private static float[][] vectors() {
        float[][] vectors = new float[COUNT][];
        for (int i = 0; i < COUNT; i++) {
            vectors[i] = new float[] {i, 1};
        }
        return vectors;
    }

    @AfterEach
    void close() {
        door.close();
    }

    /** Requests whose replies are large, and the command that makes each so. */
    static Stream<List<Object>> large() {
        return Stream.of(
                List.of(Command.Scan.class, "get_vectors", Map.of()),
                List.of(Command.Scan.class, "reconstruct_n", Map.of("num_vectors", COUNT)),
                List.of(Command.Search.class, "search", Map.of("query_vectors", VECTORS, "k", 100)),
                List.of(Command.Search.class, "search_and_reconstruct", Map.of("query_vectors", VECTORS, "k", 20)),
                List.of(Command.Search.class, "range_search", Map.of("query_vectors", VECTORS, "radius", 1e9)));
    }

    private static byte[] request(String action, Map<?, ?> fields) {
        Map<String, Object> message = DoorFixture.fields("action", action, "index_id", "i");
        fields.forEach((name, field) -> message.put((String) name, field));
        return DoorFixture.encode(message);
    }

    private DoorFixture.Reply send(byte[] request, Memory memory) {
        return new DoorFixture.Reply(DoorFixture.decode(door.handle(request, memory)));
    }

    private void store(String type) {
        door.create("i", type);
        door.done("add_vectors", "index_id", "i", "vectors", VECTORS);
    }

    @ParameterizedTest
    @MethodSource("large")
    void largeReply_forWhichThereIsNoMemory_isRefusedBeforeItIsComputed(List<Object> given) {
        store("L2");
        AtomicBoolean computed = new AtomicBoolean();
        door.beforeNext((Class<?>) given.getFirst(), () -> computed.set(true));
        // The queries themselves may be decoded; what they find is more.
        DoorFixture.Reply reply =
                send(request((String) given.get(1), (Map<?, ?>) given.get(2)), bytes -> bytes < COUNT * 12);
        assertThat(reply.error()).contains("Too busy");
        assertThat(reply.get("error_code")).isEqualTo("EXHAUSTED");
        assertThat(computed).isFalse();
    }

    @ParameterizedTest
    @MethodSource("large")
    void largeReply_thatIsMade_wasAskedForBefore(List<Object> given) {
        for (String type : List.of("L2", "IVF4,PQ2", "IDMap:L2")) {
            store(type);
            AtomicLong asked = new AtomicLong();
            AtomicLong before = new AtomicLong();
            door.beforeNext((Class<?>) given.getFirst(), () -> before.set(asked.get()));
            int size = door.handle(request((String) given.get(1), (Map<?, ?>) given.get(2)), bytes -> {
                        asked.addAndGet(bytes);
                        return true;
                    })
                    .capacity();
            assertThat(size).as(type).isGreaterThan(COUNT * 10).isLessThan((int) asked.get() + 1_000);
            if (!given.get(1).equals("range_search")) {
                assertThat(before.get()).as(type).isEqualTo(asked.get());
            }
            door.done("delete_index", "index_id", "i");
        }
    }

    @Test
    void vectors_forWhichThereIsNoMemory_areNotDecoded() {
        door.create("i", "L2");
        DoorFixture.Reply reply = send(request("add_vectors", Map.of("vectors", VECTORS)), bytes -> bytes < COUNT * 8);
        assertThat(reply.error()).contains("Too busy");
        assertThat(door.done("get_index_stats", "index_id", "i").get("ntotal")).isEqualTo(0L);
    }

    @Test
    void listing_thatIsLong_asksAsItGrows() {
        List<Long> asked = new ArrayList<>();
        for (int i = 0; i < 60; i++) {
            door.create("index " + i, "L2");
        }
        int size = door.handle(DoorFixture.encode(DoorFixture.fields("action", "list_indexes")), bytes -> {
                    asked.add(bytes);
                    return true;
                })
                .capacity();
        assertThat(asked.stream().mapToLong(Long::longValue).sum()).isBetween(size - 1_000L, (long) size);
    }

    @Test
    void values_ofAnyKind_areCountedAsTheyAreMade() {
        AtomicLong asked = new AtomicLong();
        List<Integer> many = new ArrayList<>(java.util.Collections.nCopies(1_000, 1));
        Map<String, Object> create = DoorFixture.fields("dimension", 2, "metadata", DoorFixture.fields("many", many));
        send(request("create_index", create), bytes -> {
            asked.addAndGet(bytes);
            return true;
        });
        assertThat(asked.get()).isGreaterThan(1_000L * Long.BYTES);
    }

    @Test
    void usualRequest_asksForLittle() {
        store("L2");
        AtomicLong asked = new AtomicLong();
        Map<String, Object> one = DoorFixture.fields("query_vectors", List.of(List.of(1.0, 2.0)), "k", 10);
        send(request("search", one), bytes -> {
            asked.addAndGet(bytes);
            return true;
        });
        assertThat(asked.get()).isBetween(1L, 1_000L);
    }
}
