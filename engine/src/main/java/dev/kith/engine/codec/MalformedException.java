package dev.kith.engine.codec;

import dev.kith.storage.DamageException;

/** Bytes whose checksum is right and whose content is not: damage, or a format that this version does not know. */
public final class MalformedException extends DamageException {
    private static final long serialVersionUID = 1L;

    public MalformedException(String found) {
        super("found " + found);
    }

    static void require(boolean wellFormed, String found) {
        if (!wellFormed) {
            throw new MalformedException(found);
        }
    }
}
