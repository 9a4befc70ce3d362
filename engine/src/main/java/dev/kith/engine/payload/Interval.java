package dev.kith.engine.payload;

import dev.kith.vectors.Filter;
import dev.kith.vectors.Value;
import java.util.Optional;

/**
 * Numbers between two bounds, of which one may be missing; compared by size and exactly, whole or not. A NaN is neither
 * below nor above, nor in between.
 */
record Interval(Optional<Filter.Bound> low, Optional<Filter.Bound> high) {
    /** 2⁶³: the first float that is greater than every integer. */
    private static final double BEYOND_INTEGERS = 0x1p63;

    /** @param range of numbers */
    static Interval of(Filter.Range range) {
        return new Interval(range.low(), range.high());
    }

    /**
     * Numbers of one kind, as they sort among themselves; none, where the first is greater than the last.
     *
     * @param least the first of them, see {@link FieldKeys#sorted}
     * @param most the last one
     */
    record Span(long least, long most) {
        private static final Span NONE = new Span(0, -1);
    }

    /** The integers in between. */
    Span integers() {
        long least = low.map(bound -> whole(bound.value(), true)).orElse(Long.MIN_VALUE);
        long most = high.map(bound -> whole(bound.value(), false)).orElse(Long.MAX_VALUE);
        if ((least == Long.MAX_VALUE && isBelow(least)) || (most == Long.MIN_VALUE && isAbove(most))) {
            return Span.NONE;
        }
        return new Span(isBelow(least) ? least + 1 : least, isAbove(most) ? most - 1 : most);
    }

    /** The integer at a bound, or the next one on its inner side; where there is none, the one at the end of all. */
    private static long whole(Value bound, boolean up) {
        return bound instanceof Value.Real(double real)
                ? (long) (up ? Math.ceil(real) : Math.floor(real))
                : ((Value.Int) bound).value();
    }

    /** The floats in between. */
    Span reals() {
        double least = low.map(bound -> real(bound.value())).orElse(Double.NEGATIVE_INFINITY);
        double most = high.map(bound -> real(bound.value())).orElse(Double.POSITIVE_INFINITY);
        // A bound may lie between two floats; the one that it was rounded to is then perhaps on the outer side.
        least = isBelow(least) ? Math.nextUp(least) : least;
        most = isAbove(most) ? Math.nextDown(most) : most;
        if (isBelow(least) || isAbove(most)) {
            return Span.NONE; // Beyond the infinite there is nothing.
        }
        // The two zeros are equal here, and −0 sorts before 0.
        return new Span(FieldKeys.sorted(least == 0 ? -0.0 : least), FieldKeys.sorted(most == 0 ? 0.0 : most));
    }

    private static double real(Value bound) {
        return bound instanceof Value.Real(double real) ? real : ((Value.Int) bound).value();
    }

    boolean has(long number) {
        return !isBelow(number) && !isAbove(number);
    }

    boolean has(double number) {
        return !Double.isNaN(number) && !isBelow(number) && !isAbove(number);
    }

    boolean isBelow(long number) {
        return low.isPresent() && isOutside(low.get(), compare(number, low.get().value()));
    }

    boolean isAbove(long number) {
        return high.isPresent()
                && isOutside(high.get(), -compare(number, high.get().value()));
    }

    boolean isBelow(double number) {
        return low.isPresent() && isOutside(low.get(), compare(number, low.get().value()));
    }

    boolean isAbove(double number) {
        return high.isPresent()
                && isOutside(high.get(), -compare(number, high.get().value()));
    }

    /** @param order of the number and the bound, greater than 0 where it is on the right side */
    private static boolean isOutside(Filter.Bound bound, int order) {
        return order < 0 || (order == 0 && !bound.inclusive());
    }

    private static int compare(long number, Value bound) {
        return bound instanceof Value.Real(double real)
                ? compare(number, real)
                : Long.compare(number, ((Value.Int) bound).value());
    }

    private static int compare(double number, Value bound) {
        if (bound instanceof Value.Int(long whole)) {
            return -compare(whole, number);
        }
        double real = ((Value.Real) bound).value();
        return number < real ? -1 : number > real ? 1 : 0; // Other than for Double.compare, −0 is as large as 0.
    }

    private static int compare(long whole, double real) {
        if (real >= BEYOND_INTEGERS) {
            return -1;
        }
        if (real < -BEYOND_INTEGERS) {
            return 1;
        }
        long cut = (long) real;
        if (whole != cut) {
            return Long.compare(whole, cut);
        }
        // Where there is a fraction, the integer is small enough to be a float.
        double fraction = real - cut;
        return fraction > 0 ? -1 : fraction < 0 ? 1 : 0;
    }
}
