package dev.kith.app;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.logging.ErrorManager;
import java.util.logging.Formatter;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import java.util.logging.Logger;

/** Sets up the JDK's logging, which all rooms log through: one line an entry, on standard error or to a file. */
final class Logs {
    /** Above SEVERE, for "nothing less than the end"; {@code System.Logger} has no such level. */
    private static final Level CRITICAL = new Level("CRITICAL", Level.SEVERE.intValue() + 100) {
        private static final long serialVersionUID = 1L;
    };

    /**
     * The HTTP server tells its own story below WARNING, and below INFO it shows headers, and with them keys. Held,
     * since loggers are held weakly.
     */
    private static final Logger HTTP = Logger.getLogger("org.eclipse.jetty");

    /** Warn of what is wrong in requests, which is their senders' business and has no bound. Held as well. */
    private static final List<Logger> HTTP_READERS = List.of(
            Logger.getLogger("org.eclipse.jetty.http.HttpParser"), Logger.getLogger("org.eclipse.jetty.util.HostPort"));

    /** Shows a stack trace for each request that it refuses; the door writes a line instead. Held as well. */
    private static final Logger GRPC_STREAM = Logger.getLogger("io.grpc.netty.NettyServerStream");

    /** Likewise for each stream, and connection, that breaks a rule, of which strangers can send thousands. Held. */
    private static final List<Logger> GRPC_RULES = List.of(
            Logger.getLogger("io.grpc.netty.NettyServerHandler"),
            Logger.getLogger("io.grpc.netty.NettyServerTransport.connections"));

    /** The tokenizer library says at INFO what it unpacks, to everybody who starts a server. Held likewise. */
    private static final Logger TOKENIZERS = Logger.getLogger("ai.djl");

    private Logs() {}

    /** Replaces whatever logging there was. */
    static void configure(Config.Logging logging) throws IOException {
        OutputStream out = System.err;
        if (logging.file().isPresent()) {
            out = Files.newOutputStream(logging.file().get(), StandardOpenOption.CREATE, StandardOpenOption.APPEND);
        }
        Logger root = Logger.getLogger("");
        for (Handler handler : root.getHandlers()) {
            root.removeHandler(handler);
        }
        Formatter lines = switch (logging.format()) {
            case TEXT -> new TextLines();
            case JSON -> new JsonLines();
        };
        root.addHandler(new Lines(out, lines));
        root.setLevel(level(logging.level()));
        TOKENIZERS.setLevel(Level.WARNING.intValue() > root.getLevel().intValue() ? Level.WARNING : root.getLevel());
        GRPC_STREAM.setLevel(Level.OFF);
        HTTP_READERS.forEach(reader -> reader.setLevel(Level.OFF));
        GRPC_RULES.forEach(rules -> rules.setLevel(Level.OFF));
        HTTP.setLevel(Level.WARNING.intValue() > root.getLevel().intValue() ? Level.WARNING : root.getLevel());
    }

    private static Level level(Config.Logging.Level level) {
        return switch (level) {
            case DEBUG -> Level.FINE;
            case INFO -> Level.INFO;
            case WARNING -> Level.WARNING;
            case ERROR -> Level.SEVERE;
            case CRITICAL -> CRITICAL;
        };
    }

    /** The name of a record's level in the words of the settings. */
    static String name(LogRecord entry) {
        int value = entry.getLevel().intValue();
        if (value >= CRITICAL.intValue()) {
            return "CRITICAL";
        }
        if (value >= Level.SEVERE.intValue()) {
            return "ERROR";
        }
        if (value >= Level.WARNING.intValue()) {
            return "WARNING";
        }
        return value >= Level.INFO.intValue() ? "INFO" : "DEBUG";
    }

    /** Writes each entry at once; entries of several threads do not mix. */
    private static final class Lines extends Handler {
        private final OutputStream out;

        Lines(OutputStream out, Formatter formatter) {
            this.out = out;
            setFormatter(formatter);
            setLevel(Level.ALL);
        }

        @Override
        public synchronized void publish(LogRecord entry) {
            if (!isLoggable(entry)) {
                return;
            }
            try {
                out.write(getFormatter().format(entry).getBytes(StandardCharsets.UTF_8));
                out.flush();
            } catch (IOException full) {
                reportError("a log entry was lost", full, ErrorManager.WRITE_FAILURE);
            }
        }

        @Override
        public void flush() {
            // Every entry is flushed when it is written.
        }

        @Override
        public void close() {
            // The stream lives as long as the process.
        }
    }
}
