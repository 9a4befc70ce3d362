package dev.kith.shell;

import dev.kith.shell.language.Parser;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.Optional;

/** The lines of a script in UTF-8, without those that are empty or begin with {@code #}. */
final class Lines implements AutoCloseable {
    private final BufferedReader reader;
    private int number;

    Lines(InputStream in) {
        reader = new BufferedReader(new InputStreamReader(in, StandardCharsets.UTF_8));
    }

    /** The next line with statements in it; empty at the end. */
    Optional<String> next() throws IOException {
        while (true) {
            Optional<String> line = anyLine();
            if (line.isEmpty()) {
                return line;
            }
            number++;
            String stripped = line.get().strip();
            if (!stripped.isEmpty() && !stripped.startsWith("#")) {
                return line;
            }
        }
    }

    /** The number of the line that came last, from 1. */
    int number() {
        return number;
    }

    @Override
    public void close() throws IOException {
        reader.close();
    }

    /** Of a line beyond the limit as much as makes the parser refuse it; the rest is never held. */
    private Optional<String> anyLine() throws IOException {
        StringBuilder line = new StringBuilder();
        int c = reader.read();
        if (c < 0) {
            return Optional.empty();
        }
        while (c >= 0 && c != '\n') {
            if (line.length() <= Parser.LINE_CHARS_MAX) {
                line.append((char) c);
            }
            c = reader.read();
        }
        return Optional.of(line.toString());
    }
}
