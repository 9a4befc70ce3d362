package dev.kith.app;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kith.fetch.Cidr;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class CliTest {
    private static final Path REFERENCE = Path.of("..", "config", "kith.yaml");

    @TempDir
    private Path folder;

    private final Map<String, String> variables = new HashMap<>();
    private final List<Config> started = new ArrayList<>();
    private final List<WorkerConfig> working = new ArrayList<>();
    private final ByteArrayOutputStream out = new ByteArrayOutputStream();
    private final ByteArrayOutputStream err = new ByteArrayOutputStream();

    @Test
    void serve_layers_flagsBeatVariablesBeatFile() throws IOException {
        Path file = Files.writeString(
                folder.resolve("c.yaml"),
                "faissx-port: 1\nidios-port: 2\nvectorflow-port: 3\nallow-fetch: [10.0.0.0/8]\n");
        variables.put("KITH_CONFIG", file.toString());
        variables.put("KITH_FAISSX_PORT", "11");
        variables.put("KITH_IDIOS_PORT", "12");
        variables.put("KITH_MEMORY", "");
        assertThat(run("serve", "--faissx-port", "21")).isZero();
        Config.Ports ports = started.getFirst().network().ports();
        assertThat(ports).isEqualTo(new Config.Ports(21, 1_369, 1_370, 12, 3));
        assertThat(started.getFirst().fetching().allowed()).containsExactly(Cidr.parse("10.0.0.0/8"));
    }

    @Test
    void serve_everySetting_hasFlagVariableAndKey() {
        for (Setting setting : Setting.values()) {
            assertThat(run("serve", "--help")).isZero();
            assertThat(text(out)).contains(setting.flag());
        }
        variables.put("KITH_LOG_LEVEL", "ERROR");
        variables.put("KITH_IN_MEMORY", "true");
        assertThat(run("serve", "--log-format=json")).isZero();
        assertThat(started.getLast().logging())
                .extracting(Config.Logging::level, Config.Logging::format)
                .containsExactly(Config.Logging.Level.ERROR, Config.Logging.Format.JSON);
        assertThat(started.getLast().data()).isEmpty();
    }

    @Test
    void ahnlich_threadpoolSize_isThatOfThePools_andWhatDoesNothingIsSaid() {
        assertThat(run("ahnlich-db", "run", "--threadpool-size", "3", "--parallel-batch-threshold", "9"))
                .isZero();
        assertThat(started.getLast().threads()).isEqualTo(3);
        assertThat(started.getLast().warnings())
                .singleElement()
                .asString()
                .startsWith("--parallel-batch-threshold is without effect: ");
        assertThat(run("ahnlich-db", "run")).isZero();
        assertThat(started.getLast().threads()).isEqualTo(Runtime.getRuntime().availableProcessors());
        assertThat(started.getLast().warnings()).isEmpty();
        assertThat(run("ahnlich-ai", "run", "--threadpool-size", "0")).isEqualTo(Cli.USAGE);
        assertThat(text(err)).contains("--threadpool-size: ").contains("is outside 1 to 1024");
    }

    @Test
    void serve_strongerChoice_silencesTheAlternativeBelow() {
        variables.put("KITH_IN_MEMORY", "true");
        assertThat(run("serve", "--data-dir", folder.toString())).isZero();
        assertThat(started.getLast().data()).contains(folder.toAbsolutePath());
    }

    @Test
    void serve_switchOffAbove_leavesTheAlternativeBelow() throws IOException {
        Path file = Files.writeString(folder.resolve("c.yaml"), "data-dir: " + folder);
        variables.put("KITH_IN_MEMORY", "false");
        assertThat(run("serve", "--config", file.toString())).isZero();
        assertThat(started.getLast().data()).contains(folder.toAbsolutePath());
    }

    @Test
    void serve_referenceFile_equalsTheDefaultsAndNamesEveryKey() throws IOException {
        assertThat(run("serve")).isZero();
        assertThat(run("serve", "--config", REFERENCE.toString())).as(text(err)).isZero();
        assertThat(started.get(1)).isEqualTo(started.get(0));
        String reference = Files.readString(REFERENCE);
        for (Setting setting : Setting.values()) {
            assertThat(reference).containsPattern("(?m)^(# )?" + setting.key() + ": ");
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "data-dirs: x",
                "memory: {a: b}",
                "memory: [[1]]",
                "- a",
                "a: b: c",
                "memory: 1G\nmemory: 2G",
                "memory: 20%\n---\nmemory: 30%",
                "memory: !!java.net.URL [x]",
                "text",
                "memory: &a [*a]"
            })
    void serve_badFile_isRefusedWithLines(String yaml) throws IOException {
        Path file = Files.writeString(folder.resolve("c.yaml"), yaml);
        assertThat(run("serve", "--config", file.toString())).isEqualTo(Cli.USAGE);
        assertThat(started).isEmpty();
        assertThat(text(err).lines()).isNotEmpty().allMatch(line -> line.startsWith("kith: "));
    }

    @Test
    void serve_faultsOfFileAndFlags_areReportedTogether() throws IOException {
        Path file = Files.writeString(folder.resolve("c.yaml"), "nonsense: 1\nmemory: x\n");
        assertThat(run("serve", "--config", file.toString(), "--faissx-port=x")).isEqualTo(Cli.USAGE);
        assertThat(text(err).lines())
                .hasSize(3)
                .anyMatch(line -> line.contains("c.yaml: nonsense"))
                .anyMatch(line -> line.contains("c.yaml: memory: 'x'"))
                .anyMatch(line -> line.contains("--faissx-port: 'x'"));
    }

    @Test
    void supportedModels_withoutNames_areAllThatTheWireHas() {
        assertThat(run("ahnlich-ai", "supported-models")).isZero();
        assertThat(text(out).lines().toList().getFirst()).isEqualTo("Displaying Supported Models");
        assertThat(text(out)).contains("all-minilm-l6-v2, all-minilm-l12-v2, ", "jina-embeddings-v2-base-code");
    }

    @Test
    void supportedModels_ofNames_areDescribedInTheirOrder() throws IOException {
        assertThat(run("ahnlich-ai", "supported-models", "--names", "clap-audio,all-minilm-l6-v2"))
                .isZero();
        String json = text(out).substring(text(out).indexOf('['));
        var models = new com.fasterxml.jackson.databind.ObjectMapper().readTree(json);
        assertThat(models).hasSize(2);
        assertThat(models.get(0).path("input_type").asText()).isEqualTo("Audio");
        assertThat(models.get(0).path("max_input_seconds").asInt()).isEqualTo(10);
        assertThat(models.get(0).path("installed").asBoolean()).isFalse();
        assertThat(models.get(1).path("embedding_size").asInt()).isEqualTo(384);
        assertThat(models.get(1).path("max_input_tokens").asInt()).isEqualTo(256);
        assertThat(models.get(1).path("installed").asBoolean()).isTrue();
        assertThat(run("ahnlich-ai", "supported-models", "--names", "gpt")).isEqualTo(Cli.USAGE);
        assertThat(text(err)).contains("--names: gpt is no model of Ahnlich's");
    }

    @Test
    void serve_missingFile_isRefused() {
        assertThat(run("serve", "--config", folder.resolve("none").toString())).isEqualTo(Cli.USAGE);
        assertThat(text(err)).contains("cannot be read");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"nonsense", "serve --nonsense", "serve extra", "serve --bind", "serve --memory=1G --memory=2G"})
    void run_wrongUsage_isOneLineAndCode2(String arguments) {
        assertThat(run(arguments.split(" "))).isEqualTo(Cli.USAGE);
        assertThat(text(err).lines()).hasSize(1);
        assertThat(started).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "--help",
                "faissx",
                "faissx run --help",
                "serve -h",
                "version --help",
                "ahnlich-ai supported-models --help"
            })
    void run_help_isShown(String arguments) {
        assertThat(run(arguments.isEmpty() ? new String[0] : arguments.split(" ")))
                .isZero();
        assertThat(text(out)).contains("Usage: kith");
        assertThat(started).isEmpty();
    }

    @Test
    void run_version_isTheBuilds() {
        assertThat(run("version")).isZero();
        assertThat(run("faissx", "--version")).isZero();
        assertThat(text(out)).matches("kith \\d+\\.\\d+\\.\\d+\\S*\\RFAISSx server of Kith \\d+\\S*\\R");
    }

    @Test
    void faissxRun_originalsOptions_areTaken() {
        int code = run(
                "faissx",
                "run",
                "--port",
                "5",
                "--bind-address",
                "127.0.0.1",
                "--auth-keys",
                "k:t",
                "--enable-auth",
                "--data-dir",
                folder.toString(),
                "--log-level",
                "debug",
                "--log-file",
                folder.resolve("l").toString());
        assertThat(code).as(text(err)).isZero();
        Config config = started.getFirst();
        assertThat(config.network().ports().faissx()).isEqualTo(5);
        assertThat(config.network().bind().isLoopbackAddress()).isTrue();
        assertThat(config.auth().keys()).containsEntry("k", "t");
        assertThat(config.data()).contains(folder.toAbsolutePath());
        assertThat(config.logging().level()).isEqualTo(Config.Logging.Level.DEBUG);
        assertThat(config.logging().file()).contains(folder.resolve("l").toAbsolutePath());
    }

    @Test
    void faissxRun_originalsVariables_areTakenBelowOptions() {
        variables.putAll(Map.of(
                "FAISSX_DATA_DIR", folder.toString(),
                "FAISSX_PORT", "7",
                "FAISSX_BIND_ADDRESS", "0.0.0.0",
                "FAISSX_ENABLE_AUTH", "yes",
                "FAISS_API_KEYS", "k:t",
                "FAISS_PORT", "8",
                "KITH_FAISSX_PORT", "9"));
        assertThat(run("faissx", "run")).as(text(err)).isZero();
        assertThat(run("faissx", "run", "--port", "6")).isZero();
        assertThat(started.get(0).network().ports().faissx()).isEqualTo(7);
        assertThat(started.get(1).network().ports().faissx()).isEqualTo(6);
        assertThat(started.get(0).auth().keys()).containsEntry("k", "t");
        assertThat(started.get(0).warnings()).isEmpty();
    }

    @Test
    void faissxRun_imagesVariables_openWithWarning() {
        variables.putAll(Map.of(
                "FAISSX_DATA_DIR", folder.toString(),
                "FAISSX_PORT", "45678",
                "FAISSX_BIND_ADDRESS", "0.0.0.0",
                "FAISSX_ENABLE_AUTH", "false"));
        assertThat(run("faissx", "run")).isZero();
        assertThat(started.getFirst().warnings()).hasSize(1);
    }

    @Test
    void faissxRun_faultyVariable_isNamed() {
        variables.put("FAISS_PROXY_API_KEYS", "secret");
        variables.put("FAISSX_ENABLE_AUTH", "1");
        assertThat(run("faissx", "run")).isEqualTo(Cli.USAGE);
        assertThat(text(err)).contains("FAISS_PROXY_API_KEYS").doesNotContain("secret");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "shell --agent cli|--agent: cli is neither db nor ai",
                "shell --port 0 -c PING|--port: 0 is not between 1 and 65535",
                "shell --port x -c PING|--port: x is not between 1 and 65535",
                "shell --user me -c PING|--user and --key go together",
                "shell --user me --key k --token t -c PING|--token is instead of --user and --key",
                "shell -c PING -f x|-c and -f do not go together",
                "import ahnlich|Missing required parameter",
                "import ahnlich x --port 70000|--port: 70000 is not between 1 and 65535"
            })
    void client_wrongCommandLine_isRefusedWithTheReason(String one) {
        String[] parts = one.split("\\|", 2);
        assertThat(run(parts[0].split(" "))).isEqualTo(Cli.USAGE);
        assertThat(text(err)).contains(parts[1]);
    }

    @Test
    void client_help_namesCodesAndVariables() {
        assertThat(run("shell", "--help")).isZero();
        assertThat(text(out)).contains("KITH_SHELL_TOKEN", "--json", "--no-interactive", "unless --strict");
        assertThat(run("import", "ahnlich", "--help")).isZero();
        assertThat(text(out)).contains("holds no vectors", "with 3 when some of the file could not be taken");
    }

    @Test
    void worker_withAStore_takesItsQueueFromTheOriginalsVariableToo() {
        variables.put("RABBITMQ_URL", "amqp://me:secret@broker:5673");
        variables.put("KITH_KEY", "k");
        assertThat(run("worker", "--store", "http://store:4213", "--prefetch", "4", "--health-port", "0"))
                .as(text(err))
                .isEqualTo(Cli.OK);
        WorkerConfig config = working.getFirst();
        assertThat(config.broker().port()).isEqualTo(5673);
        assertThat(config.broker().toString()).isEqualTo("amqp://broker:5673");
        assertThat(config.store().orElseThrow().key()).contains("k");
        assertThat(config.prefetch()).isEqualTo(4);
        assertThat(config.healthPort()).hasValue(0);
    }

    @Test
    void worker_withoutWhatItNeeds_saysAllThatIsWrong() {
        assertThat(run("worker", "--store", "ftp://x", "--prefetch", "0")).isEqualTo(Cli.USAGE);
        assertThat(text(err)).contains("--store: 'ftp://x'", "--prefetch: '0'", "--queue: the address of the broker");
        err.reset();
        assertThat(run("worker", "--queue", "amqp://h", "--in-memory", "--store", "http://h"))
                .isEqualTo(Cli.USAGE);
        assertThat(run("worker", "--queue", "amqp://h")).isEqualTo(Cli.USAGE);
        assertThat(text(err)).contains("Give either --store, or --data-dir");
        err.reset();
        assertThat(run("worker", "--queue", "http://me:secret@h", "--in-memory"))
                .isEqualTo(Cli.USAGE);
        assertThat(text(err)).contains("--queue: is not an address such as").doesNotContain("secret");
        assertThat(working).isEmpty();
    }

    @Test
    void serve_queueWithKeysOfSeveralTenants_isRefused() {
        String[] common = {"serve", "--in-memory", "--enable-auth", "--queue", "amqp://h", "--auth-keys"};
        assertThat(run(with(common, "a:one,b:one"))).as(text(err)).isEqualTo(Cli.OK);
        assertThat(run(with(common, "a:one,b:two"))).isEqualTo(Cli.USAGE);
        assertThat(text(err)).contains("--queue: the keys are of several tenants");
    }

    private static String[] with(String[] arguments, String last) {
        String[] more = java.util.Arrays.copyOf(arguments, arguments.length + 1);
        more[arguments.length] = last;
        return more;
    }

    @Test
    void client_exportAndImportOfIdios_checkTheirArguments() {
        assertThat(run("export", "idios", "no address", "x")).isEqualTo(Cli.USAGE);
        assertThat(run("export", "idios", "http://h/models/m", "x", "--batch", "16385"))
                .isEqualTo(Cli.USAGE);
        assertThat(text(err)).contains("URL: 'no address'", "--batch: '16385' is outside 1 to 16384");
        assertThat(run("import", "idios", "http://h/models/m")).isEqualTo(Cli.USAGE);
    }

    @Test
    void client_importOfAMissingFile_fails() {
        assertThat(run("import", "ahnlich", folder.resolve("none").toString())).isEqualTo(Cli.FAILED);
        assertThat(text(err)).contains("cannot read the file");
    }

    private int run(String... arguments) {
        return new Cli(new Cli.Surroundings(
                        variables,
                        new ConfigReader.Machine(Path.of("/users/somebody"), 1L << 30),
                        new PrintStream(out, true, StandardCharsets.UTF_8),
                        new PrintStream(err, true, StandardCharsets.UTF_8),
                        config -> {
                            started.add(config);
                            return Cli.OK;
                        },
                        config -> {
                            working.add(config);
                            return Cli.OK;
                        }))
                .run(arguments);
    }

    private static String text(ByteArrayOutputStream stream) {
        return stream.toString(StandardCharsets.UTF_8);
    }
}
