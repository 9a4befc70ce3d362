package dev.kith.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ConfigReaderTest {
    private static final ConfigReader.Machine MACHINE = new ConfigReader.Machine(Path.of("/users/somebody"), 4L << 30);

    @TempDir
    private Path folder;

    @Test
    void read_nothingGiven_isTheDocumentedDefault() {
        Config config = read(Map.of());
        assertThat(config.data()).contains(Path.of("kith-data").toAbsolutePath());
        assertThat(config.network().bind().getHostAddress()).isEqualTo("127.0.0.1");
        assertThat(config.network().ports()).isEqualTo(new Config.Ports(45_678, 1_369, 1_370, 4_213, 8_000));
        assertThat(config.network().doors())
                .containsExactlyInAnyOrder(Door.FAISSX, Door.AHNLICH_DB, Door.AHNLICH_AI, Door.IDIOS);
        assertThat(config.auth().enabled()).isFalse();
        assertThat(config.memoryBytes()).isBetween((3L << 30) - 100, 3L << 30);
        assertThat(config.logging().level()).isEqualTo(Config.Logging.Level.INFO);
        assertThat(config.warnings()).isEmpty();
    }

    @Test
    void read_hostNames_areInLowerCase() {
        assertThat(read(Map.of(Setting.HTTP_HOSTS, "Kith, pictures.Example.net"))
                        .network()
                        .hosts())
                .containsExactlyInAnyOrder("kith", "pictures.example.net");
    }

    @ParameterizedTest
    @CsvSource({
        "FAISSX_PORT, 65536, 0 (any free port) to 65535",
        "IDIOS_PORT, -1, 0 (any free port) to 65535",
        "VECTORFLOW_PORT, 80a, 0 (any free port) to 65535",
        "MEMORY, 1M, 10M to the machine's memory",
        "MEMORY, 101%, 10M to the machine's memory",
        "MEMORY, 5G, 10M to the machine's memory",
        "MEMORY, lots, a number of bytes",
        "DOORS, ftp, allowed: faissx",
        "DOORS, 'faissx,vectorflow', does not have yet",
        "ALLOW_FETCH, 10.0.0.0, address range",
        "ALLOW_FETCH, 10.0.0.0/33, 0 to 32",
        "ALLOW_FETCH, 'fd00::/8,host/8', address range",
        "LOG_LEVEL, LOUD, 'DEBUG, INFO, WARNING, ERROR, CRITICAL'",
        "LOG_FORMAT, xml, 'TEXT, JSON'",
        "IN_MEMORY, maybe, neither 1",
        "BIND, 300.1.1.1.1, address",
        "HTTP_HOSTS, kith:4213, host names",
        "HTTP_HOSTS, '', host names",
    })
    void read_faultyValue_namesOriginValueAndRange(Setting setting, String value, String range) {
        assertThat(faults(Map.of(setting, value)))
                .singleElement()
                .satisfies(fault -> assertThat(fault)
                        .startsWith(setting.flag() + ": ")
                        .contains("'" + value + "'")
                        .contains(range));
    }

    @Test
    void read_manyFaults_reportsAllTogether() {
        assertThat(faults(Map.of(
                        Setting.FAISSX_PORT, "x",
                        Setting.MEMORY, "x",
                        Setting.LOG_LEVEL, "x",
                        Setting.ENABLE_AUTH, "true")))
                .hasSize(4);
    }

    @Test
    void read_ahnlichUsers_aloneSecureNoOtherDoor() throws Exception {
        Path users = Files.writeString(folder.resolve("users.toml"), "[users]\nann = \"" + "0a".repeat(32) + "\"");
        Map<Setting, String> given =
                Map.of(Setting.ENABLE_AUTH, "true", Setting.AHNLICH_USERS, users.toString(), Setting.DOORS, "ahnlich");
        assertThat(read(given).auth().users()).isPresent();
        assertThat(faults(Map.of(Setting.ENABLE_AUTH, "true", Setting.AHNLICH_USERS, users.toString())))
                .singleElement()
                .asString()
                .contains("--auth-keys or --auth-file");
        assertThat(faults(Map.of(Setting.AHNLICH_USERS, users.toString(), Setting.DOORS, "ahnlich")))
                .singleElement()
                .asString()
                .contains("authentication is not enabled");
    }

    @Test
    void read_certificateWithoutKey_isRefused() {
        assertThat(faults(Map.of(Setting.TLS_CERT, "cert.pem")))
                .singleElement()
                .asString()
                .contains("--tls-cert", "--tls-key");
        assertThat(faults(Map.of(Setting.TLS_CERT, "no.pem", Setting.TLS_KEY, "no.pem")))
                .singleElement()
                .asString()
                .contains("no.pem cannot be read");
    }

    @ParameterizedTest
    @CsvSource({"50%, 2147483648", "1g, 1073741824", "512M, 536870912", "65536K, 67108864", "67108864, 67108864"})
    void read_memory_takesUnits(String text, long bytes) {
        assertThat(read(Map.of(Setting.MEMORY, text)).memoryBytes()).isEqualTo(bytes);
    }

    @Test
    void read_otherAddressWithoutAuthentication_isRefusedUnlessInsecure() {
        assertThat(faults(Map.of(Setting.BIND, "0.0.0.0")))
                .singleElement()
                .asString()
                .contains("--insecure");
        Config open = read(Map.of(Setting.BIND, "*", Setting.INSECURE, "yes"));
        assertThat(open.network().bind().isAnyLocalAddress()).isTrue();
        assertThat(open.warnings()).singleElement().asString().contains("without authentication");
        Config safe = read(Map.of(Setting.BIND, "0.0.0.0", Setting.ENABLE_AUTH, "1", Setting.AUTH_KEYS, "k:t"));
        assertThat(safe.warnings()).isEmpty();
    }

    @Test
    void read_faissxDefaults_openWithWarningAndNoDoorButFaissx() {
        Config config = ConfigReader.read(Map.of(), Defaults.faissx(), MACHINE, List.of());
        assertThat(config.network().bind().isAnyLocalAddress()).isTrue();
        assertThat(config.network().doors()).containsExactly(Door.FAISSX);
        assertThat(config.data()).isEmpty();
        assertThat(config.warnings()).hasSize(1);
    }

    @Test
    void read_keys_mapToTenantsAndStayOutOfTexts() {
        Config config =
                read(Map.of(Setting.ENABLE_AUTH, "on", Setting.AUTH_KEYS, " secret-1 : tenant-1 ,secret-2:a:b"));
        assertThat(config.auth().keys()).isEqualTo(Map.of("secret-1", "tenant-1", "secret-2", "a:b"));
        assertThat(config.toString()).doesNotContain("secret");
    }

    @ParameterizedTest
    @CsvSource({"secret", "secret:", "':tenant'", "'secret:t,,x:y'", "'secret:t,secret:u'", "''"})
    void read_malformedKeys_areRefusedWithoutShowingThem(String keys) {
        assertThat(faults(Map.of(Setting.ENABLE_AUTH, "true", Setting.AUTH_KEYS, keys)))
                .isNotEmpty()
                .allSatisfy(fault -> assertThat(fault).doesNotContain("secret").startsWith("--auth-keys"));
    }

    @Test
    void read_keysAndSwitchApart_areRefused() {
        assertThat(faults(Map.of(Setting.ENABLE_AUTH, "true")))
                .singleElement()
                .asString()
                .contains("no keys");
        assertThat(faults(Map.of(Setting.AUTH_KEYS, "k:t")))
                .singleElement()
                .asString()
                .contains("not enabled");
        assertThat(faults(Map.of(Setting.AUTH_KEYS, "k:t", Setting.AUTH_FILE, "f", Setting.ENABLE_AUTH, "true")))
                .anyMatch(fault -> fault.contains("exclude each other"));
    }

    @Test
    void read_keyFile_isReadStrictly() throws IOException {
        assertThat(withKeyFile("{\"a\": \"t1\", \"b\": \"t2\"}").auth().keys()).containsEntry("b", "t2");
        for (String bad : List.of("[]", "{", "{\"a\":1}", "{\"a\":\"x\",\"a\":\"y\"}", "{}", "{\"a\":\"\"}", "")) {
            assertThatThrownBy(() -> withKeyFile(bad)).as(bad).isInstanceOf(ConfigException.class);
        }
        assertThat(faults(Map.of(
                        Setting.ENABLE_AUTH,
                        "1",
                        Setting.AUTH_FILE,
                        folder.resolve("no").toString())))
                .singleElement()
                .asString()
                .contains("cannot be read");
    }

    @Test
    void read_homeFolder_isExpanded() {
        assertThat(read(Map.of(Setting.DATA_DIR, "~/data")).data()).contains(Path.of("/users/somebody/data"));
        assertThat(read(Map.of(Setting.DATA_DIR, "~")).data()).contains(Path.of("/users/somebody"));
    }

    @Test
    void read_inMemory_hasNoFolderAndExcludesOne() {
        assertThat(read(Map.of(Setting.IN_MEMORY, "true")).data()).isEmpty();
        assertThat(faults(Map.of(Setting.IN_MEMORY, "true", Setting.DATA_DIR, "x")))
                .singleElement()
                .asString()
                .contains("exclude each other");
    }

    @Test
    void read_samePortTwice_isRefused() {
        assertThat(faults(Map.of(Setting.FAISSX_PORT, "4213"))).hasSize(1);
        assertThat(faults(Map.of(Setting.IDIOS_PORT, "1369"))).hasSize(1);
        assertThat(read(Map.of(Setting.FAISSX_PORT, "0", Setting.IDIOS_PORT, "0"))
                        .network()
                        .ports()
                        .idios())
                .isZero();
        assertThat(read(Map.of(Setting.FAISSX_PORT, "4213", Setting.DOORS, "faissx"))
                        .network()
                        .doors())
                .containsExactly(Door.FAISSX);
    }

    private Config withKeyFile(String json) throws IOException {
        Path file = Files.writeString(folder.resolve("keys.json"), json);
        return read(Map.of(Setting.ENABLE_AUTH, "true", Setting.AUTH_FILE, file.toString()));
    }

    private static List<String> faults(Map<Setting, String> settings) {
        return catchThrowableOfType(ConfigException.class, () -> read(settings)).faults();
    }

    private static Config read(Map<Setting, String> settings) {
        Map<Setting, Given> given = new EnumMap<>(Setting.class);
        settings.forEach((setting, value) -> given.put(setting, new Given(value, setting.flag())));
        return ConfigReader.read(given, Defaults.serve(), MACHINE, List.of());
    }
}
