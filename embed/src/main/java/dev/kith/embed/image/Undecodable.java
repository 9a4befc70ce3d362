package dev.kith.embed.image;

import dev.kith.embed.Unembeddable;
import dev.kith.embed.Unembeddable.Reason;

/** The refusals of this package; none repeats what a file or a decoder says. */
final class Undecodable {
    private Undecodable() {}

    /** No known format, or damaged. */
    static Unembeddable damaged() {
        return new Unembeddable(
                Reason.UNDECODABLE, 0, "The input is not a JPEG, PNG, WebP, GIF or BMP image, or it is damaged");
    }

    static Unembeddable tooManyBytes(int bytesMax) {
        return new Unembeddable(Reason.TOO_LARGE, 0, "Images must have at most %d bytes".formatted(bytesMax));
    }

    static Unembeddable tooManyPixels(long pixelsMax) {
        return new Unembeddable(Reason.TOO_LARGE, 0, "Images must have at most %d pixels".formatted(pixelsMax));
    }

    static Unembeddable tooMuchMemory() {
        return new Unembeddable(
                Reason.TOO_LARGE, 0, "The WebP image may take too much memory to decode; other formats take less");
    }

    static Unembeddable tooLong(int sideMax) {
        return new Unembeddable(Reason.TOO_LARGE, 0, "Images must have at most %d pixels a side".formatted(sideMax));
    }

    static Unembeddable tooSlow() {
        return new Unembeddable(Reason.TOO_LARGE, 0, "The image takes too long to decode");
    }
}
