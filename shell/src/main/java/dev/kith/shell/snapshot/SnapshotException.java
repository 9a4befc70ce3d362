package dev.kith.shell.snapshot;

import com.fasterxml.jackson.core.JsonLocation;

/** A file that is no snapshot, is damaged, or is of a version that is not known; says where. */
final class SnapshotException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    SnapshotException(String message) {
        super(message, null, false, false);
    }

    static SnapshotException at(JsonLocation place, String complaint) {
        return new SnapshotException("at byte %d (line %d, column %d): %s"
                .formatted(place.getByteOffset(), place.getLineNr(), place.getColumnNr(), complaint));
    }
}
