package dev.kith.embed.models;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Installs a model from its repository: gathers its files beside the models that are there, then makes them one. What
 * came of a pull that was broken off is kept, and the next goes on from it.
 */
public final class Puller {
    private final ModelStore store;
    private final Downloads downloads;

    /**
     * A puller.
     *
     * @param base below which repositories are: {@code https:}, or {@code http:} to this machine itself
     * @throws IllegalArgumentException where the base is neither
     */
    public Puller(ModelStore store, URI base, Progress progress) {
        this.store = store;
        this.downloads = new Downloads(base, progress);
    }

    /** What is told while a file comes; any thread. */
    @FunctionalInterface
    public interface Progress {
        /** @param total bytes of the file; 0: not known */
        void came(String file, long bytes, long total);
    }

    /**
     * Fetches what is missing, checks it, installs it.
     *
     * @throws InstallException where a file cannot be had, or is not the one that was published
     */
    public Descriptor pull(Descriptor descriptor) {
        if (descriptor.shipped()) {
            throw new InstallException("model %s is shipped: it is there already".formatted(descriptor.name()));
        }
        if (descriptor.repository().isEmpty()) {
            throw new InstallException("model %s names no repository; add it from a folder: kith models add FOLDER"
                    .formatted(descriptor.name()));
        }
        try {
            Path staging = store.staging(descriptor.name());
            List<ModelFile> measured = new ArrayList<>();
            for (ModelFile file : descriptor.files()) {
                Path target = staging.resolve(file.name());
                if (!isComplete(target, file)) {
                    downloads.fetch(descriptor.repository() + "/" + file.path(), target, file);
                }
                measured.add(file.measured(Files.size(target), Digests.of(target)));
            }
            Descriptor complete = descriptor.with(measured);
            FolderInstaller.requireOwnData(complete, staging);
            store.install(descriptor.name(), BuiltIn.json(descriptor.name()), measured);
            return complete;
        } catch (IllegalArgumentException unfit) {
            throw new InstallException("model %s: %s".formatted(descriptor.name(), unfit.getMessage()));
        } catch (IOException failed) {
            throw new InstallException(
                    "model %s could not be pulled: %s".formatted(descriptor.name(), failed.getMessage()), failed);
        }
    }

    /** Whether an earlier pull brought the file: it has its name only when it was whole and checked. */
    private static boolean isComplete(Path target, ModelFile file) throws IOException {
        return Files.isRegularFile(target)
                && (file.bytes() == 0 || Files.size(target) == file.bytes())
                && (file.sha256().isEmpty() || Digests.of(target).equals(file.sha256()));
    }
}
