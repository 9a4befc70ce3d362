package dev.kith.app;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.time.Instant;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import org.junit.jupiter.api.Test;

class LogLinesTest {
    @Test
    void text_entry_isOneLineWithLevelAndLogger() {
        LogRecord entry = entry(Level.WARNING, "disk {0} is full", "sda");
        assertThat(new TextLines().format(entry))
                .isEqualTo("2026-01-31T12:00:00.123Z WARNING dev.kith.Room: disk sda is full\n");
    }

    @Test
    void text_controlCharacters_cannotForgeAnEntry() {
        LogRecord entry = entry(Level.INFO, "name {0}", "a\n2026-01-31T12:00:00Z ERROR x\u001b[31m\u0085");
        assertThat(new TextLines().format(entry))
                .hasLineCount(1)
                .contains("\\u000a")
                .contains("\\u001b");
    }

    @Test
    void text_fault_hasItsStackInTabbedLines() {
        LogRecord entry = entry(Level.SEVERE, "failed");
        entry.setThrown(new IllegalStateException("why", new IllegalArgumentException("cause\nmore")));
        assertThat(new TextLines().format(entry).lines().skip(1))
                .isNotEmpty()
                .allMatch(line -> line.startsWith("\t"))
                .anyMatch(line -> line.contains("IllegalArgumentException: cause\\u000amore"));
    }

    @Test
    void json_fault_isOneObjectOnOneLine() throws Exception {
        LogRecord entry = entry(Level.SEVERE, "failed\n\"quoted\"");
        entry.setThrown(new IllegalStateException("why"));
        String line = new JsonLines().format(entry);
        JsonNode json = new ObjectMapper().readTree(line);
        assertThat(line).hasLineCount(1).endsWith("\n");
        assertThat(json.get("level").textValue()).isEqualTo("ERROR");
        assertThat(json.get("message").textValue()).isEqualTo("failed\n\"quoted\"");
        assertThat(json.get("stack").textValue()).contains("IllegalStateException: why");
    }

    private static LogRecord entry(Level level, String message, Object... parameters) {
        LogRecord entry = new LogRecord(level, message);
        entry.setInstant(Instant.parse("2026-01-31T12:00:00.123456Z"));
        entry.setLoggerName("dev.kith.Room");
        entry.setParameters(parameters);
        return entry;
    }
}
