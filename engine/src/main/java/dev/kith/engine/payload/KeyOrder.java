package dev.kith.engine.payload;

import java.util.Arrays;

/** Sorts keys that lie one after the other in an array: a merge sort of their numbers, which boxes none. One thread. */
final class KeyOrder {
    private final byte[] keys;
    private final int[] starts;

    private KeyOrder(byte[] keys, int[] starts) {
        this.keys = keys;
        this.starts = starts;
    }

    /**
     * The numbers of the keys in ascending order.
     *
     * @param starts where each key begins, and at the end where the last one ends
     */
    static int[] of(byte[] keys, int[] starts) {
        int[] order = new int[starts.length - 1];
        Arrays.setAll(order, i -> i);
        new KeyOrder(keys, starts).sort(order.clone(), order, 0, order.length);
        return order;
    }

    /** Sorts a part of {@code from}, which is spoilt, into {@code into}, which is the same before. */
    private void sort(int[] from, int[] into, int begin, int end) {
        if (end - begin < 2) {
            return;
        }
        int middle = (begin + end) >>> 1;
        sort(into, from, begin, middle);
        sort(into, from, middle, end);
        int left = begin;
        int right = middle;
        for (int i = begin; i < end; i++) {
            boolean takeLeft = right == end || (left < middle && compare(from[left], from[right]) <= 0);
            into[i] = takeLeft ? from[left++] : from[right++];
        }
    }

    private int compare(int one, int other) {
        return Arrays.compareUnsigned(keys, starts[one], starts[one + 1], keys, starts[other], starts[other + 1]);
    }
}
