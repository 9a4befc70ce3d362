package dev.kith.shell;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import dev.kith.shell.remote.Cell;
import dev.kith.shell.remote.Reply;
import java.io.IOException;
import java.io.PrintStream;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.math.BigInteger;
import java.util.Base64;
import java.util.List;
import java.util.Map;

/**
 * One line of JSON for each reply, complete: what a table shortens is whole here. Bytes are in base 64, and
 * numbers that are not finite in quotes, as JSON has no word for them.
 */
final class JsonScreen implements Screen {
    private static final JsonFactory JSON = new JsonFactory();

    private final PrintStream out;

    JsonScreen(PrintStream out) {
        this.out = out;
    }

    @Override
    public void show(Reply reply) {
        StringWriter line = new StringWriter();
        try (JsonGenerator json = JSON.createGenerator(line)) {
            json.writeStartObject();
            switch (reply) {
                case Reply.One(String name, Map<String, Cell> facts) -> {
                    json.writeStringField("reply", name);
                    write(json, facts);
                }
                case Reply.Many(String name, List<Map<String, Cell>> rows, Map<String, Cell> more) -> {
                    json.writeStringField("reply", name);
                    json.writeArrayFieldStart("rows");
                    for (Map<String, Cell> row : rows) {
                        json.writeStartObject();
                        write(json, row);
                        json.writeEndObject();
                    }
                    json.writeEndArray();
                    write(json, more);
                }
                case Reply.Refusal(int code, String message) -> {
                    json.writeStringField("error", message);
                    json.writeNumberField("code", code);
                }
            }
            json.writeEndObject();
        } catch (IOException impossible) {
            throw new UncheckedIOException("A string cannot be written to", impossible);
        }
        out.println(line);
    }

    private static void write(JsonGenerator json, Map<String, Cell> fields) throws IOException {
        for (Map.Entry<String, Cell> field : fields.entrySet()) {
            json.writeFieldName(field.getKey());
            write(json, field.getValue());
        }
    }

    private static void write(JsonGenerator json, Cell cell) throws IOException {
        switch (cell) {
            case Cell.Text(String text) -> json.writeString(text);
            case Cell.Count(long value) -> json.writeNumber(new BigInteger(Long.toUnsignedString(value)));
            case Cell.Real(float value) -> json.writeNumber(value);
            case Cell.Switch(boolean value) -> json.writeBoolean(value);
            case Cell.Vector(float[] components) -> {
                json.writeStartArray();
                for (float component : components) {
                    json.writeNumber(component);
                }
                json.writeEndArray();
            }
            case Cell.Bytes(String kind, byte[] bytes) -> {
                json.writeStartObject();
                json.writeStringField(kind, Base64.getEncoder().encodeToString(bytes));
                json.writeEndObject();
            }
            case Cell.Fields(Map<String, Cell> fields) -> {
                json.writeStartObject();
                write(json, fields);
                json.writeEndObject();
            }
            case Cell.Items(List<Cell> items) -> {
                json.writeStartArray();
                for (Cell item : items) {
                    write(json, item);
                }
                json.writeEndArray();
            }
            case Cell.Nothing() -> json.writeNull();
        }
    }
}
