package dev.kith.embed.vp8;

/**
 * Red, green and blue of luma and chroma, as libwebp makes them, and so everybody who shows WebP: chroma is spread over
 * four times as many pixels with weights of 9, 3, 3 and 1 sixteenths, rounded in two steps, and converted in fixed
 * point of 14 bits by the matrix of ITU-R BT.601 with luma from 16 to 235. Source: the behaviour of libwebp's
 * upsampling, which its documentation calls fancy, and on which RFC 9649 says nothing.
 */
final class Colours {
    private final Header header;
    private final Plane luma;
    private final Plane[] chroma;
    private final int columns;
    private final byte[] rgb;
    /** Chroma of one row, a value a pixel. */
    private final int[][] spread;

    Colours(Header header, Plane[] planes) {
        this.header = header;
        this.luma = planes[0];
        this.chroma = new Plane[] {planes[1], planes[2]};
        this.columns = (header.width() + 1) / 2;
        this.rgb = new byte[Math.multiplyExact(3 * header.width(), header.height())];
        this.spread = new int[2][header.width()];
    }

    byte[] rgb() {
        return rgb;
    }

    /** Converts one row of pixels. */
    void convert(int y) {
        int near = y / 2;
        // The row of chroma on the other side of this row of pixels; at the edges of the picture it is the same one.
        int far = Math.clamp(y % 2 == 0 ? near - 1 : near + 1, 0, (header.height() + 1) / 2 - 1);
        for (int i = 0; i < 2; i++) {
            spread(chroma[i], chroma[i].at(0, near), chroma[i].at(0, far), spread[i]);
        }
        int from = luma.at(0, y);
        int into = 3 * y * header.width();
        for (int x = 0; x < header.width(); x++) {
            put(into + 3 * x, luma.samples()[from + x] & 255, spread[0][x], spread[1][x]);
        }
    }

    private void spread(Plane plane, int near, int far, int[] into) {
        byte[] samples = plane.samples();
        int left = samples[near] & 255;
        int farLeft = samples[far] & 255;
        into[0] = (3 * left + farLeft + 2) >> 2;
        for (int x = 1; x < columns; x++) {
            int right = samples[near + x] & 255;
            int farRight = samples[far + x] & 255;
            int all = left + farLeft + right + farRight + 8;
            int falling = (all + 2 * (farLeft + right)) >> 3;
            int rising = (all + 2 * (left + farRight)) >> 3;
            into[2 * x - 1] = (falling + left) >> 1;
            if (2 * x < into.length) {
                into[2 * x] = (rising + right) >> 1;
            }
            left = right;
            farLeft = farRight;
        }
        if (into.length % 2 == 0) {
            into[into.length - 1] = (3 * left + farLeft + 2) >> 2;
        }
    }

    private void put(int at, int y, int u, int v) {
        int light = (19_077 * y) >> 8;
        rgb[at] = sample(light + ((26_149 * v) >> 8) - 14_234);
        rgb[at + 1] = sample(light - ((6_419 * u) >> 8) - ((13_320 * v) >> 8) + 8_708);
        rgb[at + 2] = sample(light + ((33_050 * u) >> 8) - 17_685);
    }

    /** Of 64ths. */
    private static byte sample(int value) {
        return (byte) Math.clamp(value >> 6, 0, 255);
    }
}
