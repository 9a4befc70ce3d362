package dev.kith.embed.vp8;

/**
 * A decoded key frame of VP8. Decoding takes some five bytes of memory a pixel, whatever is in the file, and time that
 * grows with the pixels alone.
 *
 * @param rgb {@code byte[height × width × 3]}, unsigned; owned
 */
public record Vp8Picture(int width, int height, byte[] rgb) {
    private static final int SIDE = 16;
    private static final int CHROMA_SIDE = 8;

    /**
     * Decodes the frame that is that part of {@code bytes}.
     *
     * @param eachRow called after every few rows of pixels, in which a caller may end it by throwing
     * @throws Vp8Exception where it is none, or damaged
     */
    public static Vp8Picture decode(byte[] bytes, int from, int length, Runnable eachRow) {
        Header header = Header.read(bytes, from, length);
        Plane[] planes = {
            Plane.of(SIDE * header.columns(), SIDE * header.rows()),
            Plane.of(CHROMA_SIDE * header.columns(), CHROMA_SIDE * header.rows()),
            Plane.of(CHROMA_SIDE * header.columns(), CHROMA_SIDE * header.rows())
        };
        LoopFilter filter = new LoopFilter(header, planes);
        Blocks blocks = new Blocks(header, planes, filter);
        for (int row = 0; row < header.rows(); row++) {
            blocks.decode(row);
            eachRow.run();
        }
        for (int row = 0; row < header.rows(); row++) {
            filter.smooth(row);
            eachRow.run();
        }
        Colours colours = new Colours(header, planes);
        for (int y = 0; y < header.height(); y++) {
            colours.convert(y);
            if (y % SIDE == 0) {
                eachRow.run();
            }
        }
        return new Vp8Picture(header.width(), header.height(), colours.rgb());
    }

    /** All macroblocks in their order: what is predicted, and what differs from that. */
    private static final class Blocks {
        private final Header header;
        private final Plane[] planes;
        private final LoopFilter filter;
        private final Modes modes;
        private final Coefficients coefficients;
        private final Prediction[] predictions;
        private final Macroblock block = new Macroblock();

        Blocks(Header header, Plane[] planes, LoopFilter filter) {
            this.header = header;
            this.planes = planes;
            this.filter = filter;
            this.modes = new Modes(header);
            this.coefficients = new Coefficients(header);
            this.predictions =
                    new Prediction[] {new Prediction(planes[0]), new Prediction(planes[1]), new Prediction(planes[2])};
        }

        void decode(int row) {
            Bits tokens = header.tokens()[row % header.tokens().length];
            modes.beginRow();
            coefficients.beginRow();
            for (int column = 0; column < header.columns(); column++) {
                modes.read(column, block);
                coefficients.read(tokens, column, block);
                if (tokens.isOver() && header.tokens().length > 1) {
                    throw new Vp8Exception("A partition ends too early");
                }
                luma(column, row);
                Prediction.Edges edges = new Prediction.Edges(row > 0, column > 0);
                chroma(1, planes[1].at(CHROMA_SIDE * column, CHROMA_SIDE * row), edges);
                chroma(2, planes[2].at(CHROMA_SIDE * column, CHROMA_SIDE * row), edges);
                filter.note(column, row, block);
            }
            planes[0].extend(SIDE * header.columns(), SIDE * row + SIDE - 1);
        }

        private void luma(int column, int row) {
            Plane plane = planes[0];
            int corner = plane.at(SIDE * column, SIDE * row);
            if (!block.small) {
                predictions[0].large(corner, SIDE, block.mode, new Prediction.Edges(row > 0, column > 0));
            }
            for (int i = 0; i < 16; i++) {
                int at = corner + i / 4 * 4 * plane.stride() + i % 4 * 4;
                if (block.small) {
                    // Blocks on the right have nothing decoded beside them yet but in the row of macroblocks above.
                    int right = i % 4 == 3 ? corner - plane.stride() + SIDE : at - plane.stride() + 4;
                    predictions[0].small(at, right, block.modes[i]);
                }
                if (block.coded) {
                    Transform.add(block.coefficients, i * Macroblock.BLOCK, plane, at);
                }
            }
        }

        private void chroma(int which, int corner, Prediction.Edges edges) {
            Plane plane = planes[which];
            predictions[which].large(corner, CHROMA_SIDE, block.chromaMode, edges);
            for (int i = 0; block.coded && i < 4; i++) {
                int at = corner + i / 2 * 4 * plane.stride() + i % 2 * 4;
                Transform.add(block.coefficients, (12 + 4 * which + i) * Macroblock.BLOCK, plane, at);
            }
        }
    }
}
