package dev.kith.embed.image;

import com.twelvemonkeys.imageio.plugins.webp.WebPImageReaderSpi;
import dev.kith.embed.Preparation;
import dev.kith.embed.Unembeddable;
import dev.kith.embed.image.ImageFile.Format;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.ByteOrder;
import java.util.Iterator;
import java.util.concurrent.Semaphore;
import javax.imageio.ImageIO;
import javax.imageio.ImageReader;
import javax.imageio.event.IIOReadProgressListener;
import javax.imageio.stream.MemoryCacheImageInputStream;

/**
 * Decodes JPEG, PNG, WebP, GIF and BMP: the first picture of the file, eight bits a sample, as Pillow's
 * {@code open(…).convert("RGB")} has it. Colour profiles are passed over, as there.
 *
 * <p>What a file costs is known before its decoder sees it: {@link ImageLimits}. Decoders see a file that has been
 * copied without all that they need not read, so that neither compressed texts nor profiles nor second pictures reach
 * them; and a decoder that finds another size than was weighed decodes nothing. Safe on any thread; a call waits while
 * others decode as many pixels as are allowed at once.
 */
public final class ImageDecoder {
    private static final int KILOPIXEL = 1_000;
    /**
     * What a JPEG or a GIF can have. Decoders hold a few rows more, in integers, which is nothing unless a row is the
     * whole picture.
     */
    private static final int SIDE_MAX = 65_535;

    private final ImageLimits limits;
    private final Semaphore kilopixels;

    public ImageDecoder(ImageLimits limits) {
        this.limits = limits;
        this.kilopixels = new Semaphore(kilopixels(limits.pixelsAtOnce()), true);
    }

    /**
     * Decodes one picture and lets {@code use} make of it what is wanted, while the room for its pixels is held.
     *
     * @throws Unembeddable UNDECODABLE or TOO_LARGE, with index 0; what {@code use} throws passes through
     */
    public <T> T decode(byte[] bytes, Preparation.Orientation orientation, Use<T> use) {
        return decode(bytes, new Wanted(orientation, 0), use);
    }

    /**
     * What a picture is decoded for.
     *
     * @param side longest side in pixels of a square that it will be made to fit, 0: of none
     */
    public record Wanted(Preparation.Orientation orientation, int side) {}

    /** The same, to fewer pixels where Pillow would do that for a picture that is then made to fit. */
    public <T> T decode(byte[] bytes, Wanted wanted, Use<T> use) {
        if (bytes.length > limits.bytesMax()) {
            throw Undecodable.tooManyBytes(limits.bytesMax());
        }
        ImageFile file = header(bytes);
        if (file.longestSide() > SIDE_MAX) {
            throw Undecodable.tooLong(SIDE_MAX);
        }
        if (file.pixels() > limits.pixelsMax()) {
            throw Undecodable.tooManyPixels(limits.pixelsMax());
        }
        if (file.weight() > limits.pixelsAtOnce()) {
            throw Undecodable.tooMuchMemory();
        }
        int permits = kilopixels(Math.min(file.room(), limits.pixelsAtOnce()));
        kilopixels.acquireUninterruptibly(permits);
        try {
            Picture picture = decoded(file, scale(file, wanted));
            if (wanted.orientation == Preparation.Orientation.APPLIED) {
                picture = new Picture(Orientation.applied(picture.pixels(), file.orientation()), picture.meaning());
            }
            return use.of(picture);
        } finally {
            kilopixels.release(permits);
        }
    }

    /** What is made of a picture. */
    @FunctionalInterface
    public interface Use<T> {
        T of(Picture picture);
    }

    private static int kilopixels(long pixels) {
        return Math.toIntExact((pixels + KILOPIXEL - 1) / KILOPIXEL);
    }

    private static ImageFile header(byte[] bytes) {
        Cursor in = new Cursor(bytes, ByteOrder.LITTLE_ENDIAN);
        if (JpegHeader.matches(in)) {
            return JpegHeader.read(bytes);
        }
        if (PngHeader.matches(in)) {
            return PngHeader.read(bytes);
        }
        if (WebpHeader.matches(in)) {
            return WebpHeader.read(bytes);
        }
        if (GifHeader.matches(in)) {
            return GifHeader.read(bytes);
        }
        if (BmpHeader.matches(in)) {
            return BmpHeader.read(bytes);
        }
        throw Undecodable.damaged();
    }

    /** Pillow leaves all pixels to a picture that it turns, since that comes first. */
    private static int scale(ImageFile file, Wanted wanted) {
        boolean fewer = wanted.side > 0
                && file.format() == Format.JPEG
                && wanted.orientation == Preparation.Orientation.IGNORED
                && file.longestSide() > wanted.side;
        return fewer ? Shrink.scale(file.width(), file.height(), wanted.side) : 1;
    }

