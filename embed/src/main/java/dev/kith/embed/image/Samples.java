package dev.kith.embed.image;

import dev.kith.embed.image.ImageFile.Colours;
import dev.kith.embed.image.ImageFile.Format;
import dev.kith.embed.image.ImageFile.Layer;
import dev.kith.embed.image.Picture.Meaning;
import java.awt.image.BufferedImage;
import java.awt.image.ColorModel;
import java.awt.image.DataBufferByte;
import java.awt.image.IndexColorModel;
import java.awt.image.PixelInterleavedSampleModel;
import java.awt.image.Raster;

/** What a decoder gave, as samples of eight bits with a meaning. */
final class Samples {
    private Samples() {}

    /**
     * The raster of a JPEG decoder that was told to convert nothing.
     *
     * @param scale which share of each side is wanted: 1, 2, 4 or 8 for all, a half, a quarter or an eighth
     */
    static Picture ofJpeg(ImageFile file, Raster raster, int scale) {
        int bands = raster.getNumBands();
        byte[] samples;
        if (raster.getDataBuffer() instanceof DataBufferByte buffer
                && raster.getSampleModel() instanceof PixelInterleavedSampleModel model
                && isPlain(model, raster, bands)
                && bands == file.sampling().size()
                && buffer.getData().length == (long) file.width() * file.height() * bands) {
            samples = buffer.getData();
        } else {
            throw Undecodable.damaged();
        }
        if (scale == 1) {
            return JpegColours.picture(file.width(), file.height(), samples, file.colours());
        }
        JpegDraft draft = new JpegDraft(file, samples, scale);
        Picture picture = JpegColours.picture(draft.width(), draft.height(), draft.samples(), file.colours());
        return new Picture(
                picture.pixels(), picture.meaning(), new Picture.Original(file.width(), file.height(), scale));
    }

    private static boolean isPlain(PixelInterleavedSampleModel model, Raster raster, int bands) {
        boolean inOrder = true;
        for (int band = 0; band < bands; band++) {
            inOrder &= model.getBandOffsets()[band] == band;
        }
        return inOrder && model.getPixelStride() == bands && model.getScanlineStride() == raster.getWidth() * bands;
    }

    /** A picture of a decoder that knows colours, put where it belongs in the whole. */
    static Picture of(ImageFile file, BufferedImage image) {
        Layer layer = file.placed();
        if (image.getWidth() != layer.width() || image.getHeight() != layer.height()) {
            throw Undecodable.damaged();
        }
        if (!(image.getColorModel() instanceof IndexColorModel palette)) {
            return placed(file, ofBands(file, image.getRaster(), image.getColorModel()));
        }
        Picture picture = ofPalette(file, image.getRaster(), palette);
        return placed(file, picture, palette.getRGB(Math.min(layer.background(), palette.getMapSize() - 1)));
    }

    /** A picture put where it belongs in the whole, around which there is nothing: black, or transparent. */
    static Picture placed(ImageFile file, Picture picture) {
        return placed(file, picture, 0);
    }

    private static Picture placed(ImageFile file, Picture picture, int background) {
        Pixels part = picture.pixels();
        if (part.width() == file.width() && part.height() == file.height()) {
            return picture;
        }
        Pixels whole = Pixels.empty(file.width(), file.height(), part.channels());
        if (part.channels() == 3) {
            fill(whole, background);
        }
        whole.put(part, file.placed().left(), file.placed().top());
        return new Picture(whole, picture.meaning());
    }

    private static void fill(Pixels pixels, int rgb) {
        for (int at = 0; at < pixels.samples().length; at += 3) {
            put(pixels.samples(), at, rgb);
        }
    }

    private static void put(byte[] samples, int at, int rgb) {
        samples[at] = (byte) (rgb >> 16);
        samples[at + 1] = (byte) (rgb >> 8);
        samples[at + 2] = (byte) rgb;
    }

    private static Picture ofPalette(ImageFile file, Raster raster, IndexColorModel palette) {
        Pixels out = Pixels.empty(raster.getWidth(), raster.getHeight(), 3);
        int[] colours = new int[palette.getMapSize()];
        palette.getRGBs(colours);
        int[] row = new int[out.width()];
        int into = 0;
        for (int y = 0; y < out.height(); y++) {
            raster.getPixels(0, y, out.width(), 1, row);
            for (int index : row) {
                put(out.samples(), into, colours[Math.min(index, colours.length - 1)]);
                into += 3;
            }
        }
        boolean mixes = file.colours() == Colours.GREY || (file.format() == Format.BMP && isGrey(colours));
        return new Picture(out, mixes ? Meaning.COLOURS : Meaning.PALETTE);
    }

    /** Whether a palette of more than two entries says of each index that it is that grey. */
    private static boolean isGrey(int[] colours) {
        boolean grey = colours.length > 2;
        for (int at = 0; at < colours.length; at++) {
            grey &= (colours[at] & 0xFFFFFF) == at * 0x010101;
        }
        return grey;
    }

    private static Picture ofBands(ImageFile file, Raster raster, ColorModel model) {
        int bands = raster.getNumBands();
        if (bands > 4) {
            throw Undecodable.damaged();
        }
        boolean alpha = bands == 2 || bands == 4;
        int channels = alpha ? 4 : 3;
        Pixels out = Pixels.empty(raster.getWidth(), raster.getHeight(), channels);
        int[] row = new int[out.width() * bands];
        int into = 0;
        for (int y = 0; y < out.height(); y++) {
            raster.getPixels(0, y, out.width(), 1, row);
            for (int at = 0; at < row.length; at += bands) {
                for (int channel = 0; channel < channels; channel++) {
                    int band = bands > 2 ? channel : Math.max(0, channel - 2);
                    out.samples()[into++] = file.colours() == Colours.CLIPPED_GREY
                            ? (byte) Math.min(row[at], 255)
                            : eightBits(row[at + band], model.getComponentSize(band));
                }
            }
        }
        return new Picture(out, alpha ? Meaning.ALPHA : Meaning.COLOURS);
    }

    /** Of sixteen bits the upper ones; fewer than eight are spread over the range. */
    private static byte eightBits(int sample, int bits) {
        return (byte) (bits >= 8 ? sample >> (bits - 8) : sample * 255 / ((1 << bits) - 1));
    }
}
