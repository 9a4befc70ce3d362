package dev.kith.shell.snapshot;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Reads a snapshot from its first byte to its last. Only one entry is in memory at a time. What the indexes of the
 * original are made of is passed over: they are built anew from their settings.
 */
final class SnapshotReader {
    /** Longest text: an image of 10 MB, the original's limit of a request, has 12.5 million characters here. */
    private static final int TEXT_CHARS_MAX = 64 << 20;

    /** Longest name of a store, a schema or a key. */
    private static final int NAME_CHARS_MAX = 1 << 20;

    /** Deepest nesting; a tree of the original's is as deep as it is unbalanced. */
    private static final int DEPTH_MAX = 1_000_000;

    private static final JsonFactory JSON = JsonFactory.builder()
            .streamReadConstraints(StreamReadConstraints.builder()
                    .maxStringLength(TEXT_CHARS_MAX)
                    .maxNameLength(NAME_CHARS_MAX)
                    .maxNestingDepth(DEPTH_MAX)
                    .build())
            .build();

    private static final String PUBLIC = "public";

    private final JsonParser json;
    private final Visitor visitor;

    private SnapshotReader(JsonParser json, Visitor visitor) {
        this.json = json;
        this.visitor = visitor;
    }

    /** How the file is laid out. */
    static Layout layout(Path file) throws IOException {
        try (InputStream in = open(file);
                JsonParser json = JSON.createParser(in)) {
            return Layout.of(json);
        } catch (JsonProcessingException damaged) {
            throw SnapshotException.at(damaged.getLocation(), damaged.getOriginalMessage());
        }
    }

    /**
     * Reads all stores.
     *
     * @throws SnapshotException where the file is not one of that layout
     */
    static void read(Path file, Layout layout, Visitor visitor) throws IOException {
        if (layout == Layout.EMPTY) {
            return;
        }
        try (InputStream in = open(file);
                JsonParser json = JSON.createParser(in)) {
            SnapshotReader reader = new SnapshotReader(json, visitor);
            json.nextToken();
            if (layout.isTagged()) {
                reader.tagged(layout.hasSchemas());
            } else {
                reader.stores(layout.hasSchemas());
            }
            if (json.nextToken() != null) {
                throw SnapshotException.at(json.currentTokenLocation(), "something follows the end of the snapshot");
            }
        } catch (JsonProcessingException damaged) {
            throw SnapshotException.at(damaged.getLocation(), damaged.getOriginalMessage());
        }
    }

    static void expect(JsonParser json, JsonToken token, String what) {
        if (json.currentToken() != token) {
            throw SnapshotException.at(json.currentTokenLocation(), "expected " + what);
        }
    }

    private static InputStream open(Path file) throws IOException {
        return new BufferedInputStream(Files.newInputStream(file));
    }

    private void tagged(boolean schemas) throws IOException {
        boolean found = false;
        while (json.nextToken() == JsonToken.FIELD_NAME) {
            String name = json.currentName();
            json.nextToken();
            if (name.equals("stores")) {
                stores(schemas);
                found = true;
            } else {
                json.skipChildren();
            }
        }
        if (!found) {
            throw SnapshotException.at(json.currentTokenLocation(), "there are no stores");
        }
    }

    private void stores(boolean schemas) throws IOException {
        if (!schemas) {
            stores(PUBLIC);
            return;
        }
        expect(json, JsonToken.START_OBJECT, "an object of schemas");
        while (json.nextToken() == JsonToken.FIELD_NAME) {
            String schema = json.currentName();
            json.nextToken();
            stores(schema);
        }
    }

    private void stores(String schema) throws IOException {
        expect(json, JsonToken.START_OBJECT, "an object of stores");
        while (json.nextToken() == JsonToken.FIELD_NAME) {
            visitor.store(new Visitor.StoreName(schema, json.currentName()));
            json.nextToken();
            store();
        }
    }

    private void store() throws IOException {
        expect(json, JsonToken.START_OBJECT, "a store");
        boolean known = false;
        String query = "";
        String index = "";
        boolean original = false;
        while (json.nextToken() == JsonToken.FIELD_NAME) {
            String field = json.currentName();
            json.nextToken();
            known |= field.equals("dimension");
            switch (field) {
                case "dimension" -> visitor.dimension(dimension());
                case "id_to_value" -> entries();
                case "predicate_indices" -> predicates();
                case "non_linear_indices" -> new IndexReader(json, visitor).read();
                case "query_model" -> query = text();
                case "index_model" -> index = text();
                case "store_original" -> original = json.getValueAsBoolean();
                default -> json.skipChildren();
            }
        }
        if (!query.isEmpty() && !index.isEmpty()) {
            visitor.models(query, index, original);
        } else if (!known) {
            throw SnapshotException.at(json.currentTokenLocation(), "a store without a dimension");
        }
    }

    private int dimension() throws IOException {
        expect(json, JsonToken.VALUE_NUMBER_INT, "a dimension");
        long dimension = json.getLongValue();
        if (dimension < 1 || dimension > Integer.MAX_VALUE) {
            throw SnapshotException.at(json.currentTokenLocation(), dimension + " is no dimension");
        }
        return (int) dimension;
    }

    private void entries() throws IOException {
        expect(json, JsonToken.START_OBJECT, "entries by their ids");
        EntryReader entry = new EntryReader(json, visitor);
        while (json.nextToken() == JsonToken.FIELD_NAME) {
            String id = json.currentName();
            json.nextToken();
            entry.read(id);
        }
    }

    private void predicates() throws IOException {
        expect(json, JsonToken.START_OBJECT, "indexes of predicates");
        while (json.nextToken() == JsonToken.FIELD_NAME) {
            boolean allowed = json.currentName().equals("allowed_predicates");
            json.nextToken();
            if (allowed) {
                visitor.predicates(texts());
            } else {
                json.skipChildren();
            }
        }
    }

    private List<String> texts() throws IOException {
        expect(json, JsonToken.START_ARRAY, "a list of keys");
        List<String> texts = new ArrayList<>();
        while (json.nextToken() != JsonToken.END_ARRAY) {
            texts.add(text());
        }
        return texts;
    }

    private String text() throws IOException {
        expect(json, JsonToken.VALUE_STRING, "a text");
        return json.getText();
    }
}
