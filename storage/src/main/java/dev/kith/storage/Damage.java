package dev.kith.storage;

/**
 * A place on the disk that does not hold what was made durable there.
 *
 * @param file the path of the file
 * @param offset bytes from the start of that file
 * @param text what was expected there and what was found
 */
public record Damage(String file, long offset, String text) {

    @Override
    public String toString() {
        return file.isEmpty() ? text : "%s at %d: %s".formatted(file, offset, text);
    }
}
