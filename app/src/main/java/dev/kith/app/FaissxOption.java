package dev.kith.app;

import java.util.EnumMap;
import java.util.List;
import java.util.Map;

/**
 * The options of the original FAISSx server's {@code run}, with the variables of its images, of its older editions and
 * of faiss-proxy. The first variable that is set counts; an option is stronger than all of them.
 */
enum FaissxOption {
    PORT(
            Setting.FAISSX_PORT,
            "--port",
            "port to listen on; 0 takes any free one (default: 45678)",
            "FAISSX_PORT",
            "FAISS_PORT",
            "FAISS_PROXY_PORT"),
    BIND_ADDRESS(
            Setting.BIND,
            "--bind-address",
            "address to listen on (default: 0.0.0.0)",
            "FAISSX_BIND_ADDRESS",
            "FAISS_BIND_ADDRESS"),
    AUTH_KEYS(
            Setting.AUTH_KEYS,
            "--auth-keys",
            "key1:tenant1,key2:tenant2; with --enable-auth",
            "FAISSX_AUTH_KEYS",
            "FAISS_AUTH_KEYS",
            "FAISSX_API_KEYS",
            "FAISS_API_KEYS",
            "FAISS_PROXY_API_KEYS"),
    AUTH_FILE(
            Setting.AUTH_FILE,
            "--auth-file",
            "JSON object of key to tenant; with --enable-auth",
            "FAISSX_AUTH_FILE",
            "FAISS_AUTH_FILE"),
    ENABLE_AUTH(Setting.ENABLE_AUTH, "--enable-auth", "demand a key", "FAISSX_ENABLE_AUTH", "FAISS_ENABLE_AUTH"),
    DATA_DIR(
            Setting.DATA_DIR,
            "--data-dir",
            "folder that keeps the data (default: none, all data goes with the process)",
            "FAISSX_DATA_DIR",
            "FAISS_DATA_DIR"),
    LOG_LEVEL(
            Setting.LOG_LEVEL,
            "--log-level",
            "DEBUG, INFO, WARNING, ERROR or CRITICAL (default: WARNING)",
            "FAISSX_LOG_LEVEL",
            "FAISS_LOG_LEVEL"),
    LOG_FILE(
            Setting.LOG_FILE,
            "--log-file",
            "append the log to a file (default: standard error)",
            "FAISSX_LOG_FILE",
            "FAISS_LOG_FILE");

    private final Setting setting;
    private final String flag;
    private final String description;

    @SuppressWarnings("ImmutableEnumChecker") // List.of makes an immutable one; its type does not say so
    private final List<String> variables;

    FaissxOption(Setting setting, String flag, String description, String... variables) {
        this.setting = setting;
        this.flag = flag;
        this.description = description;
        this.variables = List.of(variables);
    }

    Setting setting() {
        return setting;
    }

    String flag() {
        return flag;
    }

    String description() {
        return description;
    }

    /** The layer of these variables. */
    static Map<Setting, Given> environment(Map<String, String> variables) {
        Map<Setting, Given> layer = new EnumMap<>(Setting.class);
        for (FaissxOption option : values()) {
            option.variables.stream()
                    .filter(variable -> !variables.getOrDefault(variable, "").isEmpty())
                    .findFirst()
                    .ifPresent(variable ->
                            layer.put(option.setting, new Given(variables.getOrDefault(variable, ""), variable)));
        }
        return layer;
    }
}
