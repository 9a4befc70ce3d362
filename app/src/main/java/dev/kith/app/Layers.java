package dev.kith.app;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import org.snakeyaml.engine.v2.api.Load;
import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.exceptions.MarkedYamlEngineException;
import org.snakeyaml.engine.v2.exceptions.YamlEngineException;

/** Collects settings from flags, environment and file, the first being the strongest. Used once, by one thread. */
final class Layers {
    /** Bytes of a configuration file: a hundred times the reference file. */
    static final long FILE_BYTES_MAX = 1 << 20;
    /** Settings that say the same thing in two ways: a stronger layer's choice silences both of a weaker one. */
    private static final List<List<Setting>> ALTERNATIVES =
            List.of(List.of(Setting.DATA_DIR, Setting.IN_MEMORY), List.of(Setting.AUTH_KEYS, Setting.AUTH_FILE));

    private final Map<Setting, Given> settings = new EnumMap<>(Setting.class);
    private final List<String> faults = new ArrayList<>();

    Map<Setting, Given> settings() {
        return settings;
    }

    List<String> faults() {
        return faults;
    }

    /** Adds a layer below those that are there. An empty text counts as not given, as container tools expect. */
    void add(Map<Setting, Given> layer) {
        Map<Setting, Given> next = new EnumMap<>(Setting.class);
        layer.forEach((setting, given) -> {
            if (!given.value().isEmpty() && !settings.containsKey(setting) && !silenced(setting)) {
                next.put(setting, given);
            }
        });
        settings.putAll(next);
    }

    private boolean silenced(Setting setting) {
        return ALTERNATIVES.stream()
                .filter(group -> group.contains(setting))
                .anyMatch(group -> group.stream().anyMatch(this::chosen));
    }

    /** Whether a stronger layer chose this setting; a switch that is off is no choice. */
    private boolean chosen(Setting setting) {
        Given given = settings.get(setting);
        return given != null && (!setting.isSwitch() || ConfigReader.isYes(given.value()));
    }

    /** The layer of {@code KITH_…} variables. */
    static Map<Setting, Given> environment(Map<String, String> variables) {
        Map<Setting, Given> layer = new EnumMap<>(Setting.class);
        for (Setting setting : Setting.values()) {
            String value = variables.get(setting.variable());
            if (value != null) {
                layer.put(setting, new Given(value, setting.variable()));
            }
        }
        return layer;
    }

    /** Adds the layer of a program's own settings, by their keys. */
    void addKeys(Map<String, String> texts) {
        Map<Setting, Given> layer = new EnumMap<>(Setting.class);
        texts.forEach((key, value) -> Setting.ofKey(key)
                .ifPresentOrElse(
                        setting -> layer.put(setting, new Given(value, key)),
                        () -> faults.add(key + ": there is no such setting")));
        add(layer);
    }

    /** Adds the layer of a YAML file: one mapping from keys to scalars, or to lists of them. */
    void addFile(Path file) {
        Object root;
        try {
            if (Files.size(file) > FILE_BYTES_MAX) {
                faults.add("%s: more than %d bytes".formatted(file, FILE_BYTES_MAX));
                return;
            }
            root = load(file);
        } catch (MarkedYamlEngineException malformed) {
            String where = malformed
                    .getProblemMark()
                    .map(mark -> "line " + (mark.getLine() + 1) + ": ")
                    .orElse("");
            faults.add("%s: %s%s".formatted(file, where, malformed.getProblem()));
            return;
        } catch (YamlEngineException malformed) {
            faults.add("%s: is not YAML of one document: %s"
                    .formatted(file, oneLine(String.valueOf(malformed.getMessage()))));
            return;
        } catch (IOException unreadable) {
            faults.add("%s: the configuration file cannot be read".formatted(file));
            return;
        }
        if (root instanceof Map<?, ?> map) {
            add(layer(file, map));
        } else if (root != null) {
            faults.add("%s: is not a mapping of settings".formatted(file));
        }
    }

    private static @org.jspecify.annotations.Nullable Object load(Path file) throws IOException {
        LoadSettings settings = LoadSettings.builder()
                .setAllowDuplicateKeys(false)
                .setMaxAliasesForCollections(0)
                .setCodePointLimit((int) FILE_BYTES_MAX)
                .build();
        return new Load(settings).loadFromString(Files.readString(file, StandardCharsets.UTF_8));
    }

    private Map<Setting, Given> layer(Path file, Map<?, ?> map) {
        Map<Setting, Given> layer = new EnumMap<>(Setting.class);
        map.forEach((key, value) -> {
            String origin = file.getFileName() + ": " + key;
            Setting setting = Setting.ofKey(String.valueOf(key)).orElse(null);
            if (setting == null) {
                faults.add(origin + ": there is no such setting");
            } else if (value instanceof List<?> items && items.stream().allMatch(Layers::isScalar)) {
                layer.put(
                        setting,
                        new Given(
                                String.join(
                                        ",", items.stream().map(String::valueOf).toList()),
                                origin));
            } else if (value == null || isScalar(value)) {
                layer.put(setting, new Given(value == null ? "" : String.valueOf(value), origin));
            } else {
                faults.add(origin + ": is neither a value nor a list of values");
            }
        });
        return layer;
    }

    private static boolean isScalar(Object value) {
        return value instanceof String || value instanceof Number || value instanceof Boolean;
    }

    private static String oneLine(String text) {
        return text.lines().findFirst().orElse("");
    }
}
