package dev.kith.shell;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kith.shell.language.Agent;
import dev.kith.shell.remote.Endpoint;
import dev.kith.shell.remote.RecordingServer;
import dev.kith.wire.ahnlich.server_types.ServerType;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ShellTest {
    private static final Shell.Manner TABLES = new Shell.Manner(false, false);
    private static final Shell.Manner JSON = new Shell.Manner(true, false);
    private static final Shell.Manner STRICT = new Shell.Manner(false, true);

    private final ByteArrayOutputStream out = new ByteArrayOutputStream();
    private final ByteArrayOutputStream err = new ByteArrayOutputStream();
    private RecordingServer server;

    @TempDir
    private Path folder;

    @BeforeEach
    void start() throws IOException {
        server = new RecordingServer();
    }

    @AfterEach
    void stop() {
        server.close();
    }

    @Test
    void piped_ping_printsPong() {
        assertThat(piped(TABLES, "PING")).isZero();
        assertThat(text(out)).isEqualTo("Pong\n\n");
    }

    @Test
    void piped_statementsOfOneLine_goTogetherAndAnswersComeInOrder() {
        assertThat(piped(JSON, "# a comment\n\nPING; LISTSTORES\nGETSTORE x; PING\n"))
                .isZero();
        assertThat(text(out)).isEqualTo("""
                        {"reply":"Pong"}
                        {"reply":"StoreList","rows":[{"name":"a\\tb","len":18446744073709551615,"size_in_bytes":0,\
                        "dimension":2,"predicate_indices":[],"non_linear_indices":[]}]}
                        {"error":"no such store","code":5}
                        {"reply":"Pong"}
                        """);
    }

    @Test
    void tables_ofHostileNames_writeControlCharactersOut() {
        assertThat(piped(TABLES, "LISTSTORES")).isZero();
        assertThat(text(out))
                .contains("StoreList: 1", "a\\u0009b  18446744073709551615")
                .doesNotContain("\t");
    }

    @Test
    void piped_refusedStatement_isPrintedAndNoFailureUnlessStrict() {
        assertThat(piped(TABLES, "GETSTORE x\nPING")).isZero();
        assertThat(text(out)).isEqualTo("Error: no such store\n\nPong\n\n");
        out.reset();
        assertThat(piped(STRICT, "GETSTORE x\nPING")).isEqualTo(Shell.FAILED);
        assertThat(text(out)).isEqualTo("Error: no such store\n\n");
        assertThat(text(err)).contains("line 1: the server refused a statement");
    }

    @Test
    void piped_garbage_failsWithItsPlaceAndRunsNothingOfItsLine() {
        assertThat(piped(TABLES, "PING\nPING; GETSTORE (\nPING")).isEqualTo(Shell.FAILED);
        assertThat(text(out)).isEqualTo("Pong\n\n");
        assertThat(text(err)).contains("line 2, column 16: expected the name of a store but found (");
        assertThat(server.queries).hasSize(1);
    }

    @Test
    void piped_nothing_failsWithoutConnecting() {
        server.close();
        assertThat(piped(TABLES, " \n# nothing\n")).isEqualTo(Shell.FAILED);
        assertThat(text(err)).contains("No input provided");
    }

    @Test
    void piped_quit_leavesTheRestAlone() {
        assertThat(piped(TABLES, "QUIT\nGETSTORE (")).isZero();
        assertThat(text(out)).isEmpty();
    }

    @Test
    void piped_help_showsStatementsOfTheServer() {
        assertThat(piped(TABLES, "HELP\nhelp getsimn\nHELP PURGESTORES")).isZero();
        assertThat(text(out))
                .contains("LISTCLIENTS", "GETSIMN n WITH key USING algorithm", "There is no statement purgestores");
    }

    @Test
    void given_lines_runAsTheyStand() {
        int code = shell(server.endpoint(), TABLES, "").run(new Shell.Input.Given(List.of("PING", "PING")));
        assertThat(code).isZero();
        assertThat(text(out)).isEqualTo("Pong\n\nPong\n\n");
    }

    @Test
    void scripts_files_runInTheirOrder() throws IOException {
        Path first = Files.writeString(folder.resolve("1"), "PING\r\n");
        Path second = Files.writeString(folder.resolve("2"), "nonsense");
        int code = shell(server.endpoint(), TABLES, "").run(new Shell.Input.Scripts(List.of(first, second)));
        assertThat(code).isEqualTo(Shell.FAILED);
        assertThat(text(out)).isEqualTo("Pong\n\n");
        assertThat(text(err)).contains("stopped in " + second);
    }

    @Test
    void open_whereNobodyListens_saysSo() throws IOException {
        int port;
        try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            port = free.getLocalPort();
        }
        Endpoint nobody = new Endpoint("127.0.0.1", port, false, Optional.empty(), Optional.empty());
        assertThat(shell(nobody, TABLES, "PING").run(new Shell.Input.Piped())).isEqualTo(Shell.FAILED);
        assertThat(text(err)).contains("no connection to 127.0.0.1:" + port, "Connection refused");
    }

    @Test
    void open_serverOfTheOtherKind_isRefused() {
        server.type = ServerType.AI;
        assertThat(piped(TABLES, "PING")).isEqualTo(Shell.FAILED);
        assertThat(text(err)).contains("is not a valid DB server but of type AI");
        assertThat(server.queries).isEmpty();
    }

    @Test
    void open_withCredentials_sendsThemWithEveryCall() {
        Endpoint plain = server.endpoint();
        Endpoint known = new Endpoint(plain.host(), plain.port(), false, Optional.empty(), Optional.of("me:secret"));
        assertThat(shell(known, TABLES, "PING").run(new Shell.Input.Piped())).isZero();
        assertThat(server.authorizations).containsExactly("Bearer me:secret", "Bearer me:secret");
    }

    private int piped(Shell.Manner manner, String input) {
        return shell(server.endpoint(), manner, input).run(new Shell.Input.Piped());
    }

    private Shell shell(Endpoint endpoint, Shell.Manner manner, String input) {
        var in = new ByteArrayInputStream(input.getBytes(StandardCharsets.UTF_8));
        var streams = new Shell.Streams(in, print(out), print(err));
        return new Shell(endpoint, Agent.DB, manner, streams);
    }

    private static PrintStream print(ByteArrayOutputStream bytes) {
        return new PrintStream(bytes, true, StandardCharsets.UTF_8);
    }

    private static String text(ByteArrayOutputStream bytes) {
        return bytes.toString(StandardCharsets.UTF_8);
    }
}
