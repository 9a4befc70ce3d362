package dev.kith.app;

import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Amounts of memory from texts. */
final class Sizes {
    /** Least memory budget: a few small collections. */
    static final long MEMORY_MIN = 10L << 20;

    private static final Pattern FORM = Pattern.compile("(\\d{1,18})([KMG%]?)");

    /** Less would make a checkpoint of every other write. */
    static final long LOG_MIN = 4L << 10;

    /** More would take minutes to replay. */
    static final long LOG_MAX = 4L << 30;

    static final long LOG_DEFAULT = 128L << 20;

    private Sizes() {}

    /** Reads bytes of a log, with an optional K, M or G. */
    static long log(String text) {
        var matcher = FORM.matcher(text.trim().toUpperCase(Locale.ROOT));
        if (!matcher.matches() || matcher.group(2).equals("%")) {
            throw new IllegalArgumentException("is not a number of bytes (with K, M or G)");
        }
        double bytes = bytes(matcher, 0);
        if (bytes < LOG_MIN || bytes > LOG_MAX) {
            throw new IllegalArgumentException("is outside %dK to %dG".formatted(LOG_MIN >> 10, LOG_MAX >> 30));
        }
        return (long) bytes;
    }

    private static double bytes(Matcher matcher, long whole) {
        long number = Long.parseLong(matcher.group(1));
        return switch (matcher.group(2)) {
            case "K" -> number * 0x1p10;
            case "M" -> number * 0x1p20;
            case "G" -> number * 0x1p30;
            case "%" -> number / 100.0 * whole;
            default -> number;
        };
    }

    /** Reads bytes with an optional K, M or G (powers of 1,024), or a percentage of the machine's memory. */
    static long memory(String text, long machineBytes) {
        var matcher = FORM.matcher(text.trim().toUpperCase(Locale.ROOT));
        if (!matcher.matches()) {
            throw new IllegalArgumentException("is not a number of bytes (with K, M or G) or a percentage");
        }
        double bytes = bytes(matcher, machineBytes);
        if (bytes < MEMORY_MIN || bytes > machineBytes) {
            throw new IllegalArgumentException(
                    "is outside %dM to the machine's memory, %dM".formatted(MEMORY_MIN >> 20, machineBytes >> 20));
        }
        return (long) bytes;
    }
}
