package dev.kith.vectors;

/**
 * The full name of a collection. Every part is compared exactly, code point by code point: names that differ only by
 * case, dots, slashes or Unicode normal form are different names. A name never becomes a path.
 *
 * @param tenant the owner, decided by the credential alone
 * @param namespace the door's own, or one that a client made
 * @param name what the client calls the collection
 */
public record CollectionName(String tenant, String namespace, String name) implements Target {

    public CollectionName {
        requirePart("tenant", tenant);
        requirePart("namespace", namespace);
        requirePart("name", name);
    }

    @Override
    public CollectionName fullName() {
        return this;
    }

    @Override
    public boolean means(long id) {
        return true;
    }

    private static void requirePart(String what, String part) {
        if (part.isEmpty() || part.length() > Limits.NAME_CHARS_MAX) {
            throw Rejection.invalid(
                    "A %s has 1 to %d characters, not %d".formatted(what, Limits.NAME_CHARS_MAX, part.length()));
        }
    }
}
