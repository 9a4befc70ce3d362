package dev.kith.storage;

import java.io.IOException;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A fault of the disk or of what is on it. The message names the file and, where there is one, the offset. */
public class StorageException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    /** What the operating systems we know say, in the C locale that the JVM uses, when there is no room. */
    private static final List<String> FULL =
            List.of("No space left on device", "Disk quota exceeded", "not enough space on the disk");

    public StorageException(String message) {
        super(message);
    }

    public StorageException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }

    /** The exception for a failed call: {@link DiskFullException} when that was the reason. */
    static StorageException of(String doing, String file, IOException cause) {
        String message = "%s: cannot %s: %s".formatted(file, doing, cause);
        String reason = String.valueOf(cause.getMessage());
        return FULL.stream().anyMatch(reason::contains)
                ? new DiskFullException(message, cause)
                : new StorageException(message, cause);
    }
}
