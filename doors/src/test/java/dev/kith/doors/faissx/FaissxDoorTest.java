package dev.kith.doors.faissx;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kith.doors.zmq.RequestHandler.Refusal;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

class FaissxDoorTest {
    private static final int MUTATIONS = 20_000;
    private static final int MUTATIONS_SLOW = 1_000_000;
    /** Mutations of one index. */
    private static final int ROUND = 200;

    private final DoorFixture door = new DoorFixture();

    @AfterEach
    void stop() {
        door.close();
    }

    private void assertRefused(byte[] body, String text) {
        DoorFixture.Reply reply = door.send(body);
        assertThat(reply.isSuccess()).isFalse();
        assertThat(reply.error()).startsWith(text);
    }

    @Test
    void body_thatIsNoMap_isMalformed() {
        for (byte[] body : List.of(
                new byte[0],
                new byte[] {(byte) 0xC1},
                new byte[] {(byte) 0xC0},
                DoorFixture.encode(List.of("action", "ping")),
                DoorFixture.encode("ping"),
                "GET / HTTP/1.1".getBytes(StandardCharsets.US_ASCII),
                new byte[] {(byte) 0x81},
                new byte[] {(byte) 0xDF, -1, -1, -1, -1},
                new byte[] {(byte) 0x81, (byte) 0xA6, 'a', 'c'})) {
            assertRefused(body, "Malformed request");
        }
        assertRefused(DoorFixture.encode(Map.of("success", false, "error", "x")), "Malformed request");
        byte[] ping = DoorFixture.encode(Map.of("action", "ping"));
        assertRefused(Arrays.copyOf(ping, ping.length + 1), "Malformed request: 1 bytes after the map");
    }

    @Test
    void action_thatIsUnknownOrAbsent_isRefused() {
        assertRefused(DoorFixture.encode(Map.of("action", "nonsense")), "Unknown action");
        assertRefused(DoorFixture.encode(Map.of()), "Unknown action");
        assertRefused(DoorFixture.encode(Map.of("operation", "ping")), "Unknown action");
        assertRefused(DoorFixture.encode(Map.of("action", 7)), "Invalid action");
    }

    @Test
    void fields_tooMany_areRefused() {
        Map<String, Object> fields = DoorFixture.fields("action", "ping");
        for (int i = 0; i < WireLimits.FIELDS_MAX; i++) {
            fields.put("f" + i, i);
        }
        assertRefused(DoorFixture.encode(fields), "Malformed request: 65 fields, at most 64");
    }

    @Test
    void pingOfTheWire_isAnswered() {
        byte[] ping = "\u0081\u00a6action\u00a4ping".getBytes(StandardCharsets.ISO_8859_1);
        assertThat(door.send(ping).get("message")).isEqualTo("pong");
    }

    @Test
    void refusals_ofTheTransport_haveTheFormOfTheWire() {
        List<Refusal> refusals = List.of(
                new Refusal.Malformed(),
                new Refusal.NoRoom(5_000_000, 1_000_000),
                new Refusal.PipelineFull(9),
                new Refusal.Failed());
        for (Refusal refusal : refusals) {
            var reply = new DoorFixture.Reply(DoorFixture.decode(door.door().refuse(refusal)));
            assertThat(reply.isSuccess()).isFalse();
            assertThat(reply.error()).isNotEmpty();
        }
        var noRoom = new DoorFixture.Reply(DoorFixture.decode(door.door().refuse(refusals.get(1))));
        assertThat(noRoom.error())
                .contains("5000000 bytes")
                .contains("1000000 fit")
                .contains("865 vectors of 128");
    }

    private List<byte[]> seeds() {
        List<List<Double>> vectors = List.of(List.of(1.5, 2.5), List.of(0.0, -1.0));
        return List.of(
                DoorFixture.encode(DoorFixture.fields(
                        "action", "create_index", "index_id", "i", "dimension", 2, "index_type", "IVF4,PQ2x8")),
                DoorFixture.encode(DoorFixture.fields("action", "add_vectors", "index_id", "i", "vectors", vectors)),
                DoorFixture.encode(
                        DoorFixture.fields("action", "add_vectors", "index_id", "i", "vectors", new byte[16])),
                DoorFixture.encode(DoorFixture.fields(
                        "action",
                        "search",
                        "index_id",
                        "i",
                        "query_vectors",
                        vectors,
                        "k",
                        3,
                        "params",
                        Map.of("nprobe", 2))),
                DoorFixture.encode(DoorFixture.fields(
                        "action", "merge_indices", "target_index_id", "i", "source_index_ids", List.of("i"))),
                DoorFixture.encode(DoorFixture.fields(
                        "action", "range_search", "index_id", "i", "query_vectors", vectors, "radius", 1.5)),
                ProxyDialectTest.message(
                        DoorFixture.fields("operation", "search", "index_id", "i", "dimension", 2, "k", 3),
                        new float[] {1, 2},
                        Map.of("a", 1)));
    }

    private void mutate(long seed, int count) {
        Random random = new Random(seed);
        List<byte[]> seeds = seeds();
        for (int i = 0; i < count; i++) {
            if (i % ROUND == 0) {
                // Merges of the index into itself double it, so each round starts small.
                door.ask("delete_index", "index_id", "i");
                seeds.forEach(body -> door.handle(body));
            }
            byte[] body = seeds.get(random.nextInt(seeds.size())).clone();
            for (int change = random.nextInt(4); change >= 0; change--) {
                int at = random.nextInt(body.length);
                switch (random.nextInt(4)) {
                    case 0 -> body[at] = (byte) random.nextInt();
                    case 1 -> body[at] ^= (byte) (1 << random.nextInt(8));
                    case 2 -> body = Arrays.copyOf(body, Math.max(1, at));
                    default ->
                        body[at] = new byte[] {
                                    (byte) 0xC1, (byte) 0xDD, (byte) 0xDF, (byte) 0xC6, (byte) 0xDB, (byte) 0xC9
                                }
                                [random.nextInt(6)];
                }
            }
            String what = "seed %d, mutation %d: %s"
                    .formatted(seed, i, java.util.HexFormat.of().formatHex(body));
            try {
                assertThat(door.handle(body).remaining()).as(what).isPositive();
            } catch (RuntimeException | Error failed) {
                throw new AssertionError(what, failed);
            }
        }
        assertThat(door.ask("ping").isSuccess()).isTrue();
    }

    @Test
    void mutatedMessages_areAnswered() {
        mutate(17, MUTATIONS);
    }

    @Test
    @Tag("slow")
    void mutatedMessages_inGreatNumber_areAnswered() {
        mutate(18, MUTATIONS_SLOW);
    }
}
