package dev.kith.embed.vp8;

/**
 * Smooths the edges between macroblocks and between blocks (RFC 6386, section 15). It works on the whole picture once
 * all is predicted, since predictions are made of samples that are not yet smooth. One picture, one thread.
 */
final class LoopFilter {
    private static final int SIDE = 16;
    private static final int LEVEL_MAX = 63;
    private static final int INNER = 0x80;

    private final Header header;
    private final Plane[] planes;
    /** Of each macroblock its level, and whether the edges inside it are smoothed. */
    private final byte[] wanted;

    LoopFilter(Header header, Plane[] planes) {
        this.header = header;
        this.planes = planes;
        this.wanted = new byte[header.columns() * header.rows()];
    }

    /** Keeps what is wanted of a macroblock. */
    void note(int column, int row, Macroblock block) {
        boolean inner = block.small || block.coded;
        wanted[row * header.columns() + column] = (byte) (level(block) | (inner ? INNER : 0));
    }

    private int level(Macroblock block) {
        Header.Filter filter = header.filter();
        Header.Segments segments = header.segments();
        int own = segments.used() ? segments.strengths()[block.segment] : 0;
        int level = segments.used() && segments.absolute() ? own : filter.level() + own;
        return Math.clamp(level + filter.intra() + (block.small ? filter.small() : 0), 0, LEVEL_MAX);
    }

    /** Smooths a row of macroblocks; those above it must have been. */
    void smooth(int row) {
        if (header.filter().level() == 0) {
            return;
        }
        for (int column = 0; column < header.columns(); column++) {
            int said = wanted[row * header.columns() + column];
            int level = said & LEVEL_MAX;
            if (level > 0) {
                Spot spot = new Spot(column, row, limits(level), (said & INNER) != 0);
                if (header.filter().simple()) {
                    simple(spot);
                } else {
                    normal(planes[0], SIDE, spot);
                    normal(planes[1], SIDE / 2, spot);
                    normal(planes[2], SIDE / 2, spot);
                }
            }
        }
    }

    /** A macroblock that is smoothed, perhaps inside too. */
    private record Spot(int column, int row, Limits limits, boolean inner) {}

    /**
     * What differences are smoothed.
     *
     * @param edge across an edge inside a macroblock
     * @param interior beside an edge
     * @param variance above it there is more to see than an edge
     */
    private record Limits(int edge, int interior, int variance) {
        /** Across edges between macroblocks. */
        int outer() {
            return 2 * (edge + 4) + 1;
        }

        int inner() {
            return 2 * edge + 1;
        }
    }

    private Limits limits(int level) {
        int sharpness = header.filter().sharpness();
        int interior = level;
        if (sharpness > 0) {
            interior = Math.min(interior >> (sharpness > 4 ? 2 : 1), 9 - sharpness);
        }
        interior = Math.max(1, interior);
        return new Limits(2 * level + interior, interior, level >= 40 ? 2 : level >= 15 ? 1 : 0);
    }

    private void simple(Spot spot) {
        Plane luma = planes[0];
        int at = luma.at(SIDE * spot.column, SIDE * spot.row);
        Way sideways = new Way(1, luma.stride());
        Way down = new Way(luma.stride(), 1);
        if (spot.column > 0) {
            simpleEdge(luma, at, sideways, spot.limits.outer());
        }
        for (int x = 4; spot.inner && x < SIDE; x += 4) {
            simpleEdge(luma, at + x, sideways, spot.limits.inner());
        }
        if (spot.row > 0) {
            simpleEdge(luma, at, down, spot.limits.outer());
        }
        for (int y = 4; spot.inner && y < SIDE; y += 4) {
            simpleEdge(luma, at + y * luma.stride(), down, spot.limits.inner());
        }
    }

    /** From one sample to the next across an edge, and along it. */
    private record Way(int across, int along) {}

    private static void simpleEdge(Plane plane, int from, Way way, int limit) {
        Line line = new Line(plane.samples(), way.across);
        for (int i = 0; i < SIDE; i++) {
            int at = from + i * way.along;
            if (line.step(at) <= limit) {
                line.smoothTwo(at);
            }
        }
    }

