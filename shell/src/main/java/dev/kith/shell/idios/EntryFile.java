package dev.kith.shell.idios;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import java.io.IOException;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * A file of a dump: a JSON array of objects that have a {@code url}. It is read through once, whatever its size.
 *
 * @param entries how many
 * @param last URL of the last entry; empty where there is none
 * @param beforeLast URL of the one before; empty where there is none
 */
record EntryFile(long entries, String last, String beforeLast) {

    /** Reads a file through; one that was cut off, or holds anything else, is refused with the place of the fault. */
    static EntryFile read(Path file) throws IOException, TransferException {
        try (JsonParser json = new JsonFactory().createParser(file.toFile())) {
            if (json.nextToken() != JsonToken.START_ARRAY) {
                throw new TransferException("%s is not a JSON array of entries".formatted(file));
            }
            EntryFile seen = new EntryFile(0, "", "");
            while (json.nextToken() == JsonToken.START_OBJECT) {
                seen = new EntryFile(seen.entries + 1, url(file, json, seen.entries + 1), seen.last);
            }
            if (json.currentToken() != JsonToken.END_ARRAY || json.nextToken() != null) {
                throw new TransferException(
                        "%s is not a JSON array of entries, from entry %d on".formatted(file, seen.entries + 1));
            }
            return seen;
        } catch (JsonProcessingException malformed) {
            throw new TransferException(
                    "%s is not whole JSON: line %d, column %d"
                            .formatted(
                                    file,
                                    malformed.getLocation().getLineNr(),
                                    malformed.getLocation().getColumnNr()),
                    malformed);
        }
    }

    private static String url(Path file, JsonParser json, long number) throws IOException, TransferException {
        @Nullable String url = null;
        while (json.nextToken() == JsonToken.FIELD_NAME) {
            boolean isUrl = json.currentName().equals("url");
            if (json.nextToken() == JsonToken.VALUE_STRING && isUrl) {
                url = json.getText();
            }
            json.skipChildren();
        }
        if (url == null) {
            throw new TransferException("%s: entry %d has no url".formatted(file, number));
        }
        return url;
    }
}
