package dev.kith.storage;

import org.jspecify.annotations.Nullable;

/** There is no room on the disk. What was there before stands, and the call can be made again when there is room. */
public class DiskFullException extends StorageException {

    private static final long serialVersionUID = 1L;

    public DiskFullException(String message) {
        super(message);
    }

    public DiskFullException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }
}
