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
