package dev.kith.app;

import java.util.logging.Formatter;
import java.util.logging.LogRecord;

/**
 * {@code 2026-01-31T12:00:00.123Z INFO    dev.kith.engine.Engine: text}; for a fault of ours, its stack in the lines
 * below, each beginning with a tab. Control characters in a text are escaped, so that nobody can forge an entry.
 */
final class TextLines extends Formatter {
    @Override
    public String format(LogRecord entry) {
        StringBuilder line = new StringBuilder();
        line.append(entry.getInstant().truncatedTo(java.time.temporal.ChronoUnit.MILLIS))
                .append(String.format(java.util.Locale.ROOT, " %-8s", Logs.name(entry)))
                .append(entry.getLoggerName())
                .append(": ")
                .append(escaped(formatMessage(entry)))
                .append('\n');
        for (Throwable fault = entry.getThrown(); fault != null; fault = fault.getCause()) {
            line.append('\t').append(escaped(fault.toString())).append('\n');
            for (StackTraceElement frame : fault.getStackTrace()) {
                line.append("\t  at ").append(frame).append('\n');
            }
        }
        return line.toString();
    }

    static String escaped(String text) {
        StringBuilder escaped = new StringBuilder(text.length());
        text.codePoints().forEach(point -> {
            if (Character.isISOControl(point)) {
                escaped.append(String.format(java.util.Locale.ROOT, "\\u%04x", point));
            } else {
                escaped.appendCodePoint(point);
            }
        });
        return escaped.toString();
    }
}
