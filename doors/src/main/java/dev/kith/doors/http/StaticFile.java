package dev.kith.doors.http;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Map;
import java.util.Optional;

/**
 * A file of the program's own that browsers get: kept in memory, with a mark by which they see that it is the same.
 * Immutable.
 *
 * @param bytes owned
 */
public record StaticFile(byte[] bytes, String contentType, String mark) {
    private static final Map<String, String> TYPES = Map.of(
            "html", "text/html; charset=utf-8",
            "css", "text/css; charset=utf-8",
            "js", "text/javascript; charset=utf-8",
            "json", "application/json",
            "svg", "image/svg+xml",
            "png", "image/png",
            "ico", "image/x-icon",
            "webmanifest", "application/manifest+json");

    private static final int MARK_BYTES = 16;

    /** The resource of this name beside a class; empty where there is none. */
    public static Optional<StaticFile> beside(Class<?> owner, String name) {
        try (InputStream in = owner.getResourceAsStream(name)) {
            return in == null ? Optional.empty() : Optional.of(of(name, in.readAllBytes()));
        } catch (IOException unreadable) {
            throw new UncheckedIOException(unreadable);
        }
    }

    private static StaticFile of(String name, byte[] bytes) {
        String type = TYPES.getOrDefault(name.substring(name.lastIndexOf('.') + 1), "application/octet-stream");
        try {
            byte[] digest = MessageDigest.getInstance("SHA-256").digest(bytes);
            return new StaticFile(
                    bytes, type, "\"" + HexFormat.of().formatHex(Arrays.copyOf(digest, MARK_BYTES)) + "\"");
        } catch (NoSuchAlgorithmException impossible) {
            throw new IllegalStateException("Every Java platform has SHA-256", impossible);
        }
    }

    /** The file, or that the browser has it already. */
    public Answer answer(HttpRequest request, String contentSecurityPolicy) {
        boolean same = request.header("If-None-Match").filter(mark::equals).isPresent();
        Answer answer = same ? Answer.empty(304) : Answer.of(200, contentType, bytes);
        return answer.with("ETag", mark)
                .with("Cache-Control", "no-cache")
                .with("Content-Security-Policy", contentSecurityPolicy)
                .with("Referrer-Policy", "no-referrer");
    }
}
