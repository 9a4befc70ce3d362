package dev.kith.embed.audio;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;

/** The sounds that {@code models/sounds.py} makes, and WAVE files of them. */
final class Tone {
    private static final int SEED = 20261130;

    private Tone() {}

    /** A chord that fades, and a little noise. */
    static float[] samples(int count, int rate) {
        float[] samples = new float[count];
        int state = SEED;
        for (int at = 0; at < count; at++) {
            state = state * 1664525 + 1013904223;
            double hiss = (state >>> 24) / 255.0 - 0.5;
            double time = (double) at / rate;
            samples[at] = (float) (Math.exp(-time)
                            * (0.4 * Math.sin(2 * Math.PI * 440 * time) + 0.2 * Math.sin(2 * Math.PI * 3300 * time))
                    + 0.02 * hiss);
        }
        return samples;
    }

    /** Floats of 32 bits. */
    static byte[] wave(float[] samples, int rate, int channels) {
        ByteBuffer file = header(3, 32, rate, channels, samples.length * 4);
        for (float sample : samples) {
            file.putFloat(sample);
        }
        return file.array();
    }

    /** The headers, and room for the samples behind them. */
    static ByteBuffer header(int format, int bits, int rate, int channels, int bytes) {
        ByteBuffer file = ByteBuffer.allocate(44 + bytes).order(ByteOrder.LITTLE_ENDIAN);
        file.put("RIFF".getBytes(StandardCharsets.US_ASCII)).putInt(36 + bytes);
        file.put("WAVEfmt ".getBytes(StandardCharsets.US_ASCII)).putInt(16);
        file.putShort((short) format).putShort((short) channels).putInt(rate);
        file.putInt(rate * channels * bits / 8)
                .putShort((short) (channels * bits / 8))
                .putShort((short) bits);
        return file.put("data".getBytes(StandardCharsets.US_ASCII)).putInt(bytes);
    }

    static float[] expected(String name) {
        try (InputStream in = Tone.class.getResourceAsStream(name)) {
            if (in == null) {
                throw new IllegalStateException(name + " is missing");
            }
            ByteBuffer bytes = ByteBuffer.wrap(in.readAllBytes()).order(ByteOrder.LITTLE_ENDIAN);
            float[] values = new float[bytes.capacity() / 4];
            bytes.asFloatBuffer().get(values);
            return values;
        } catch (IOException unreadable) {
            throw new UncheckedIOException(unreadable);
        }
    }
}
