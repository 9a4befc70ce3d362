package dev.kith.app;

/**
 * A value as somebody gave it.
 *
 * @param value the text
 * @param origin where: the flag, the variable, or the file and key; faults name it
 */
record Given(String value, String origin) {}
