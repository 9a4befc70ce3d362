package dev.kith.doors.faissx;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kith.service.Keys;
import dev.kith.vectors.Value;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class ProxyDialectTest {
    private final DoorFixture door = new DoorFixture();

    @AfterEach
    void stop() {
        door.close();
    }

    /** A message as the repaired encoder of that project makes it. */
    static byte[] message(Map<String, Object> header, float[] vectors, Object metadata) {
        byte[] headerBytes = DoorFixture.encode(header);
        ByteBuffer vectorBytes =
                ByteBuffer.allocate(vectors.length * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
        vectorBytes.asFloatBuffer().put(vectors);
        byte[] metadataBytes = metadata == null ? new byte[0] : DoorFixture.encode(metadata);
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        out.writeBytes(DoorFixture.encode(DoorFixture.fields(
                "header_size",
                headerBytes.length,
                "vector_size",
                vectorBytes.capacity(),
                "metadata_size",
                metadataBytes.length)));
        out.writeBytes(headerBytes);
        out.writeBytes(vectorBytes.array());
        out.writeBytes(metadataBytes);
        return out.toByteArray();
    }

    /** A reply, taken apart both as the first decoder does, up to the first 0xC0, and as the repaired one does. */
    record Parts(DoorFixture.Reply header, Optional<Value> metadata) {
        static Parts read(ByteBuffer reply) {
            byte[] bytes = new byte[reply.remaining()];
            reply.get(bytes);
            MsgpackReader reader = new MsgpackReader(bytes);
            var preamble = new DoorFixture.Reply((Value.Fields) new ValueReader(reader, Allowance.SMALL).read());
            int firstNil = 0;
            while (bytes[firstNil] != (byte) 0xC0) {
                firstNil++;
            }
            assertThat(firstNil + 1).as("the byte after the first 0xC0").isEqualTo(reader.position());
            int header = Math.toIntExact((long) preamble.get("header_size"));
            int metadata = Math.toIntExact((long) preamble.get("metadata_size"));
            assertThat(reader.position() + header + metadata).isEqualTo(bytes.length);
            Value.Fields fields = (Value.Fields) new ValueReader(reader, Allowance.SMALL).read();
            Optional<Value> rest =
                    metadata == 0 ? Optional.empty() : Optional.of(new ValueReader(reader, Allowance.SMALL).read());
            assertThat(reader.position()).isEqualTo(bytes.length);
            return new Parts(new DoorFixture.Reply(fields), rest);
        }
    }

    private Parts send(Map<String, Object> header, float[] vectors, Object metadata) {
        return Parts.read(door.handle(message(header, vectors, metadata)));
    }

    private Parts send(Object... header) {
        return send(DoorFixture.fields(header), new float[0], null);
    }

    private String create() {
        Parts made = send("operation", "create_index", "name", "docs", "dimension", 2);
        assertThat(made.header().get("status")).isEqualTo("ok");
        return (String) made.header().get("index_id");
    }

    private void add(String index) {
        Parts added = send(
                DoorFixture.fields("operation", "add_vectors", "index_id", index, "vector_shape", List.of(3, 2)),
                new float[] {0, 0, 3, 0, 0, 1},
                List.of(
                        Map.of("id", "a", "metadata", Map.of("lang", "en")),
                        Map.of("id", "b", "metadata", Map.of("lang", "de")),
                        Map.of("id", "c", "metadata", Map.of("lang", "en"))));
        assertThat(added.header().get("added_count")).isEqualTo(3L);
        assertThat(added.header().get("failed_count")).isEqualTo(0L);
        assertThat(added.header().at("result", "success")).isEqualTo(true);
    }

    private List<String> search(String index, int k, Object filter) {
        Parts found = send(
                DoorFixture.fields("operation", "search", "index_id", index, "k", k, "dimension", 2),
                new float[] {0, 0},
                filter);
        assertThat(found.header().get("status")).as("%s", found.header()).isEqualTo("ok");
        List<String> ids = new ArrayList<>();
        ((List<?>) found.header().get("result")).forEach(one -> ids.add((String) ((Map<?, ?>) one).get("id")));
        return ids;
    }

    @Test
    void search_givesIdScoreAndMetadataBestFirst() {
        String index = create();
        add(index);
        Parts found = send(
                DoorFixture.fields("operation", "search", "index_id", index, "dimension", 2), new float[] {0, 0}, null);
        assertThat(found.header().at("result", 0, "id")).isEqualTo("a");
        assertThat(found.header().at("result", 0, "score")).isEqualTo(1.0);
        assertThat(found.header().at("result", 0, "metadata")).isEqualTo(Map.of("lang", "en"));
        assertThat((double) found.header().at("result", 2, "score")).isCloseTo(0.1, Offset.offset(1e-9));
        assertThat(found.metadata()).isPresent();
    }

    @Test
    void search_withAFilter_filtersFirst() {
        String index = create();
        add(index);
        assertThat(search(index, 1, Map.of("lang", "de"))).containsExactly("b");
        assertThat(search(index, 10, Map.of("lang", "en"))).containsExactly("a", "c");
        assertThat(search(index, 10, Map.of("lang", "fr"))).isEmpty();
        assertThat(search(index, 10, Map.of("lang", "en", "other", 1))).isEmpty();
    }

    @Test
    void add_ofAKnownId_replacesAndRowsWithoutIdFail() {
        String index = create();
        add(index);
        Parts added = send(
                DoorFixture.fields("operation", "add_vectors", "index_id", index, "dimension", 2),
                new float[] {9, 9, 8, 8, 7, 7, Float.NaN, 1},
                List.of(Map.of("id", "a"), Map.of("metadata", Map.of()), "nonsense", Map.of("id", "n")));
        assertThat(added.header().get("added_count")).isEqualTo(1L);
        assertThat(added.header().get("failed_count")).isEqualTo(3L);
        assertThat(search(index, 10, null)).containsExactly("c", "b", "a");
        Parts wide = send(
                DoorFixture.fields("operation", "add_vectors", "index_id", index, "vector_shape", List.of(1, 3)),
                new float[3],
                List.of(Map.of("id", "w")));
        assertThat(wide.header().get("failed_count")).isEqualTo(1L);
        assertThat(wide.header().get("success")).isEqualTo(false);
    }

    @Test
    void deleteVector_reallyRemovesIt() {
        String index = create();
        add(index);
        assertThat(send("operation", "delete_vector", "index_id", index, "vector_id", "a")
                        .header()
                        .get("deleted"))
                .isEqualTo(true);
        assertThat(search(index, 10, null)).containsExactly("c", "b");
        assertThat(send("operation", "delete_vector", "index_id", index, "vector_id", "a")
                        .header()
                        .get("error_type"))
                .isEqualTo("not_found_error");
    }

    @Test
    void infoStatsListAndDelete_tellWhatIsThere() {
        String index = create();
        add(index);
        Parts info = send("operation", "get_index_info", "index_id", index, "request_id", "r-1");
        assertThat(info.header().get("name")).isEqualTo("docs");
        assertThat(info.header().get("vector_count")).isEqualTo(3L);
        assertThat(info.header().get("index_type")).isEqualTo("IndexFlatL2");
        assertThat(info.header().get("tenant_id")).isEqualTo("default");
        assertThat(info.header().get("request_id")).isEqualTo("r-1");
        assertThat(send("operation", "get_index_stats", "index_id", index)
                        .header()
                        .get("dimension"))
                .isEqualTo(2L);
        assertThat((List<?>) send("operation", "list_indexes").header().get("indexes"))
                .hasSize(1);
        assertThat(send("operation", "ping").header().get("message")).isEqualTo("pong");
        assertThat(send("operation", "delete_index", "index_id", index).header().get("deleted"))
                .isEqualTo(true);
        Parts gone = send("operation", "get_index_info", "index_id", index);
        assertThat(gone.header().get("status")).isEqualTo("error");
        assertThat(gone.header().get("error_type")).isEqualTo("not_found_error");
    }

    @Test
    void sizes_thatContainTheNilByte_areAvoidedInEveryReply() {
        // Request ids of all lengths move the header's size over 0xC0 and every other value up to 0x1C0.
        for (int length = 1; length <= 256; length++) {
            Parts pong = send("operation", "ping", "request_id", "r".repeat(length));
            assertThat(pong.header().get("request_id")).isEqualTo("r".repeat(length));
        }
        for (int fill : new int[] {49_000, 49_100, 49_200, 49_300}) {
            String index = create();
            for (int extra = 0; extra < 100; extra += 9) {
                Parts added = send(
                        DoorFixture.fields("operation", "add_vectors", "index_id", index, "dimension", 2),
                        new float[] {1, 1},
                        List.of(Map.of("id", "a", "metadata", Map.of("x", "y".repeat(fill + extra)))));
                assertThat(added.header().get("added_count")).isEqualTo(1L);
                assertThat(search(index, 1, null)).containsExactly("a");
            }
        }
    }

    @Test
    void errors_haveTheFormOfTheDialect() {
        String index = create();
        assertThat(send("operation", "nonsense").header().get("error_type")).isEqualTo("protocol_error");
        assertThat(send("operation", "search", "index_id", index).header().get("error_type"))
                .isEqualTo("validation_error");
        assertThat(send("operation", "create_index", "name", "x", "dimension", 0)
                        .header()
                        .get("message"))
                .isEqualTo("Dimension 0 out of range (1-10000)");
        assertThat(send("operation", "create_index", "name", "x", "dimension", 8, "index_type", "BINARY")
                        .header()
                        .get("status"))
                .isEqualTo("error");
        byte[] cut = message(DoorFixture.fields("operation", "ping"), new float[0], null);
        Parts tooShort = Parts.read(door.handle(java.util.Arrays.copyOf(cut, cut.length - 1)));
        assertThat(tooShort.header().get("error_type")).isEqualTo("deserialization_error");
        byte[] lying =
                DoorFixture.encode(DoorFixture.fields("header_size", 1L << 40, "vector_size", 0, "metadata_size", 0));
        assertThat(Parts.read(door.handle(lying)).header().get("status")).isEqualTo("error");
    }

    @Test
    void faissxIndex_canBeSearchedHereAndNotAddedTo() {
        door.done("create_index", "index_id", "plain", "dimension", 2, "index_type", "L2");
        door.done("add_vectors", "index_id", "plain", "vectors", List.of(List.of(5, 5), List.of(0, 1)));
        assertThat(search("plain", 2, null)).containsExactly("1", "0");
        Parts refused = send(
                DoorFixture.fields("operation", "add_vectors", "index_id", "plain", "dimension", 2),
                new float[] {1, 1},
                List.of(Map.of("id", "a")));
        assertThat(refused.header().get("error_type")).isEqualTo("validation_error");
    }

    @Test
    void withAuthentication_theKeysTenantIsTheOnlyOne() {
        try (DoorFixture closed = new DoorFixture(Optional.of(new Keys(Map.of("k", "t"))))) {
            record Case(Map<String, Object> header, String message) {}
            for (Case one : List.of(
                    new Case(DoorFixture.fields("operation", "list_indexes"), "API key required"),
                    new Case(DoorFixture.fields("operation", "list_indexes", "api_key", "x"), "Invalid API key"),
                    new Case(
                            DoorFixture.fields("operation", "list_indexes", "api_key", "k", "tenant_id", "u"),
                            "The API key does not have access to this tenant"))) {
                Parts refused = Parts.read(closed.handle(message(one.header(), new float[0], null)));
                assertThat(refused.header().get("message")).isEqualTo(one.message());
                assertThat(refused.header().get("error_type")).isEqualTo("authentication_error");
            }
            var right = DoorFixture.fields("operation", "list_indexes", "api_key", "k", "tenant_id", "t");
            assertThat(Parts.read(closed.handle(message(right, new float[0], null)))
                            .header()
                            .get("status"))
                    .isEqualTo("ok");
        }
    }
}
