package dev.kith.app;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.logging.Formatter;
import java.util.logging.LogRecord;

/** One JSON object a line: time, level, logger, message, and for a fault its stack. */
final class JsonLines extends Formatter {
    private final ObjectMapper mapper = new ObjectMapper();

    @Override
    public String format(LogRecord entry) {
        ObjectNode line = mapper.createObjectNode()
                .put("time", entry.getInstant().toString())
                .put("level", Logs.name(entry))
                .put("logger", entry.getLoggerName())
                .put("message", formatMessage(entry));
        if (entry.getThrown() != null) {
            StringWriter stack = new StringWriter();
            entry.getThrown().printStackTrace(new PrintWriter(stack));
            line.put("stack", stack.toString());
        }
        try {
            return mapper.writeValueAsString(line) + "\n";
        } catch (JsonProcessingException impossible) {
            throw new IllegalStateException("A tree of strings cannot be written as JSON", impossible);
        }
    }
}
