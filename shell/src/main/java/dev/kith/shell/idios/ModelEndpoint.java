package dev.kith.shell.idios;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.StringWriter;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublisher;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;

/** A model of a running server, of ours or the original: {@code http://host:4213/models/vit_b32}. */
final class ModelEndpoint implements AutoCloseable {
    private static final Duration CONNECT_MAX = Duration.ofSeconds(10);
    /** A server may take minutes for a large page; one that is silent for longer, also amid an answer, is gone. */
    private static final Duration ANSWER_MAX = Duration.ofMinutes(10);
    /** Characters of what a server says about a failure that are worth showing. */
    private static final int COMPLAINT_CHARS_MAX = 500;

    private static final int CHUNK_BYTES = 1 << 16;
    private static final int OK = 200;
    private static final int OK_END = 300;

    private final HttpClient client =
            HttpClient.newBuilder().connectTimeout(CONNECT_MAX).build();
    private final String url;
    private final Optional<String> key;
    private final Duration silenceMax;

    /** @throws IllegalArgumentException where the URL is none of HTTP */
    ModelEndpoint(String url, Optional<String> key) {
        this(url, key, ANSWER_MAX);
    }

    /** The same with another patience. */
    ModelEndpoint(String url, Optional<String> key, Duration silenceMax) {
        this.silenceMax = silenceMax;
        this.url = url.replaceFirst("/+$", "");
        this.key = key;
        URI uri = URI.create(this.url);
        if (uri.getHost() == null || !("http".equals(uri.getScheme()) || "https".equals(uri.getScheme()))) {
            throw new IllegalArgumentException("is not an address such as http://127.0.0.1:4213/models/vit_b32");
        }
    }

    String url() {
        return url;
    }

    /** Fetches the entries after a URL into a file that replaces what is there. */
    void dump(String cursor, int limit, Path into) throws IOException, TransferException {
        try (InputStream body = send("dump", BodyPublishers.ofString(page(cursor, limit)))) {
            write(body, into);
        }
    }

    /** Tells a server that breaks off from a disk that is full. */
    private void write(InputStream body, Path into) throws TransferException {
        byte[] chunk = new byte[CHUNK_BYTES];
        try (OutputStream out = Files.newOutputStream(into)) {
            for (int read = next(body, chunk); read >= 0; read = next(body, chunk)) {
                out.write(chunk, 0, read);
            }
        } catch (IOException unwritable) {
            throw new TransferException("%s cannot be written: %s".formatted(into, unwritable), unwritable);
        }
    }

    private int next(InputStream body, byte[] chunk) throws TransferException {
        try {
            return body.read(chunk);
        } catch (IOException broken) {
            throw unreachable(broken);
        }
    }

    /** Stores the entries of a file. */
    void restore(Path file) throws IOException, TransferException {
        send("restore", BodyPublishers.ofFile(file)).close();
    }

    /** Whether this URL is the next after that one. */
    boolean hasNext(String cursor, String expected) throws IOException, TransferException {
        try (InputStream body = send("urls", BodyPublishers.ofString(page(cursor, 1)));
                var json = new JsonFactory().createParser(body)) {
            json.nextToken();
            return expected.equals(json.nextTextValue());
        }
    }

    private InputStream send(String operation, BodyPublisher body) throws IOException, TransferException {
        HttpRequest.Builder request = HttpRequest.newBuilder(URI.create(url + "/" + operation))
                .timeout(silenceMax)
                .header("Content-Type", "application/json")
                .POST(body);
        key.ifPresent(secret -> request.header("Authorization", "Bearer " + secret));
        HttpResponse<InputStream> response;
        try {
            response = client.send(request.build(), BodyHandlers.ofInputStream());
        } catch (IOException failed) {
            throw unreachable(failed);
        } catch (InterruptedException ended) {
            Thread.currentThread().interrupt();
            throw new TransferException("interrupted", ended);
        }
        if (response.statusCode() < OK || response.statusCode() >= OK_END) {
            try (InputStream complaint = new WatchedBody(response.body(), silenceMax)) {
                String said = new String(complaint.readNBytes(COMPLAINT_CHARS_MAX), StandardCharsets.UTF_8);
                throw new TransferException(
                        "%s/%s answers with status %d: %s".formatted(url, operation, response.statusCode(), said));
            }
        }
        return new WatchedBody(response.body(), silenceMax);
    }

    private TransferException unreachable(IOException failed) {
        return new TransferException("%s does not answer: %s".formatted(url, failed), failed);
    }

    private static String page(String cursor, int limit) throws IOException {
        StringWriter text = new StringWriter();
        try (JsonGenerator json = new JsonFactory().createGenerator(text)) {
            json.writeStartObject();
            json.writeNumberField("limit", limit);
            json.writeStringField("cursor", cursor);
            json.writeEndObject();
        }
        return text.toString();
    }

    @Override
    public void close() {
        client.close();
    }
}
