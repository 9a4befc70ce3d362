package dev.kith.embed.vp8;

/** Bytes that are no key frame of VP8, or one that is damaged. */
public final class Vp8Exception extends RuntimeException {
    private static final long serialVersionUID = 1L;

    Vp8Exception(String message) {
        super(message, null, false, false);
    }
}