    private static void normal(Plane plane, int side, Spot spot) {
        int at = plane.at(side * spot.column, side * spot.row);
        Way sideways = new Way(1, plane.stride());
        Way down = new Way(plane.stride(), 1);
        if (spot.column > 0) {
            smooth(new Edge(plane, at, side, sideways), spot.limits, true);
        }
        for (int x = 4; spot.inner && x < side; x += 4) {
            smooth(new Edge(plane, at + x, side, sideways), spot.limits, false);
        }
        if (spot.row > 0) {
            smooth(new Edge(plane, at, side, down), spot.limits, true);
        }
        for (int y = 4; spot.inner && y < side; y += 4) {
            smooth(new Edge(plane, at + y * plane.stride(), side, down), spot.limits, false);
        }
    }

    /** As many samples from there on, along one way. */
    private record Edge(Plane plane, int from, int length, Way way) {}

    /** @param outer whether it is between macroblocks */
    private static void smooth(Edge edge, Limits limits, boolean outer) {
        Line line = new Line(edge.plane.samples(), edge.way.across);
        int limit = outer ? limits.outer() : limits.inner();
        for (int i = 0; i < edge.length; i++) {
            int at = edge.from + i * edge.way.along;
            if (line.step(at) <= limit && line.isEven(at, limits.interior)) {
                if (line.varies(at, limits.variance)) {
                    line.smoothTwo(at);
                } else if (outer) {
                    line.smoothSix(at);
                } else {
                    line.smoothFour(at);
                }
            }
        }
    }

    /** Samples across an edge: four before it, and from {@code at} on four behind it. */
    private record Line(byte[] samples, int across) {
        private int sample(int at, int distance) {
            return samples[at + distance * across] & 255;
        }

        private void put(int at, int distance, int value) {
            samples[at + distance * across] = (byte) Math.clamp(value, 0, 255);
        }

        int step(int at) {
            return 4 * Math.abs(sample(at, -1) - sample(at, 0)) + Math.abs(sample(at, -2) - sample(at, 1));
        }

        boolean isEven(int at, int limit) {
            return Math.abs(sample(at, -4) - sample(at, -3)) <= limit
                    && Math.abs(sample(at, -3) - sample(at, -2)) <= limit
                    && Math.abs(sample(at, -2) - sample(at, -1)) <= limit
                    && Math.abs(sample(at, 3) - sample(at, 2)) <= limit
                    && Math.abs(sample(at, 2) - sample(at, 1)) <= limit
                    && Math.abs(sample(at, 1) - sample(at, 0)) <= limit;
        }

        boolean varies(int at, int limit) {
            return Math.abs(sample(at, -2) - sample(at, -1)) > limit || Math.abs(sample(at, 1) - sample(at, 0)) > limit;
        }

        /** Changes one sample on each side, by what four say. */
        void smoothTwo(int at) {
            int difference = 3 * (sample(at, 0) - sample(at, -1)) + signed(sample(at, -2) - sample(at, 1));
            int before = sample(at, -1) + eighth(difference + 3);
            int behind = sample(at, 0) - eighth(difference + 4);
            put(at, -1, before);
            put(at, 0, behind);
        }

        /** Changes two on each side, by what the two nearest say. */
        void smoothFour(int at) {
            int difference = 3 * (sample(at, 0) - sample(at, -1));
            int most = eighth(difference + 4);
            int half = (most + 1) >> 1;
            put(at, -2, sample(at, -2) + half);
            put(at, -1, sample(at, -1) + eighth(difference + 3));
            put(at, 0, sample(at, 0) - most);
            put(at, 1, sample(at, 1) - half);
        }

        /** Changes three on each side. */
        void smoothSix(int at) {
            int difference = signed(3 * (sample(at, 0) - sample(at, -1)) + signed(sample(at, -2) - sample(at, 1)));
            for (int distance = 0; distance < 3; distance++) {
                int change = ((27 - 9 * distance) * difference + 63) >> 7;
                put(at, -1 - distance, sample(at, -1 - distance) + change);
                put(at, distance, sample(at, distance) - change);
            }
        }

        private static int signed(int value) {
            return Math.clamp(value, -128, 127);
        }

        private static int eighth(int value) {
            return Math.clamp(value >> 3, -16, 15);
        }
    }
}
