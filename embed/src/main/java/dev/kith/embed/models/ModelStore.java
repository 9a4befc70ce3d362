package dev.kith.embed.models;

import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * The folder of models: one folder a model, named as it, with its descriptor, its files and a receipt of their sizes
 * and checksums. What begins with a dot is not installed yet. A model comes by one rename, so it is there whole or not
 * at all. Safe on any thread; two processes that install one model at once leave one of theirs.
 */
public final class ModelStore {
    /** The descriptor in a model's folder. */
    public static final String DESCRIPTOR = "model.json";

    /** Sizes and checksums of the other files as they came. */
    private static final String RECEIPT = "receipt.json";

    private static final JsonMapper JSON = new JsonMapper();

    private final Path folder;

    public ModelStore(Path folder) {
        this.folder = folder;
    }

    public Path folder() {
        return folder;
    }

    /** The models that are complete, in no order. */
    public List<Model> installed(Consumer<String> faults) {
        List<Model> models = new ArrayList<>();
        if (!Files.isDirectory(folder)) {
            return models;
        }
        try (var entries = Files.newDirectoryStream(folder)) {
            for (Path entry : entries) {
                String name = entry.getFileName().toString();
                if (Descriptor.isName(name) && Files.isDirectory(entry, LinkOption.NOFOLLOW_LINKS)) {
                    try {
                        models.add(new Model(read(entry), Optional.of(entry)));
                    } catch (DescriptorException fault) {
                        faults.accept(String.valueOf(fault.getMessage()));
                    }
                }
            }
        } catch (IOException unreadable) {
            faults.accept(folder + " cannot be read: " + unreadable.getMessage());
        }
        return models;
    }

    /** What is wrong with the descriptor or the receipt of a model; empty where nothing is, or there is none. */
    public Optional<String> fault(String name) {
        if (!Descriptor.isName(name) || !Files.isDirectory(folder.resolve(name), LinkOption.NOFOLLOW_LINKS)) {
            return Optional.empty();
        }
        try {
            var _ = read(folder.resolve(name));
            return Optional.empty();
        } catch (DescriptorException fault) {
            return Optional.of(String.valueOf(fault.getMessage()));
        }
    }

    /** The descriptor of a model's folder, with the sizes and checksums of the receipt. */
    private static Descriptor read(Path home) {
        Descriptor descriptor = DescriptorReader.read(home.resolve(DESCRIPTOR));
        if (!descriptor.name().equals(home.getFileName().toString())) {
            throw new DescriptorException(home + ": holds a model that is named " + descriptor.name());
        }
        if (descriptor.shipped()) {
            throw new DescriptorException(home + ": a model in a folder is not shipped");
        }
        Map<String, ModelFile> received = receipt(home.resolve(RECEIPT));
        List<ModelFile> files = new ArrayList<>();
        for (ModelFile file : descriptor.files()) {
            ModelFile measured = received.get(file.name());
            if (measured == null) {
                throw new DescriptorException("%s: the receipt lacks %s".formatted(home, file.name()));
            }
            files.add(file.measured(measured.bytes(), measured.sha256()));
        }
        try {
            return descriptor.with(files);
        } catch (IllegalArgumentException unfit) {
            throw new DescriptorException("%s: %s".formatted(home, unfit.getMessage()));
        }
    }

