package dev.kith.bench;

import java.util.Arrays;
import java.util.function.DoubleSupplier;

/**
 * Two sides measured in turns, A B B A A B …, so that a machine that slows down or speeds up does so for both. Each
 * side is a rate: more is better.
 *
 * @param ratio ours over theirs, round by round
 */
record Duel(Stats ours, Stats theirs, Stats ratio) {

    /** One more round than asked for: the first warms up and is not counted. */
    static Duel of(int rounds, DoubleSupplier ours, DoubleSupplier theirs) {
        double[] a = new double[rounds + 1];
        double[] b = new double[rounds + 1];
        double[] ratios = new double[rounds + 1];
        for (int round = 0; round <= rounds; round++) {
            if (round % 2 == 0) {
                a[round] = ours.getAsDouble();
                b[round] = theirs.getAsDouble();
            } else {
                b[round] = theirs.getAsDouble();
                a[round] = ours.getAsDouble();
            }
            ratios[round] = a[round] / b[round];
        }
        return new Duel(counted(a), counted(b), counted(ratios));
    }

    private static Stats counted(double[] rounds) {
        return new Stats(Arrays.copyOfRange(rounds, 1, rounds.length));
    }
}
