package dev.kith.embed.run;

import dev.kith.embed.Input;
import dev.kith.embed.InputKind;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;

/** Small inputs by which a model is tried: a word, a grey picture, a second of silence. */
final class Probes {
    private static final int SIDE = 64;
    private static final int BITMAP_HEADER = 54;
    private static final int SAMPLE_RATE = 48_000;
    private static final int WAVE_HEADER = 44;

    private Probes() {}

    static Input of(InputKind kind) {
        return switch (kind) {
            case TEXT -> new Input.Text("probe");
            case IMAGE -> new Input.Image(bitmap());
            case AUDIO -> new Input.Audio(silence());
        };
    }

    /** A BMP file of 24 bits a pixel, whose rows need no padding. */
    private static byte[] bitmap() {
        int pixels = SIDE * SIDE * 3;
        ByteBuffer file = ByteBuffer.allocate(BITMAP_HEADER + pixels).order(ByteOrder.LITTLE_ENDIAN);
        file.put((byte) 'B').put((byte) 'M').putInt(file.capacity()).putInt(0).putInt(BITMAP_HEADER);
        file.putInt(40).putInt(SIDE).putInt(SIDE).putShort((short) 1).putShort((short) 24);
        file.putInt(0).putInt(pixels).putInt(2_835).putInt(2_835).putInt(0).putInt(0);
        while (file.hasRemaining()) {
            file.put((byte) 128);
        }
        return file.array();
    }

    /** A WAVE file of 16 bits a sample, one channel. */
    private static byte[] silence() {
        int bytes = SAMPLE_RATE * 2;
        ByteBuffer file = ByteBuffer.allocate(WAVE_HEADER + bytes).order(ByteOrder.LITTLE_ENDIAN);
        file.put("RIFF".getBytes(StandardCharsets.US_ASCII)).putInt(file.capacity() - 8);
        file.put("WAVEfmt ".getBytes(StandardCharsets.US_ASCII))
                .putInt(16)
                .putShort((short) 1)
                .putShort((short) 1);
        file.putInt(SAMPLE_RATE).putInt(bytes).putShort((short) 2).putShort((short) 16);
        file.put("data".getBytes(StandardCharsets.US_ASCII)).putInt(bytes);
        return file.array();
    }
}