    private Picture decoded(ImageFile file, int scale) {
        Clock clock = new Clock(limits.decodeTimeMs());
        try {
            if (WebpLossy.matches(file)) {
                return WebpLossy.decoded(
                        file, clock::check, lossless -> read(file, lossless, clock, reader -> reader.read(0)));
            }
            return file.format() == Format.JPEG
                    ? Samples.ofJpeg(file, read(file, file.bytes(), clock, reader -> reader.readRaster(0, null)), scale)
                    : Samples.of(file, read(file, file.bytes(), clock, reader -> reader.read(0)));
        } catch (RuntimeException | LinkageError broken) {
            if (broken instanceof Unembeddable refusal) {
                throw refusal;
            }
            throw clock.isOver ? Undecodable.tooSlow() : Undecodable.damaged();
        }
    }

    /** What is asked of a reader. */
    private interface Reading<T> {
        T of(ImageReader reader) throws IOException;
    }

    /** @param bytes of a picture as large as the file's layer */
    private static <T> T read(ImageFile file, byte[] bytes, Clock clock, Reading<T> reading) {
        ImageReader reader = reader(file.format());
        // Memory, not a file: what is decoded is in memory already.
        try (Input in = new Input(bytes, clock)) {
            reader.addIIOReadProgressListener(clock);
            reader.setInput(in, true, true);
            if (reader.getWidth(0) != file.placed().width()
                    || reader.getHeight(0) != file.placed().height()) {
                // Before its samples are allocated: what the walker saw is not what the decoder will make.
                throw Undecodable.damaged();
            }
            T read = reading.of(reader);
            clock.check();
            return read;
        } catch (IOException broken) {
            throw clock.isOver ? Undecodable.tooSlow() : Undecodable.damaged();
        } finally {
            reader.dispose();
        }
    }

    /**
     * What a reader reads. The one of WebP goes on behind the end, as if there were zeros, with an exception for each
     * byte: a cut file of some hundred bytes would take minutes.
     */
    private static final class Input extends MemoryCacheImageInputStream {
        /** Reads behind the end; those of files that are whole look ahead by a few bytes. */
        private static final int ENDS_MAX = 4096;

        private final Clock clock;
        private int ends;

        Input(byte[] bytes, Clock clock) {
            super(new ByteArrayInputStream(bytes));
            this.clock = clock;
        }

        @Override
        public int read() throws IOException {
            return checked(super.read());
        }

        @Override
        public int read(byte[] target, int offset, int length) throws IOException {
            return checked(super.read(target, offset, length));
        }

        private int checked(int read) {
            if (read < 0) {
                clock.check();
                if (++ends > ENDS_MAX) {
                    throw Undecodable.damaged();
                }
            }
            return read;
        }
    }

    private static ImageReader reader(Format format) {
        if (format == Format.WEBP) {
            return new WebPImageReaderSpi().createReaderInstance(null);
        }
        Iterator<ImageReader> readers = ImageIO.getImageReadersByFormatName(format.name());
        if (!readers.hasNext()) {
            throw new IllegalStateException("the JDK has no decoder for " + format);
        }
        return readers.next();
    }

    /** Is looked at after every few rows; decoding is given up once the time is over. */
    private static final class Clock implements IIOReadProgressListener {
        private final long endNs;
        private boolean isOver;

        Clock(int timeMs) {
            this.endNs = System.nanoTime() + timeMs * 1_000_000L;
        }

        /** @throws Unembeddable TOO_LARGE once the time is over */
        void check() {
            isOver |= System.nanoTime() - endNs > 0;
            if (isOver) {
                throw Undecodable.tooSlow();
            }
        }

        @Override
        public void imageProgress(ImageReader source, float percentageDone) {
            if (System.nanoTime() - endNs > 0) {
                isOver = true;
                source.abort();
            }
        }

        @Override
        public void readAborted(ImageReader source) {
            isOver = true;
        }

        @Override
        public void sequenceStarted(ImageReader source, int minIndex) {}

        @Override
        public void sequenceComplete(ImageReader source) {}

        @Override
        public void imageStarted(ImageReader source, int imageIndex) {}

        @Override
        public void imageComplete(ImageReader source) {}

        @Override
        public void thumbnailStarted(ImageReader source, int imageIndex, int thumbnailIndex) {}

        @Override
        public void thumbnailProgress(ImageReader source, float percentageDone) {}

        @Override
        public void thumbnailComplete(ImageReader source) {}
    }
}
