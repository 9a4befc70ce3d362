package dev.kith.embed.audio;

import dev.kith.embed.Unembeddable;
import dev.kith.embed.Unembeddable.Reason;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * A WAVE file whose headers were read: PCM of 8, 16, 24 or 32 bits, or floats of 32 or 64. Source: Microsoft's
 * Multimedia Programming Interface 1.0 (1991), and WAVEFORMATEXTENSIBLE.
 *
 * @param rate samples a second of one channel
 * @param channels side by side
 * @param bits of one sample
 * @param floating whether samples are floats and not whole numbers
 * @param data the samples, little-endian
 */
record Wave(int rate, int channels, int bits, boolean floating, ByteBuffer data) {
    static final int RATE_MAX = 192_000;
    private static final int CHANNELS_MAX = 32;
    private static final int CHUNK_BYTES = 8;
    private static final int FIRST_CHUNK = 12;
    private static final int PCM = 1;
    private static final int FLOAT = 3;
    private static final int EXTENSIBLE = 0xFFFE;

    /** @throws Unembeddable UNDECODABLE; what is not a WAVE file is named as such */
    static Wave read(byte[] bytes) {
        ByteBuffer file = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
        if (!says(file, 0, "RIFF") || !says(file, 8, "WAVE")) {
            throw new Unembeddable(Reason.UNDECODABLE, 0, "Sounds must be WAVE files: PCM of 8 to 32 bits, or floats");
        }
        int format = -1;
        for (long at = FIRST_CHUNK; at + CHUNK_BYTES <= bytes.length; ) {
            long length = Integer.toUnsignedLong(file.getInt((int) at + 4));
            int body = (int) at + CHUNK_BYTES;
            long left = bytes.length - (long) body;
            if (says(file, (int) at, "fmt ") && length >= 16 && length <= left) {
                format = body;
            } else if (says(file, (int) at, "data") && format >= 0) {
                // Who writes to a pipe does not know the length, and says the largest.
                return of(file, format, file.slice(body, (int) Math.min(length, left)));
            }
            at = body + length + (length & 1);
        }
        throw damaged();
    }

    private static Wave of(ByteBuffer file, int format, ByteBuffer data) {
        int kind = Short.toUnsignedInt(file.getShort(format));
        if (kind == EXTENSIBLE && format + 26 <= file.capacity()) {
            kind = Short.toUnsignedInt(file.getShort(format + 24));
        }
        int channels = Short.toUnsignedInt(file.getShort(format + 2));
        int rate = file.getInt(format + 4);
        int bits = Short.toUnsignedInt(file.getShort(format + 14));
        boolean whole = kind == PCM && (bits == 8 || bits == 16 || bits == 24 || bits == 32);
        boolean floating = kind == FLOAT && (bits == 32 || bits == 64);
        if (!(whole || floating) || channels < 1 || channels > CHANNELS_MAX || rate < 1 || rate > RATE_MAX) {
            throw damaged();
        }
        return new Wave(rate, channels, bits, floating, data.order(ByteOrder.LITTLE_ENDIAN));
    }

    private static boolean says(ByteBuffer file, int at, String text) {
        byte[] wanted = text.getBytes(StandardCharsets.US_ASCII);
        if (at + wanted.length > file.capacity()) {
            return false;
        }
        byte[] found = new byte[wanted.length];
        file.get(at, found);
        return Arrays.equals(found, wanted);
    }

    private static Unembeddable damaged() {
        return new Unembeddable(
                Reason.UNDECODABLE, 0, "The WAVE file is damaged, or not PCM of 8 to 32 bits or floats");
    }

    /** Samples of each channel. */
    int count() {
        return data.capacity() / (bits / 8 * channels);
    }

    long milliseconds() {
        return count() * 1_000L / rate;
    }

    /** The mean of the channels, {@code float[count]} from -1 to 1; what is not a finite number is silence. */
    float[] mono() {
        float[] mono = new float[count()];
        int each = bits / 8;
        for (int at = 0; at < mono.length; at++) {
            double sum = 0;
            for (int channel = 0; channel < channels; channel++) {
                sum += sample((at * channels + channel) * each);
            }
            float mean = (float) (sum / channels);
            mono[at] = Float.isFinite(mean) ? mean : 0;
        }
        return mono;
    }

    private double sample(int at) {
        return switch (bits) {
            case 8 -> ((data.get(at) & 255) - 128) / 128.0;
            case 16 -> data.getShort(at) / 32_768.0;
            case 24 -> ((data.get(at) & 255) | (data.getShort(at + 1) << 8)) / 8_388_608.0;
            case 32 -> floating ? data.getFloat(at) : data.getInt(at) / 2_147_483_648.0;
            default -> data.getDouble(at);
        };
    }
}
