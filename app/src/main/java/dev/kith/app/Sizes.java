package dev.kith.app;

import java.util.Locale;
import java.util.regex.Pattern;

/** Amounts of memory from texts. */
final class Sizes {
    /** Least memory budget: a few small collections. */
    static final long MEMORY_MIN = 16L << 20;

    private static final Pattern FORM = Pattern.compile("(\\d{1,18})([KMG%]?)");

    private Sizes() {}

    /** Reads bytes with an optional K, M or G (powers of 1,024), or a percentage of the machine's memory. */
    static long memory(String text, long machineBytes) {
        var matcher = FORM.matcher(text.trim().toUpperCase(Locale.ROOT));
        if (!matcher.matches()) {
            throw new IllegalArgumentException("is not a number of bytes (with K, M or G) or a percentage");
        }
        long number = Long.parseLong(matcher.group(1));
        double bytes = switch (matcher.group(2)) {
            case "K" -> number * 0x1p10;
            case "M" -> number * 0x1p20;
            case "G" -> number * 0x1p30;
            case "%" -> number / 100.0 * machineBytes;
            default -> number;
        };
        if (bytes < MEMORY_MIN || bytes > machineBytes) {
            throw new IllegalArgumentException(
                    "is outside %dM to the machine's memory, %dM".formatted(MEMORY_MIN >> 20, machineBytes >> 20));
        }
        return (long) bytes;
    }
}
