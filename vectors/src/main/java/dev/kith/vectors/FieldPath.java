package dev.kith.vectors;

import java.util.List;

/**
 * Where in a payload a value is: the name of a top-level field, and the names of the objects' fields below it. A name
 * is compared exactly and may hold any character, dots included. On its way through an array a path goes into every
 * element.
 *
 * @param steps one to {@link Limits#DEPTH_MAX} names
 */
public record FieldPath(List<String> steps) implements Comparable<FieldPath> {
    public FieldPath {
        steps = List.copyOf(steps);
        if (steps.isEmpty() || steps.size() > Limits.DEPTH_MAX) {
            throw Rejection.invalid(
                    "A field's path has 1 to %d names, not %d".formatted(Limits.DEPTH_MAX, steps.size()));
        }
    }

    /** The field of that name at the top level. */
    public static FieldPath of(String name) {
        return new FieldPath(List.of(name));
    }

    /** Name by name, in the order of their UTF-16 units. */
    @Override
    public int compareTo(FieldPath other) {
        int common = Math.min(steps.size(), other.steps.size());
        for (int i = 0; i < common; i++) {
            int order = steps.get(i).compareTo(other.steps.get(i));
            if (order != 0) {
                return order;
            }
        }
        return Integer.compare(steps.size(), other.steps.size());
    }
}
