package dev.kith.doors.idios;

import dev.kith.doors.http.HttpRefusal;
import dev.kith.doors.http.HttpRequest;
import dev.kith.doors.http.MultipartForm;
import dev.kith.doors.idios.Problem.Place;
import dev.kith.vectors.Value;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A picture that comes with a request, and its fields: as a form with a part {@code file} and parts for the fields, or
 * as the body itself with the fields in the query.
 *
 * @param file owned
 */
record Upload(byte[] file, Map<String, String> texts) {
    private static final List<String> NAMES = List.of("url", "metadata", "limit");
    /** Most of a field: the longest metadata with all its escapes, several times. */
    private static final int TEXT_BYTES_MAX = 1 << 20;

    static Upload read(HttpRequest request) {
        byte[] body = request.payload().whole();
        Optional<String> form = request.header("Content-Type").filter(MultipartForm::isForm);
        if (form.isEmpty()) {
            if (body.length == 0) {
                throw missingFile();
            }
            return new Upload(body, request.query());
        }
        Map<String, byte[]> parts = MultipartForm.read(form.get(), body);
        Map<String, String> texts = new LinkedHashMap<>();
        for (String name : NAMES) {
            byte[] part = parts.get(name);
            if (part != null) {
                if (part.length > TEXT_BYTES_MAX) {
                    throw new HttpRefusal(413, "A field of the form is too large");
                }
                request.payload().lease().take(JsonBody.weight(part));
                texts.put(name, new String(part, StandardCharsets.UTF_8));
            }
        }
        byte[] file = parts.get("file");
        if (file == null) {
            throw missingFile();
        }
        return new Upload(file, texts);
    }

    private static Invalid missingFile() {
        return new Invalid(List.of(Problem.missing(Place.BODY.to("file"))));
    }

    /** The fields as an object: metadata is JSON text. */
    Value.Fields fields(Checks checks) {
        Map<String, Value> fields = new LinkedHashMap<>();
        texts.forEach((name, text) -> fields.put(name, new Value.Text(text)));
        String metadata = texts.get("metadata");
        if (metadata != null) {
            try {
                fields.put("metadata", metadata.isBlank() ? Value.NULL : PythonJson.parse(metadata));
            } catch (JsonFault fault) {
                fields.put("metadata", Value.NULL);
                checks.note(Problem.of(Place.BODY.to("metadata"), "Invalid JSON", "value_error.json"));
            }
        }
        return new Value.Fields(fields);
    }
}
