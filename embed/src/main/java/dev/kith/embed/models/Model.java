package dev.kith.embed.models;

import dev.kith.embed.InputKind;
import dev.kith.embed.ModelInfo;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Optional;
import java.util.SequencedMap;

/**
 * A model, and whether it is here.
 *
 * @param folder with its files, complete when this was made; empty: it is not installed, or it is shipped
 */
public record Model(Descriptor descriptor, Optional<Path> folder) {
    public boolean installed() {
        return descriptor.shipped() || folder.isPresent();
    }

    /** The same for whoever chooses among models. */
    ModelInfo info(List<String> served) {
        SequencedMap<InputKind, Integer> inputs = new LinkedHashMap<>();
        descriptor.towers().forEach((kind, tower) -> inputs.put(kind, tower.inputMax()));
        return new ModelInfo(
                descriptor.name(),
                served,
                inputs,
                descriptor.dimension(),
                descriptor.towers().values().stream().anyMatch(Tower.Faces.class::isInstance),
                installed(),
                descriptor.bytes(),
                descriptor.licence(),
                descriptor.source());
    }
}
