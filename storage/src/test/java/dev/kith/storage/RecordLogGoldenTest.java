package dev.kith.storage;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** A log of format version 1, kept for ever: every later version reads it, and this one still writes the same bytes. */
class RecordLogGoldenTest {

    private static final String GOLDEN = "record-log-v1.hex";
    private static final LogOptions OPTIONS = new LogOptions(512, 64, 128);
    private static final long COLLECTION = 0x0123_4567_89ab_cdefL;

    @Test
    void open_ofTheGoldenLog_givesItsRecords() throws IOException {
        FaultyDirectory folder = FaultyDirectory.empty().folder("c1");
        folder.create();
        for (String line : golden().split("\n")) {
            String[] parts = line.split(" ", -1);
            StorageFile file = folder.names().contains(parts[0])
                    ? folder.open(parts[0], Directory.Mode.WRITE)
                    : folder.open(parts[0], Directory.Mode.CREATE_NEW);
            file.write(ByteBuffer.wrap(HexFormat.of().parseHex(parts[1])), file.size());
        }
        List<String> records = new ArrayList<>();
        RecordLog.Visitor visitor = new RecordLog.Visitor() {
            @Override
            public void record(RecordHeader header, ByteBuffer body) {
                records.add(header + " " + StandardCharsets.US_ASCII.decode(body));
            }

            @Override
            public void abandon(long sequence) {
                throw new AssertionError("abandoned " + sequence);
            }
        };
        try (RecordLog log =
                RecordLog.open(new RecordLog.Place(folder, COLLECTION), OPTIONS, Recorder.CLOCK, visitor)) {
            assertThat(log.damage()).isEmpty();
            assertThat(log.cut()).isEmpty();
            assertThat(log.appended()).isEqualTo(448);
        }
        String header = "RecordHeader[type=%d, flags=%d, collectionId=81985529216486895, epoch=%d, sequence=%d, "
                + "part=%d, parts=%d, wallClockMs=1700000000000, lastForced=%d] %s";
        assertThat(records)
                .containsExactly(
                        header.formatted(1, 0, 0, 1, 0, 1, 0, ""),
                        header.formatted(2, -2, 0, 2, 0, 2, 64, "first half"),
                        header.formatted(2, -2, 0, 2, 1, 2, 64, "second half"),
                        header.formatted(254, 0, 3, 900, 0, 1, 224, "z".repeat(160)));
    }

    @Test
    void append_ofTheGoldenRecords_writesTheSameBytes() throws IOException {
        FaultyDirectory folder = FaultyDirectory.empty().folder("c1");
        folder.create();
        try (RecordLog log = RecordLog.create(new RecordLog.Place(folder, COLLECTION), OPTIONS, Recorder.CLOCK)) {
            append(log, RecordLog.Entry.whole(1, 0, 1), "");
            log.reserve(2 * RecordFormat.bytes(11));
            log.append(new RecordLog.Entry(2, -2, 0, 2, 0, 2), text("first half"));
            log.append(new RecordLog.Entry(2, -2, 0, 2, 1, 2), text("second "), text("half"));
            log.force();
            append(log, new RecordLog.Entry(254, 0, 3, 900, 0, 1), "z".repeat(160));
        }
        assertThat(folder.names()).hasSize(2);
        assertThat(hex(folder)).isEqualTo(golden());
    }

    private static void append(RecordLog log, RecordLog.Entry entry, String body) {
        log.reserve(RecordFormat.bytes(body.length()));
        log.append(entry, text(body));
        log.force();
    }

    private static ByteBuffer text(String text) {
        return ByteBuffer.wrap(text.getBytes(StandardCharsets.US_ASCII));
    }

    /** One line for every 32 bytes: the file's name and the bytes. */
    private static String hex(FaultyDirectory folder) {
        List<String> lines = new ArrayList<>();
        for (String name : folder.names()) {
            String all = HexFormat.of().formatHex(folder.content(name));
            for (int i = 0; i < all.length(); i += 64) {
                lines.add(name + " " + all.substring(i, Math.min(i + 64, all.length())));
            }
        }
        return lines.stream().collect(Collectors.joining("\n", "", "\n"));
    }

    private static String golden() throws IOException {
        try (InputStream in = RecordLogGoldenTest.class.getResourceAsStream(GOLDEN)) {
            return new String(in.readAllBytes(), StandardCharsets.US_ASCII);
        }
    }
}
