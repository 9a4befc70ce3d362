package dev.kith.embed.models;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class OnnxFileTest {
    @TempDir
    private Path folder;

    @Test
    void externalData_initializerElsewhere_isFound() throws IOException {
        assertThat(locations(withExternalData("weights.bin"))).containsExactly("weights.bin");
    }

    @Test
    void externalData_inAGraphWithinAnAttribute_isFound() throws IOException {
        byte[] tensor = field(13, entry("location", "/etc/passwd"));
        byte[] inner = field(5, tensor);
        byte[] node = field(1, field(5, field(6, inner)));
        assertThat(locations(field(7, node))).containsExactly("/etc/passwd");
    }

    @Test
    void externalData_none_isEmpty() throws IOException {
        assertThat(locations(field(7, field(5, field(9, new byte[200_000]))))).isEmpty();
        assertThat(locations(new byte[0])).isEmpty();
    }

    @Test
    void externalData_cutOrRandomBytes_endsCleanly() throws IOException {
        byte[] good = withExternalData("weights.bin");
        for (int length = 1; length < good.length; length++) {
            byte[] cut = Arrays.copyOf(good, length);
            assertThatThrownBy(() -> locations(cut)).isInstanceOf(InstallException.class);
        }
        Random random = new Random(20260101);
        for (int round = 0; round < 300; round++) {
            byte[] noise = new byte[random.nextInt(200)];
            random.nextBytes(noise);
            try {
                locations(noise);
            } catch (InstallException refused) {
                assertThat(refused).hasMessageContaining("is no ONNX file");
            }
        }
        byte[] deep = field(7, new byte[0]);
        for (int depth = 0; depth < 200; depth++) {
            deep = field(1, field(5, field(6, deep)));
        }
        byte[] nested = field(7, deep);
        assertThatThrownBy(() -> locations(nested)).isInstanceOf(InstallException.class);
    }

    private java.util.Set<String> locations(byte[] bytes) throws IOException {
        return OnnxFile.externalData(Files.write(folder.resolve("network.onnx"), bytes));
    }

    static byte[] withExternalData(String location) throws IOException {
        byte[] entries = join(field(13, entry("location", location)), field(13, entry("offset", "0")));
        return field(7, field(5, entries));
    }

    private static byte[] entry(String key, String value) throws IOException {
        return join(field(1, key.getBytes(StandardCharsets.UTF_8)), field(2, value.getBytes(StandardCharsets.UTF_8)));
    }

    private static byte[] join(byte[] a, byte[] b) {
        byte[] both = Arrays.copyOf(a, a.length + b.length);
        System.arraycopy(b, 0, both, a.length, b.length);
        return both;
    }

    private static byte[] field(int number, byte[] content) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        varint(out, number << 3 | 2);
        varint(out, content.length);
        out.write(content);
        return out.toByteArray();
    }

    private static void varint(ByteArrayOutputStream out, int value) {
        int rest = value;
        while (rest > 0x7f) {
            out.write(rest & 0x7f | 0x80);
            rest >>>= 7;
        }
        out.write(rest);
    }
}