    private static Map<String, ModelFile> receipt(Path file) {
        Map<String, ModelFile> files = new HashMap<>();
        try {
            if (!Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS)
                    || Files.size(file) > DescriptorReader.BYTES_MAX) {
                throw new DescriptorException(file + ": is no plain file of at most " + DescriptorReader.BYTES_MAX);
            }
            for (var each : JSON.readTree(Files.readAllBytes(file)).path("files")) {
                String name = each.path("name").asText();
                files.put(
                        name,
                        new ModelFile(
                                name,
                                name,
                                each.path("bytes").asLong(),
                                each.path("sha256").asText()));
            }
            return files;
        } catch (IOException | IllegalArgumentException damaged) {
            throw new DescriptorException(file + ": is damaged", damaged);
        }
    }

    /** What is wrong with a model's files; empty when all are as they came. Reads all of them. */
    public static Optional<String> fault(Path home, List<ModelFile> files) {
        for (ModelFile file : files) {
            Path path = home.resolve(file.name());
            try {
                if (!Files.isRegularFile(path, LinkOption.NOFOLLOW_LINKS)) {
                    return Optional.of(file.name() + " is missing");
                }
                if (Files.size(path) != file.bytes()) {
                    return Optional.of(
                            "%s has %d bytes instead of %d".formatted(file.name(), Files.size(path), file.bytes()));
                }
                if (!Digests.of(path).equals(file.sha256())) {
                    return Optional.of(file.name() + " has another SHA-256 than when it came");
                }
            } catch (IOException unreadable) {
                return Optional.of(file.name() + " cannot be read");
            }
        }
        return Optional.empty();
    }

    /** A folder in which a model's files are gathered; the same one for the same model, so that a pull goes on. */
    Path staging(String name) throws IOException {
        Files.createDirectories(folder);
        Path staging = folder.resolve(".new-" + name);
        if (Files.exists(staging, LinkOption.NOFOLLOW_LINKS)
                && !Files.isDirectory(staging, LinkOption.NOFOLLOW_LINKS)) {
            Files.delete(staging);
        }
        Files.createDirectories(staging);
        return staging;
    }

    /**
     * Makes the gathered files a model, in place of one of the same name. They are on the disk when it returns.
     *
     * @param json the descriptor as it is kept
     * @param files measured
     */
    void install(String name, byte[] json, List<ModelFile> files) throws IOException {
        Path staging = staging(name);
        ObjectNode receipt = JSON.createObjectNode();
        ArrayNode list = receipt.putArray("files");
        for (ModelFile file : files) {
            list.addObject().put("name", file.name()).put("bytes", file.bytes()).put("sha256", file.sha256());
            force(staging.resolve(file.name()));
        }
        write(staging.resolve(DESCRIPTOR), json);
        write(staging.resolve(RECEIPT), JSON.writerWithDefaultPrettyPrinter().writeValueAsBytes(receipt));
        force(staging);
        Path home = folder.resolve(name);
        Path old = folder.resolve(".old-" + name);
        FileTree.delete(old);
        if (Files.exists(home, LinkOption.NOFOLLOW_LINKS)) {
            Files.move(home, old, StandardCopyOption.ATOMIC_MOVE);
        }
        Files.move(staging, home, StandardCopyOption.ATOMIC_MOVE);
        force(folder);
        FileTree.delete(old);
    }

    /** Deletes what was gathered for a model and is not one. */
    void discard(String name) {
        try {
            FileTree.delete(folder.resolve(".new-" + name));
        } catch (IOException failed) {
            throw new UncheckedIOException("what was gathered for " + name + " could not be deleted", failed);
        }
    }

    /** Deletes a model's files, and what a broken off pull of it left; false where there was none of either. */
    public boolean remove(String name) {
        if (!Descriptor.isName(name)) {
            return false;
        }
        try {
            Path home = folder.resolve(name);
            Path old = folder.resolve(".old-" + name);
            boolean found = Files.exists(home, LinkOption.NOFOLLOW_LINKS);
            if (found) {
                FileTree.delete(old);
                Files.move(home, old, StandardCopyOption.ATOMIC_MOVE);
            }
            FileTree.delete(old);
            Path staging = folder.resolve(".new-" + name);
            found |= Files.exists(staging, LinkOption.NOFOLLOW_LINKS);
            FileTree.delete(staging);
            return found;
        } catch (IOException failed) {
            throw new UncheckedIOException("model " + name + " could not be removed", failed);
        }
    }

    private static void write(Path file, byte[] bytes) throws IOException {
        Files.write(file, bytes);
        force(file);
    }

    /** Linux forces a folder like a file, by opening it for reading. */
    private static void force(Path path) throws IOException {
        try (FileChannel channel = FileChannel.open(path, StandardOpenOption.READ)) {
            channel.force(true);
        }
    }
}
