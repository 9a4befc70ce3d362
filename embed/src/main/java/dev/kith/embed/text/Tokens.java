package dev.kith.embed.text;

/** A text as a network takes it: {@code long[tokens]} of vocabulary numbers and of segment numbers. Owned. */
record Tokens(long[] ids, long[] types) {
    int count() {
        return ids.length;
    }
}
