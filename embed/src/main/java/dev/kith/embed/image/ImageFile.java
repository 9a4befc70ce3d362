package dev.kith.embed.image;

import java.nio.ByteOrder;
import java.util.List;

/**
 * What the headers of a picture file say, and the file without what is not needed to decode it. Colour profiles, texts
 * and other applications' data are never opened.
 *
 * @param format which decoder takes {@code bytes}
 * @param width of the whole picture in pixels
 * @param height of the whole picture in pixels
 * @param placed the layer that {@code bytes} hold
 * @param colours how the decoder's samples are meant, where the format leaves that open
 * @param orientation 1 to 8 as EXIF numbers it; 1 where nothing is said
 * @param sampling of a JPEG, how densely each component is sampled; of others empty
 * @param bytes a file of that format with the first picture alone
 */
record ImageFile(
        Format format,
        int width,
        int height,
        Layer placed,
        Colours colours,
        int orientation,
        List<Sampling> sampling,
        byte[] bytes) {
    ImageFile {
        sampling = List.copyOf(sampling);
    }

    /**
     * Samples of a component where that with the most has as many as the largest of these.
     *
     * @param steps of the coefficients of its blocks, row by row; empty where the file says different ones
     */
    record Sampling(int across, int down, List<Integer> steps) {
        Sampling {
            steps = List.copyOf(steps);
        }
    }

    enum Format {
        JPEG,
        PNG,
        WEBP,
        GIF,
        BMP
    }

    /**
     * Where the decoded layer lies in the picture, and how large it is.
     *
     * @param background of a palette, the entry that shows where the layer is not
     */
    record Layer(int left, int top, int width, int height, int background) {
        static Layer whole(int width, int height) {
            return new Layer(0, 0, width, height, 0);
        }
    }

    /** What the samples of a file stand for. */
    enum Colours {
        /** What the decoder's own colour model says. */
        AS_DECODED,
        /** One sample: grey, also where the decoder shows it as a palette of greys. */
        GREY,
        /** One sample of sixteen bits: grey, and white above 255, as Pillow has it. */
        CLIPPED_GREY,
        /** Red, green, blue. */
        RGB,
        /** Luma and two differences. */
        YCC,
        /** Ink. */
        CMYK,
        /** Ink, as Adobe's programs store it: the other way round. */
        CMYK_INVERTED,
        /**
         * Luma and two differences of three inks, and black; the other way round where Adobe's marker is, as always.
         */
        YCCK_INVERTED
    }

    /**
     * Pixels whose room the tables of a WebP without loss, or with transparency, may take, however small it is: 65,536
     * groups of five tables of a kibibyte.
     */
    private static final long WEBP_TABLES_PIXELS = 32_000_000;
    /** And those of a larger file: some 147 bytes of it make a table of 16 kibibytes of one of them. */
    private static final long WEBP_PIXELS_A_BYTE = 10;

    private static final long WEBP_LARGE_TABLES_PIXELS = 100_000_000;

    /** The pixels of picture or layer, whichever has more. */
    long pixels() {
        return Math.max((long) width * height, (long) placed.width() * placed.height());
    }

    int longestSide() {
        return Math.max(Math.max(width, height), Math.max(placed.width(), placed.height()));
    }

    /** For how many pixels there must be room while it is decoded. */
    long room() {
        return hasTables() ? weight() + WEBP_TABLES_PIXELS : pixels();
    }

    /** Its pixels, and those whose room the tables take that grow with the file. */
    long weight() {
        return hasTables()
                ? pixels() + Math.min(WEBP_PIXELS_A_BYTE * bytes.length, WEBP_LARGE_TABLES_PIXELS)
                : pixels();
    }

    private boolean hasTables() {
        return format == Format.WEBP && !new Cursor(bytes, ByteOrder.LITTLE_ENDIAN).says(12, "VP8 ");
    }
}
