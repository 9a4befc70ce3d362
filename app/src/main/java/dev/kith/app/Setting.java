package dev.kith.app;

import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;

/**
 * Every setting of {@code kith serve}, with one name in three spellings: {@code --data-dir}, {@code KITH_DATA_DIR}, and
 * {@code data-dir} in a configuration file.
 */
enum Setting {
    DATA_DIR("DIR", "folder that keeps the data (default: ./kith-data)"),
    IN_MEMORY("", "keep nothing: all data goes with the process"),
    BIND("ADDRESS", "address to listen on (default: 127.0.0.1)"),
    INSECURE("", "allow another address than loopback without authentication"),
    FAISSX_PORT("PORT", "port of the FAISSx door; 0 takes any free one (default: 45678)"),
    AHNLICH_DB_PORT("PORT", "port of the Ahnlich DB door (default: 1369)"),
    AHNLICH_AI_PORT("PORT", "port of the Ahnlich AI door (default: 1370)"),
    IDIOS_PORT("PORT", "port of the Idios door, health and metrics (default: 4213)"),
    HTTP_HOSTS("NAME,...", "host names that HTTP is asked by without authentication, besides localhost and addresses"),
    VECTORFLOW_PORT("PORT", "port of the VectorFlow door (default: 8000)"),
    DOORS("DOOR,...", "doors to open (default: all that exist)"),
    AUTH_KEYS("KEY:TENANT,...", "keys and their tenants; with --enable-auth"),
    AUTH_FILE("FILE", "JSON object of key to tenant; with --enable-auth"),
    ENABLE_AUTH("", "demand a key"),
    MEMORY("BYTES", "memory budget: bytes with K, M or G, or a share of the machine's such as 50%% (default: 75%%)"),
    THREADS("COUNT", "threads of each pool that computes: searches, models, indexes (default: as many as cores)"),
    CHECKPOINT_LOG("BYTES", "a collection's log that has grown by more is replaced by a checkpoint (default: 128M)"),
    AHNLICH_AI_DB("own|none|HOST:PORT", "where the Ahnlich AI door keeps vectors (default: own, in this process)"),
    AHNLICH_AI_DB_TLS("", "speak TLS to that database"),
    AHNLICH_AI_DB_CA("FILE", "PEM file of who may have signed its certificate (default: whom Java trusts)"),
    AHNLICH_AI_DB_USER("NAME", "the user that it knows this door by; with --ahnlich-ai-db-key"),
    AHNLICH_AI_DB_KEY("KEY", "the key of that user; without a user, a key of Kith's own"),
    AHNLICH_AI_DB_CONNECTIONS("COUNT", "connections to it (default: 10)"),
    AHNLICH_AI_MODELS("NAME,...", "models that the Ahnlich AI door may use (default: all that are installed)"),
    AHNLICH_USERS("FILE", "TOML file of Ahnlich's users and the SHA-256 of their keys; with --enable-auth"),
    AHNLICH_MESSAGE_SIZE("BYTES", "largest request of the Ahnlich doors (default: 10048576)"),
    AHNLICH_MAXIMUM_CLIENTS("COUNT", "connections of each Ahnlich door (default: 512)"),
    TLS_CERT("FILE", "PEM certificates for gRPC and HTTP, the server's first; with --tls-key (default: no TLS)"),
    TLS_KEY("FILE", "PEM private key of the first certificate"),
    MODELS_DIR("DIR", "folder of installed models (default: models in the data folder)"),
    ALIAS("NAME=MODEL,...", "serve a door's model name with another model"),
    AI_MODEL_IDLE_TIME("SECONDS", "unload a model that nobody used for so long (default: 300)"),
    OTEL_ENDPOINT("URL", "collector that gets the spans of gRPC calls, by OTLP over gRPC (default: none are made)"),
    ALLOW_FETCH("CIDR,...", "private addresses that may be fetched from (default: public addresses only)"),
    FETCH_USER_AGENT("TEXT", "what the server calls itself when it fetches (default: Kith and its version)"),
    QUEUE("URL", "RabbitMQ, amqp://user:password@host:port: kith worker processes do the work on images"),
    LOG_LEVEL("LEVEL", "DEBUG, INFO, WARNING, ERROR or CRITICAL (default: INFO)"),
    LOG_FILE("FILE", "append the log to a file (default: standard error)"),
    LOG_FORMAT("FORMAT", "text or json (default: text)");

    private final String value;
    private final String description;

    /** @param value what the value is, as help shows it; empty: the flag alone switches the setting on */
    Setting(String value, String description) {
        this.value = value;
        this.description = description;
    }

    /** The name in a configuration file. */
    String key() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    String flag() {
        return "--" + key();
    }

    String variable() {
        return "KITH_" + name();
    }

    boolean isSwitch() {
        return value.isEmpty();
    }

    String value() {
        return value;
    }

    String description() {
        return description;
    }

    static Optional<Setting> ofKey(String key) {
        return Arrays.stream(values())
                .filter(setting -> setting.key().equals(key))
                .findFirst();
    }
}
