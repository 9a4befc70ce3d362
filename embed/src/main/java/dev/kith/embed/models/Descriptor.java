package dev.kith.embed.models;

import dev.kith.embed.InputKind;
import dev.kith.vectors.Limits;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * What a model is and what it needs: docs/formats/model-descriptor.md.
 *
 * @param name lower case letters, digits, dots, dashes and underscores
 * @param aliases other names, in any case of letters
 * @param dimension components of its vectors, 1 to {@link #DIMENSION_MAX}
 * @param shipped whether its files are on the class path instead of in a repository
 * @param source a page about it
 * @param repository below which its files are found when it is pulled; empty: it cannot be pulled
 * @param towers what it does with each kind of input, the chief kind first
 */
public record Descriptor(
        String name,
        List<String> aliases,
        int dimension,
        boolean shipped,
        String licence,
        String source,
        String repository,
        List<ModelFile> files,
        SequencedMap<InputKind, Tower> towers) {
    /** The most components that the engine takes. */
    public static final int DIMENSION_MAX = Limits.DIMENSION_MAX;

    private static final int NAME_MAX = 64;
    private static final int NAMES_MAX = 32;
    private static final int FILES_MAX = 32;
    private static final Pattern NAME = Pattern.compile("[a-z0-9][a-z0-9_-]*(?:\\.[a-z0-9_-]+)*");
    private static final Pattern ALIAS = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._-]*");
    private static final Pattern REPOSITORY =
            Pattern.compile("(?:[A-Za-z0-9_-][A-Za-z0-9._-]*/)*[A-Za-z0-9_-][A-Za-z0-9._-]*");

    public Descriptor {
        aliases = List.copyOf(aliases);
        files = List.copyOf(files);
        towers = Collections.unmodifiableSequencedMap(new LinkedHashMap<>(towers));
        if (!isName(name)) {
            throw new IllegalArgumentException(
                    "name: '%s' is none: lower case letters, digits, '.', '-' and '_', at most %d"
                            .formatted(name, NAME_MAX));
        }
        if (aliases.size() > NAMES_MAX || !aliases.stream().allMatch(Descriptor::isAlias)) {
            throw new IllegalArgumentException(
                    "aliases: at most %d, each of letters, digits, '.', '-' and '_'".formatted(NAMES_MAX));
        }
        if (dimension < 1 || dimension > DIMENSION_MAX) {
            throw new IllegalArgumentException("dimension: %d is outside 1 to %d".formatted(dimension, DIMENSION_MAX));
        }
        if (!repository.isEmpty() && !REPOSITORY.matcher(repository).matches()) {
            throw new IllegalArgumentException("repository: '%s' is none".formatted(repository));
        }
        if (towers.isEmpty()) {
            throw new IllegalArgumentException("has none of text, image, faces and audio");
        }
        requireFiles(files, towers);
    }

    private static void requireFiles(List<ModelFile> files, SequencedMap<InputKind, Tower> towers) {
        Set<String> known = new LinkedHashSet<>();
        for (ModelFile file : files) {
            if (!known.add(file.name())) {
                throw new IllegalArgumentException("files: %s is there twice".formatted(file.name()));
            }
        }
        if (files.size() > FILES_MAX) {
            throw new IllegalArgumentException("files: more than %d".formatted(FILES_MAX));
        }
        for (Tower tower : towers.values()) {
            for (String needed : filesOf(tower)) {
                if (!known.contains(needed)) {
                    throw new IllegalArgumentException("files: %s is needed and missing".formatted(needed));
                }
            }
            for (ModelFile file : files) {
                if (tower.otherFiles().contains(file.name()) && file.bytes() > Tower.TOKENIZER_BYTES_MAX) {
                    throw new IllegalArgumentException("files: %s has %d bytes; a tokenizer has at most %d"
                            .formatted(file.name(), file.bytes(), Tower.TOKENIZER_BYTES_MAX));
                }
            }
        }
    }

    /** Whether this may be a model's name, and so a folder's. */
    public static boolean isName(String text) {
        return text.length() <= NAME_MAX && NAME.matcher(text).matches();
    }

    private static boolean isAlias(String text) {
        return text.length() <= NAME_MAX && ALIAS.matcher(text).matches();
    }

    /** Names of the files that a tower names. */
    private static Set<String> filesOf(Tower tower) {
        Set<String> names = new LinkedHashSet<>(tower.otherFiles());
        tower.networks().values().forEach(network -> names.add(network.file()));
        return names;
    }

    /** The files of one tower: those that it names, and those that none names, such as weights beside a network. */
    public List<ModelFile> filesFor(Tower tower) {
        Set<String> own = filesOf(tower);
        Set<String> named =
                towers.values().stream().flatMap(each -> filesOf(each).stream()).collect(Collectors.toSet());
        return files.stream()
                .filter(file -> own.contains(file.name()) || !named.contains(file.name()))
                .toList();
    }

    public Optional<Tower> tower(InputKind kind) {
        return Optional.ofNullable(towers.get(kind));
    }

    /** The sum of its files' sizes, as far as they are known. */
    public long bytes() {
        return files.stream().mapToLong(ModelFile::bytes).sum();
    }

    /** The same with other files. */
    public Descriptor with(List<ModelFile> others) {
        return new Descriptor(name, aliases, dimension, shipped, licence, source, repository, others, towers);
    }

    /** Whether it goes by this name, in any case of letters. */
    public boolean isCalled(String text) {
        String lower = text.toLowerCase(Locale.ROOT);
        return name.equals(lower)
                || aliases.stream()
                        .anyMatch(alias -> alias.toLowerCase(Locale.ROOT).equals(lower));
    }
}
