package dev.kith.doors.faissx;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kith.service.Keys;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class AccessTest {
    private static final String ONE = "key-1";
    private static final String TWO = "key-2";

    private final DoorFixture door = new DoorFixture(Optional.of(new Keys(Map.of(ONE, "tenant-1", TWO, "tenant-2"))));

    @AfterEach
    void stop() {
        door.close();
    }

    private void assertRefused(DoorFixture.Reply reply, String text) {
        assertThat(reply.isSuccess()).isFalse();
        assertThat(reply.error()).isEqualTo(text);
        assertThat(reply.get("error_code")).isEqualTo("AUTH_ERROR");
    }

    @Test
    void everyActionButPing_needsAKey() {
        assertThat(door.ask("ping").isSuccess()).isTrue();
        assertThat(door.ask("ping", "api_key", "wrong").isSuccess()).isTrue();
        for (String action : List.of("list_indexes", "create_index", "search", "delete_index", "no such action", "")) {
            assertRefused(door.ask(action), "API key required");
            assertRefused(door.ask(action, "api_key", ""), "API key required");
            assertRefused(door.ask(action, "api_key", null), "API key required");
            assertRefused(door.ask(action, "api_key", "wrong"), "Invalid API key");
            assertRefused(door.ask(action, "api_key", 7), "Invalid API key");
            assertRefused(door.ask(action, "api_key", "x".repeat(257)), "Invalid API key");
        }
        assertThat(door.changes()).isZero();
    }

    @Test
    void key_isAskedForBeforeFieldsAreLookedAt() {
        assertRefused(door.ask("add_vectors", "index_id", List.of(), "vectors", "nonsense"), "API key required");
    }

    @Test
    void tenantId_isCheckedForFormAndThenIgnored() {
        assertRefused(door.ask("list_indexes", "api_key", ONE, "tenant_id", 5), "Invalid tenant ID");
        assertRefused(door.ask("list_indexes", "api_key", ONE, "tenant_id", "x".repeat(129)), "Invalid tenant ID");
        door.done("create_index", "api_key", ONE, "tenant_id", "tenant-2", "index_id", "mine", "dimension", 2);
        assertThat((List<?>) door.done("list_indexes", "api_key", ONE).get("indexes"))
                .hasSize(1);
        assertThat((List<?>) door.done("list_indexes", "api_key", TWO).get("indexes"))
                .isEmpty();
    }

    @Test
    void anotherTenantsIndex_looksLikeNone() {
        door.done("create_index", "api_key", ONE, "index_id", "secret", "dimension", 2);
        door.done("create_index", "api_key", TWO, "index_id", "own", "dimension", 2);
        for (String action : List.of("get_index_stats", "delete_index", "reset", "reconstruct", "get_index_info")) {
            var there = door.ask(action, "api_key", TWO, "index_id", "secret");
            var nowhere = door.ask(action, "api_key", TWO, "index_id", "nosuch");
            assertThat(there.error()).isEqualTo(nowhere.error().replace("nosuch", "secret"));
        }
        assertThat(door.ask(
                                "merge_indices",
                                "api_key",
                                TWO,
                                "target_index_id",
                                "own",
                                "source_index_ids",
                                List.of("secret"))
                        .error())
                .isEqualTo("Index secret not found");
        assertThat(door.ask(
                                "create_index",
                                "api_key",
                                TWO,
                                "index_id",
                                "m",
                                "dimension",
                                2,
                                "index_type",
                                "IDMap:secret")
                        .error())
                .startsWith("Unsupported index type: IDMap:secret");
        door.done("create_index", "api_key", TWO, "index_id", "secret", "dimension", 3);
        assertThat(door.done("get_index_stats", "api_key", ONE, "index_id", "secret")
                        .get("dimension"))
                .isEqualTo(2L);
    }

    @Test
    void withoutAuthentication_bothFieldsAreIgnored() {
        try (DoorFixture open = new DoorFixture()) {
            open.done("create_index", "api_key", 7, "tenant_id", List.of(), "index_id", "i", "dimension", 2);
            assertThat((List<?>) open.done("list_indexes", "api_key", "other").get("indexes"))
                    .hasSize(1);
        }
    }
}
