package dev.kith.embed.models;

import java.util.Locale;
import java.util.regex.Pattern;

/**
 * One file of a model.
 *
 * @param name in the model's folder: letters, digits, dots, dashes and underscores, so that it is never a path
 * @param path where it is found: below the repository of a model that is pulled, on the class path for one that is
 *     shipped
 * @param bytes its size; 0: not published
 * @param sha256 of its bytes, 64 hexadecimal digits; empty: not published
 */
public record ModelFile(String name, String path, long bytes, String sha256) {
    /** Largest file of a model: four times the largest model of the table. */
    public static final long BYTES_MAX = 8L << 30;

    private static final Pattern NAME = Pattern.compile("[A-Za-z0-9][A-Za-z0-9_-]*(?:\\.[A-Za-z0-9_-]+)*");
    private static final Pattern PATH =
            Pattern.compile("[A-Za-z0-9_-][A-Za-z0-9._-]*(?:/[A-Za-z0-9_-][A-Za-z0-9._-]*)*");
    private static final Pattern DIGEST = Pattern.compile("[0-9a-f]{64}");
    private static final int NAME_MAX = 128;

    public ModelFile {
        sha256 = sha256.toLowerCase(Locale.ROOT);
        if (name.length() > NAME_MAX || !NAME.matcher(name).matches()) {
            throw new IllegalArgumentException("is no name of a file: letters, digits, '.', '-' and '_', at most 128");
        }
        if (!PATH.matcher(path).matches()) {
            throw new IllegalArgumentException("has a path that is none below a repository");
        }
        if (bytes < 0 || bytes > BYTES_MAX) {
            throw new IllegalArgumentException("has %d bytes, outside 0 to %d".formatted(bytes, BYTES_MAX));
        }
        if (!sha256.isEmpty() && !DIGEST.matcher(sha256).matches()) {
            throw new IllegalArgumentException("has a SHA-256 that is not 64 hexadecimal digits");
        }
    }

    /** The same file once its bytes are known. */
    public ModelFile measured(long size, String digest) {
        return new ModelFile(name, path, size, digest);
    }
}
