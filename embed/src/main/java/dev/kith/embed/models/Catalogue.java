package dev.kith.embed.models;

import dev.kith.embed.ModelInfo;
import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * Which models there are: those that come with Kith, and those in the folder of models. Safe on any thread. The folder
 * is read again when something in it was added or removed, which the time of its last change shows, so that a server
 * that runs finds a model that is installed beside it.
 */
public final class Catalogue {
    private static final Logger LOG = System.getLogger(Catalogue.class.getName());

    /**
     * What the folder held.
     *
     * @param changed when it was last changed, so that a later look need not read it
     * @param byName models by every name that they go by, in lower case
     * @param models by name
     */
    private record Reading(Optional<FileTime> changed, Map<String, Model> byName, Map<String, Model> models) {}

    private final Optional<ModelStore> store;
    private final List<Descriptor> builtIn = BuiltIn.descriptors();
    private final Map<String, String> served;
    private volatile Reading reading = new Reading(Optional.empty(), Map.of(), Map.of());

    /**
     * A catalogue.
     *
     * @param store of what is installed; empty: only what is shipped can be used
     * @param served names under which doors ask for models that go by others
     */
    public Catalogue(Optional<ModelStore> store, Map<String, String> served) {
        this.store = store;
        Map<String, String> lower = new TreeMap<>();
        served.forEach((name, target) -> lower.put(lower(name), lower(target)));
        this.served = lower;
        this.reading = read();
    }

    /** All models by name. One whose own name is served by another is left out. */
    public List<ModelInfo> models() {
        Reading now = current();
        return now.models().values().stream()
                .filter(model -> !served.containsKey(model.descriptor().name()))
                .map(model -> model.info(servedNames(model.descriptor())))
                .toList();
    }

    /** The model that answers to this name, in any case of letters. */
    public Optional<Model> find(String name) {
        String wanted = lower(name);
        return Optional.ofNullable(current().byName().get(served.getOrDefault(wanted, wanted)));
    }

    /** The same for whoever chooses among models. */
    public Optional<ModelInfo> info(String name) {
        return find(name).map(model -> model.info(servedNames(model.descriptor())));
    }

    private List<String> servedNames(Descriptor descriptor) {
        List<String> names = new ArrayList<>();
        served.forEach((name, target) -> {
            if (descriptor.isCalled(target)) {
                names.add(name);
            }
        });
        return names;
    }

    private Reading current() {
        Reading last = reading;
        if (!last.changed().equals(changed())) {
            last = read();
            reading = last;
        }
        return last;
    }

    private Optional<FileTime> changed() {
        return store.map(ModelStore::folder).filter(Files::isDirectory).map(Catalogue::lastModified);
    }

    private static FileTime lastModified(Path folder) {
        try {
            return Files.getLastModifiedTime(folder);
        } catch (IOException gone) {
            return FileTime.fromMillis(0);
        }
    }

    private Reading read() {
        // Asked before the folder is read: what comes later is found by the next look.
        Optional<FileTime> changed = changed();
        Map<String, Model> models = new TreeMap<>();
        builtIn.forEach(descriptor -> models.put(descriptor.name(), new Model(descriptor, Optional.empty())));
        store.ifPresent(files -> files.installed(fault -> LOG.log(Level.WARNING, "A model is left out: {0}", fault))
                .forEach(model -> models.put(model.descriptor().name(), model)));
        return new Reading(changed, byName(models.values()), models);
    }

    /** A model's name is stronger than another's alias; of two that have one alias, the first by name has it. */
    private static Map<String, Model> byName(Collection<Model> models) {
        Map<String, Model> all = new TreeMap<>();
        models.forEach(model -> all.put(model.descriptor().name(), model));
        models.forEach(model -> model.descriptor().aliases().forEach(alias -> all.putIfAbsent(lower(alias), model)));
        return all;
    }

    private static String lower(String text) {
        return text.toLowerCase(Locale.ROOT);
    }
}
