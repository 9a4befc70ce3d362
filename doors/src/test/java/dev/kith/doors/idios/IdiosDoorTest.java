package dev.kith.doors.idios;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kith.doors.http.Access;
import dev.kith.doors.http.Route;
import dev.kith.doors.idios.IdiosFixture.Reply;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class IdiosDoorTest {
    private static final IdiosFixture DOOR = new IdiosFixture(new MemoryImages(), false);
    /** Of some 4 kB each: a batch more than what is stored whole. */
    private static final int LARGE_ENTRIES = (Restore.WHOLE_BYTES_MAX + EntryStream.BATCH_BYTES) / 4_000;

    private static final String M = "/models/shipped";

    @AfterAll
    static void close() {
        DOOR.close();
    }

    @BeforeEach
    void empty() {
        for (String url :
                DOOR.post(M + "/urls", "").body().replaceAll("[\\[\\]\"]", "").split(",")) {
            if (!url.isEmpty()) {
                DOOR.post(M + "/remove", "{\"url\":\"" + url + "\"}");
            }
        }
    }

    private static void add(String url, String metadata) {
        assertThat(DOOR.post(M + "/add", "{\"url\":\"%s\",\"metadata\":%s}".formatted(url, metadata)))
                .isEqualTo(new Reply(204, "application/json", ""));
    }

    @Test
    void ping_eitherWay_answersPong() {
        assertThat(DOOR.get("/ping")).isEqualTo(new Reply(200, "application/json", "\"pong\""));
        assertThat(DOOR.get("/ping?rpc=YES").body()).isEqualTo("\"pong\"");
        assertThat(DOOR.get("/ping?rpc=maybe"))
                .isEqualTo(new Reply(
                        422,
                        "application/json",
                        "{\"detail\":[{\"loc\":[\"query\",\"rpc\"],\"msg\":\"value could not be parsed to a boolean\","
                                + "\"type\":\"type_error.bool\"}]}"));
    }

    @Test
    void wholeLife_ofAnImage_isSeenEverywhere() {
        assertThat(DOOR.post(M + "/urls", "").body()).isEqualTo("[]");
        assertThat(DOOR.post(M + "/search", "{\"url\":\"http://a.de/q\"}").body())
                .isEqualTo("[]");
        add("http://a.de/2", "{\"shelf\":7,\"a\":[1.5,\"\u00e9\"]}");
        add("http://a.de/1", "null");
        assertThat(DOOR.get(M + "/count").body()).isEqualTo("2");
        assertThat(DOOR.post(M + "/urls", "{\"cursor\":null}").body())
                .isEqualTo("[\"http://a.de/1\",\"http://a.de/2\"]");
        assertThat(DOOR.post(M + "/urls", "{\"cursor\":\"http://a.de/1\",\"limit\":\"1\"}")
                        .body())
                .isEqualTo("[\"http://a.de/2\"]");
        assertThat(DOOR.post(M + "/search", "{\"url\":\"http://a.de/2\",\"limit\":1}")
                        .body())
                .isEqualTo("[{\"url\":\"http://a.de/2\",\"metadata\":{\"shelf\":7,\"a\":[1.5,\"\u00e9\"]},"
                        + "\"similarity\":100.0}]");
        assertThat(DOOR.post(M + "/compare", "{\"url\":\"http://a.de/1\",\"other\":\"http://a.de/1\"}")
                        .body())
                .isEqualTo("100.0");
        assertThat(DOOR.post(M + "/search_add", "{\"url\":\"http://a.de/1\"}"))
                .isEqualTo(new Reply(409, "application/json", "{\"detail\":\"Image already inserted\"}"));
        String dump = DOOR.post(M + "/dump", "").body();
        assertThat(dump).startsWith("[{\"url\":\"http://a.de/1\",\"metadata\":null,\"embedding\":[");
        assertThat(DOOR.get(M + "/dump").body()).isEqualTo(dump);
        assertThat("[" + DOOR.get(M + "/entry?url=http%3A%2F%2Fa.de%2F1").body() + ",")
                .isEqualTo(dump.substring(0, dump.indexOf("]},") + 3));
        assertThat(DOOR.get(M + "/entry?url=http://a.de/3").status()).isEqualTo(404);
        assertThat(DOOR.post(M + "/entry", "{\"url\":\"http://a.de/1\"}"))
                .isEqualTo(DOOR.get(M + "/entry?url=http://a.de/1"));
        assertThat(DOOR.post(M + "/entry", "{\"url\":\"http://a.de/3\"}").status())
                .isEqualTo(404);
        empty();
        assertThat(DOOR.get(M + "/count").body()).isEqualTo("0");
        assertThat(DOOR.post(M + "/restore", dump)).isEqualTo(new Reply(204, "application/json", ""));
        assertThat(DOOR.post(M + "/dump", "{}").body()).isEqualTo(dump);
    }

    @Test
    void addBulk_goodAndBad_saysWhich() {
        assertThat(DOOR.post(M + "/add_bulk", "[{\"url\":\"http://a.de/1\"},{\"url\":\"http://a.de/bad\"}]")
                        .body())
                .isEqualTo("{\"added\":[\"http://a.de/1\"],\"found\":[],\"failed\":[{\"url\":\"http://a.de/bad\","
                        + "\"error\":\"Images must have their dimensions above 150 x 150 pixels\"}]}");
        assertThat(DOOR.post(M + "/add_bulk", "[]").body()).isEqualTo("{\"added\":[],\"found\":[],\"failed\":[]}");
    }

    @Test
    void files_asFormOrBody_areAddedAndSearched() {
        byte[] picture = {(byte) 0x89, 'P', 'N', 'G', 0, 1, 2, 13, 10, '-', '-', 13, 10};
        String url = "?url=http%3A%2F%2Fa.de%2Ff&metadata=%7B%22a%22%3A1%7D";
        assertThat(DOOR.send("POST", M + "/add_file" + url, picture, List.of("Content-Type", "image/png"))
                        .status())
                .isEqualTo(204);
        byte[] form = form(picture, "{\"b\":2}", "http://a.de/g");
        List<String> type = List.of("Content-Type", "multipart/form-data; boundary=cut");
        assertThat(DOOR.send("POST", M + "/add_file", form, type).status()).isEqualTo(204);
        assertThat(DOOR.send("POST", M + "/search_file?limit=2", picture, List.of())
                        .body())
                .isEqualTo("[{\"url\":\"http://a.de/f\",\"metadata\":{\"a\":1},\"similarity\":100.0},"
                        + "{\"url\":\"http://a.de/g\",\"metadata\":{\"b\":2},\"similarity\":100.0}]");
        assertThat(DOOR.send("POST", M + "/search_file", form, type).status()).isEqualTo(200);
        assertThat(DOOR.send("POST", M + "/add_file", new byte[0], List.of()).body())
                .contains("field required");
        assertThat(DOOR.send("POST", M + "/add_file", "--cut\r\nx".getBytes(StandardCharsets.US_ASCII), type)
                        .status())
                .isEqualTo(400);
        assertThat(DOOR.send("POST", M + "/add_file", picture, List.of()).body())
                .contains("\"loc\":[\"body\",\"url\"]");
    }

    private static byte[] form(byte[] file, String metadata, String url) {
        String text = "--cut\r\nContent-Disposition: form-data; name=\"url\"\r\n\r\n" + url
                + "\r\n--cut\r\nContent-Disposition: form-data; name=\"metadata\"\r\n\r\n" + metadata
                + "\r\n--cut\r\nContent-Disposition: form-data; name=\"file\"; filename=\"../../x.png\"\r\n"
                + "Content-Type: image/png\r\n\r\n" + new String(file, StandardCharsets.ISO_8859_1) + "\r\n--cut--\r\n";
        return text.getBytes(StandardCharsets.ISO_8859_1);
    }

    @ParameterizedTest
    @MethodSource("refusals")
    void request_thatIsWrong_hasTheOriginalsAnswer(List<String> row) {
        Reply reply = DOOR.post(M + "/" + row.get(0), row.get(1));
        assertThat(reply.body()).isEqualTo("{\"detail\":" + row.get(3) + "}");
        assertThat(reply.status()).isEqualTo(Integer.parseInt(row.get(2)));
        assertThat(reply.type()).isEqualTo("application/json");
        assertThat(DOOR.get(M + "/count").body()).isEqualTo("0");
    }

    /** The error table of the wire: path, body, status and detail. */
    static Stream<List<String>> refusals() throws IOException {
        return ReadingTest.rows("refusals.tsv").map(ReadingTest.Row::columns);
    }

    @Test
    void failure_ofOurOwn_isPlainAndSaysNothing() {
        assertThat(DOOR.post(M + "/search", "{\"text\":\"/broken\"}"))
                .isEqualTo(new Reply(500, "text/plain; charset=utf-8", "Internal Server Error"));
    }

    @Test
    void model_unknown_namesThoseThatExist() {
        assertThat(DOOR.post("/models/other/add", "{}").body())
                .isEqualTo("{\"detail\":[{\"loc\":[\"path\",\"model_name\"],\"msg\":\"value is not a valid enumeration"
                        + " member; permitted: 'vit_b32', 'shipped'\",\"type\":\"type_error.enum\",\"ctx\":"
                        + "{\"enum_values\":[\"vit_b32\",\"shipped\"]}},{\"loc\":[\"body\",\"url\"],"
                        + "\"msg\":\"field required\",\"type\":\"value_error.missing\"}]}");
        assertThat(DOOR.get("/models/..%2Fx/count").status()).isEqualTo(400);
    }

    @Test
    void model_notInstalled_saysWhatToRun() {
        assertThat(DOOR.post("/models/vit_b32/add", "{\"url\":\"http://a.de/1\"}"))
                .isEqualTo(new Reply(
                        503,
                        "application/json",
                        "{\"detail\":[{\"msg\":\"model vit_b32 is not installed; run: kith models pull vit_b32\","
                                + "\"type\":\"server_error\"}]}"));
        assertThat(DOOR.get("/models").body())
                .isEqualTo("[{\"name\":\"vit_b32\",\"model\":null,\"kind\":\"image\",\"dimension\":null,"
                        + "\"installed\":false,\"count\":0},{\"name\":\"shipped\",\"model\":null,\"kind\":\"image\","
                        + "\"dimension\":null,\"installed\":false,\"count\":0}]");
    }

    @ParameterizedTest
    @CsvSource({
        "'', 204", "application/json, 204", "application/json; charset=utf-8, 204", "application/vnd.x+json, 204",
        "APPLICATION/JSON, 204", "application/x-www-form-urlencoded, 422", "text/json, 422", "text/plain, 422",
        "json, 422"
    })
    void contentType_thatIsNotJsons_makesTheBodyOpaque(String type, int status) {
        List<String> headers = type.isEmpty() ? List.of() : List.of("Content-Type", type);
        byte[] body = "{\"url\":\"http://a.de/1\"}".getBytes(StandardCharsets.UTF_8);
        Reply reply = DOOR.send("POST", M + "/add", body, headers);
        assertThat(reply.status()).isEqualTo(status);
        if (status == 422) {
            assertThat(reply.body()).contains("value is not a valid dict");
        }
    }

    @ParameterizedTest
    @CsvSource({"65535, 204", "65536, 422"})
    void metadata_atItsLimit_isTakenAndBeyondRefused(int length, int status) {
        String metadata = "{\"k\":\"" + "x".repeat(length - "{\"k\": \"\"}".length()) + "\"}";
        Reply reply = DOOR.post(M + "/add", "{\"url\":\"http://a.de/1\",\"metadata\":" + metadata + "}");
        assertThat(reply.status()).isEqualTo(status);
        if (status == 422) {
            assertThat(reply.body())
                    .isEqualTo("{\"detail\":[{\"loc\":[\"body\",\"metadata\"],\"msg\":\"metadata json too long"
                            + " (65536 > 65535)\",\"type\":\"value_error.metadata_json_too_long\"}]}");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"{\"a\":NaN}", "{\"a\":[{\"b\":-Infinity}]}"})
    void metadata_withNumbersThatJsonLacks_isRefused(String metadata) {
        assertThat(DOOR.post(M + "/add", "{\"url\":\"http://a.de/1\",\"metadata\":" + metadata + "}")
                        .status())
                .isEqualTo(422);
    }

    @ParameterizedTest
    @ValueSource(ints = {0xff, 0xc3, 0xed})
    void body_thatIsNoText_isUnreadable(int first) {
        byte[] body = {'"', (byte) first, (byte) 0x28, '"'};
        assertThat(DOOR.send("POST", M + "/add", body, List.of()))
                .isEqualTo(new Reply(400, "application/json", "{\"detail\":\"There was an error parsing the body\"}"));
    }

    @Test
    void restore_inTextThatIsUnusual_isTakenAllTheSame() {
        String body = "[{\"embedding\":[\"1\",true,1e0,-2.5],\"extra\":[],\"url\":\"http://\\u0061.de/1\"}]";
        assertThat(DOOR.post(M + "/restore", body).status()).isEqualTo(204);
        assertThat(DOOR.post(M + "/dump", "").body())
                .isEqualTo("[{\"url\":\"http://a.de/1\",\"metadata\":null,\"embedding\":[1.0,1.0,1.0,-2.5]}]");
    }

    @Test
    void list_ofNothingButProblems_isAnsweredWithSomeOfThem() {
        Reply reply = DOOR.post(M + "/restore", "[" + "1,".repeat(5_000) + "1]");
        assertThat(reply.status()).isEqualTo(422);
        assertThat(reply.body()).contains("[\"body\",999]").doesNotContain("[\"body\",1000]");
    }

    @Test
    void addBulk_ofMoreThanItTakes_isRefusedBeforeAnythingIsFetched() {
        Reply reply = DOOR.post(M + "/add_bulk", "[" + "{\"url\":\"http://a.de/\"},".repeat(10_000) + "{}]");
        assertThat(reply.status()).isEqualTo(422);
        assertThat(reply.body())
                .contains("\"ensure this value has at most 10000 items\",\"type\":\"value_error.list.max_items\"");
    }

    @Test
    void body_whoseValuesFillTheRoom_isRefusedUnread() {
        assertThat(DOOR.post(M + "/add_bulk", "[" + "[],".repeat(2_000_000) + "[]]")
                        .status())
                .isEqualTo(503);
    }

    @Test
    void restore_smallWithABadEntry_storesNothing() {
        String good = "{\"url\":\"http://a.de/%d\",\"embedding\":[1,2,3,4]}";
        String body = "[" + good.formatted(1) + "," + good.formatted(2) + ",{\"url\":\"x\",\"embedding\":[1,2,3,4]}]";
        assertThat(DOOR.post(M + "/restore", body).body()).contains("[\"body\",2,\"url\"]");
        assertThat(DOOR.get(M + "/count").body()).isEqualTo("0");
    }

    @ParameterizedTest
    @Tag("slow")
    @CsvSource({
        "422, '{\"url\":\"x\",\"embedding\":[1,2,3,4]}', scheme",
        "422, '{\"url\":\"http://a.de/\",\"embedding\":[1,2,3]}', dimension 3",
        "422, '{\"url\":\"http://a.de/\",\"embedding\":[1,2,3,}', Expecting",
        "400, '{\"url\":\"http://a.de/\\ud800\",\"embedding\":[1,2,3,4]}', error parsing",
        "422, '7', Expecting",
        "422, '', Expecting"
    })
    void restore_largeWithABadEntry_keepsWhatCameBeforeAndSaysHowMuch(int status, String bad, String reason) {
        Reply reply = DOOR.post(M + "/restore", large() + bad + "]");
        assertThat(reply.status()).isEqualTo(status);
        String count = DOOR.get(M + "/count").body();
        assertThat(Integer.parseInt(count)).isBetween(1, LARGE_ENTRIES);
        assertThat(reply.body()).contains(reason, "\"type\":\"restore_stopped\",\"ctx\":{\"stored\":" + count + "}");
    }

    @Test
    void restore_large_storesAllAndDumpGivesItBack() {
        String good = large() + "{\"url\":\"http://a.de/\",\"embedding\":[1,2,3,4]}]";
        assertThat(DOOR.post(M + "/restore", good).status()).isEqualTo(204);
        assertThat(DOOR.get(M + "/count").body()).isEqualTo(Integer.toString(LARGE_ENTRIES + 1));
        assertThat(DOOR.get(M + "/dump").body()).hasSizeGreaterThan(Restore.WHOLE_BYTES_MAX);
    }

    /** The beginning of a dump that is stored while it arrives. */
    private static String large() {
        StringBuilder body = new StringBuilder("[");
        String padding = "x".repeat(4_000);
        String entry = "{\"url\":\"http://a.de/%06d\",\"metadata\":{\"p\":\"%s\"},\"embedding\":[1,2,3,4]},";
        for (int i = 0; i < LARGE_ENTRIES; i++) {
            body.append(entry.formatted(i, padding));
        }
        return body.toString();
    }

    @Test
    void documents_offline_areThereWithTheirTypes() {
        assertThat(DOOR.get("/openapi.json").body())
                .contains("\"openapi\": \"3.0.2\"", "\"Idios\"", "[\"vit_b32\",\"shipped\"]".substring(1, 20));
        for (String path : List.of("/", "/docs", "/redoc", "/docs/oauth2-redirect")) {
            assertThat(DOOR.get(path))
                    .matches(reply -> reply.status() == 200 && reply.type().startsWith("text/html"));
        }
        assertThat(DOOR.get("/docs/assets/swagger-ui-bundle.js").type()).startsWith("text/javascript");
        assertThat(DOOR.get("/docs/assets/swagger-ui.css").type()).startsWith("text/css");
        for (String path : List.of("/assets/index.html.x", "/docs/assets/..", "/docs/assets/x%5Cy", "/assets/.x")) {
            assertThat(DOOR.get(path).status()).as(path).isBetween(400, 404);
        }
    }

    @Test
    void description_everyRoute_isInIt() {
        String description = DOOR.get("/openapi.json").body();
        for (Route route : DOOR.idios.routes()) {
            if (route.access() == Access.KEY && !route.path().equals("/openapi.json")) {
                String path = "\"" + route.path().replace("{model}", "{model_name}") + "\"";
                String method = "\"" + route.method().name().toLowerCase(Locale.ROOT) + "\"";
                assertThat(description).contains(path);
                int at = description.indexOf(path);
                int next = description.indexOf("\n  \"/", at + 1);
                assertThat(description.substring(at, next < 0 ? description.length() : next))
                        .contains(method);
            }
        }
    }

    @Test
    void routes_everyOne_isGuardedBeforeItsBodyIsRead() {
        try (IdiosFixture secured = new IdiosFixture(new MemoryImages(), true)) {
            for (Route route : secured.table.routes()) {
                String path = route.path().replace("{model}", "shipped").replace("{name}", "start.js");
                String method = route.method().name();
                byte[] body = route.bodyBytesMax() > 0 ? "{".getBytes(StandardCharsets.UTF_8) : new byte[0];
                for (List<String> credential : List.of(
                        List.<String>of(),
                        List.of("Authorization", "Bearer wrong"),
                        List.of("Authorization", "key-ann"),
                        List.of("Authorization", "Basic key-ann"))) {
                    int status = secured.send(method, path, body, credential).status();
                    assertThat(status == 401).as(method + " " + path).isEqualTo(route.access() == Access.KEY);
                }
                int status = secured.send(method, path, body, List.of("Authorization", "Bearer key-ann"))
                        .status();
                assertThat(status).as(method + " " + path).isNotEqualTo(401);
            }
            assertThat(secured.room.used()).isZero();
        }
    }

    @Test
    void tenants_ofTwoKeys_seeNothingOfEachOther() {
        try (IdiosFixture secured = new IdiosFixture(new MemoryImages(), true)) {
            List<String> ann = List.of("Authorization", "Bearer key-ann");
            List<String> bob = List.of("Authorization", "Bearer key-bob");
            byte[] one = "{\"url\":\"http://a.de/1\"}".getBytes(StandardCharsets.UTF_8);
            assertThat(secured.send("POST", M + "/add", one, ann).status()).isEqualTo(204);
            assertThat(secured.send("GET", M + "/count", new byte[0], bob).body())
                    .isEqualTo("0");
            assertThat(secured.send("GET", M + "/entry?url=http://a.de/1", new byte[0], bob)
                            .status())
                    .isEqualTo(404);
            assertThat(secured.send("POST", M + "/remove", one, bob).status()).isEqualTo(204);
            assertThat(secured.send("POST", M + "/search", one, bob).body()).isEqualTo("[]");
            assertThat(secured.send("GET", M + "/count", new byte[0], ann).body())
                    .isEqualTo("1");
        }
    }
}
