package dev.kith.embed.models;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.security.DigestOutputStream;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/** Installs a model from a folder with its descriptor and its files. Nothing of the folder is followed or kept open. */
public final class FolderInstaller {
    private final ModelStore store;
    private final Catalogue catalogue;

    /** @param catalogue of what is there already, over the same store */
    public FolderInstaller(ModelStore store, Catalogue catalogue) {
        this.store = store;
        this.catalogue = catalogue;
    }

    /**
     * Copies and checks the files, then installs the model in place of one of its name.
     *
     * @throws InstallException where the folder holds no model, a link, another size or checksum than its descriptor
     *     says, or a name that another model has
     * @throws DescriptorException where its descriptor cannot be used
     */
    public Descriptor add(Path folder) {
        Path json = folder.resolve(ModelStore.DESCRIPTOR);
        Descriptor descriptor = DescriptorReader.read(json);
        if (descriptor.shipped()) {
            throw new InstallException(json + ": a model in a folder is not shipped");
        }
        requireFreeNames(descriptor);
        try {
            Path staging = store.staging(descriptor.name());
            List<ModelFile> measured = new ArrayList<>();
            for (ModelFile file : descriptor.files()) {
                measured.add(copy(folder.resolve(file.name()), staging.resolve(file.name()), file));
            }
            Descriptor complete = descriptor.with(measured);
            requireOwnData(complete, staging);
            store.install(descriptor.name(), Files.readAllBytes(json), measured);
            return complete;
        } catch (IllegalArgumentException unfit) {
            throw new InstallException("%s: %s".formatted(folder, unfit.getMessage()));
        } catch (IOException failed) {
            throw new InstallException("the model could not be copied: " + failed.getMessage(), failed);
        } finally {
            store.discard(descriptor.name());
        }
    }

    private void requireFreeNames(Descriptor descriptor) {
        for (String name : Stream.concat(Stream.of(descriptor.name()), descriptor.aliases().stream())
                .toList()) {
            Optional<String> other = catalogue
                    .find(name)
                    .map(model -> model.descriptor().name())
                    .filter(taken -> !taken.equals(descriptor.name()));
            if (other.isPresent()) {
                throw new InstallException("%s is a name of the model %s".formatted(name, other.get()));
            }
        }
    }

    private static ModelFile copy(Path source, Path target, ModelFile file) throws IOException {
        if (!Files.isRegularFile(source, LinkOption.NOFOLLOW_LINKS)) {
            throw new InstallException(source + ": is no plain file (links are not followed)");
        }
        long bytes = Files.size(source);
        if (bytes > ModelFile.BYTES_MAX || (file.bytes() > 0 && bytes != file.bytes())) {
            throw new InstallException("%s: has %d bytes; expected %s"
                    .formatted(source, bytes, file.bytes() > 0 ? file.bytes() : "at most " + ModelFile.BYTES_MAX));
        }
        MessageDigest digest = Digests.sha256();
        try (InputStream in = Files.newInputStream(source, LinkOption.NOFOLLOW_LINKS);
                OutputStream out = new DigestOutputStream(Files.newOutputStream(target), digest)) {
            in.transferTo(out);
        }
        String sha256 = Digests.text(digest);
        if (!file.sha256().isEmpty() && !sha256.equals(file.sha256())) {
            throw new InstallException("%s: has the SHA-256 %s; expected %s".formatted(source, sha256, file.sha256()));
        }
        return file.measured(Files.size(target), sha256);
    }

    /** A network may keep weights in files beside it; those that it names must be files of the model. */
    static void requireOwnData(Descriptor descriptor, Path home) throws IOException {
        for (Tower tower : descriptor.towers().values()) {
            for (Network network : tower.networks().values()) {
                for (String location : OnnxFile.externalData(home.resolve(network.file()))) {
                    if (descriptor.files().stream()
                            .noneMatch(file -> file.name().equals(location))) {
                        throw new InstallException("%s: keeps weights in '%s', which is no file of the model"
                                .formatted(network.file(), location));
                    }
                }
            }
        }
    }
}
