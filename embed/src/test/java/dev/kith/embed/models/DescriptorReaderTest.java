package dev.kith.embed.models;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.kith.embed.InputKind;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class DescriptorReaderTest {
    private static final String GOOD = """
            {"format": 1, "name": "tiny", "aliases": ["TINY"], "dimension": 8, "licence": "MIT",
             "source": "https://example.org/tiny", "repository": "some/tiny",
             "files": [{"name": "model.onnx", "path": "onnx/model.onnx", "bytes": 10}, {"name": "tokenizer.json"}],
             "text": {"network": {"file": "model.onnx", "inputs": {"ids": "input_ids"}}, "tokenizer": "tokenizer.json",
                      "tokens-max": 16, "pooling": "first", "prefixes": {"query": "query: "}, "batch": 4}}""";

    @Test
    void read_goodDescriptor_isAsWritten() {
        Descriptor descriptor = read(GOOD);
        assertThat(descriptor.name()).isEqualTo("tiny");
        assertThat(descriptor.isCalled("Tiny")).isTrue();
        assertThat(descriptor.bytes()).isEqualTo(10);
        Tower.Text text = (Tower.Text) descriptor.tower(InputKind.TEXT).orElseThrow();
        assertThat(text.pooling()).isEqualTo(Tower.Pooling.FIRST);
        assertThat(text.normalised()).isFalse();
        assertThat(text.network().input("ids")).isEqualTo("input_ids");
        assertThat(text.network().input("mask")).isEqualTo("mask");
        assertThat(descriptor.tower(InputKind.IMAGE)).isEmpty();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = ';',
            value = {
                "\"format\": 1; \"format\": 2; format: is outside 1 to 1",
                "\"tiny\",; \"../tiny\",; name: '../tiny' is none",
                "\"tiny\",; \"TINY\",; name: 'TINY' is none",
                "\"TINY\"; \"a/b\"; aliases",
                "\"dimension\": 8; \"dimension\": 0; dimension: is outside",
                "\"dimension\": 8; \"dimension\": 8.5; dimension: is no whole number",
                "\"dimension\": 8; \"dimension\": 1e99; dimension: is no whole number",
                "some/tiny; ../../etc; repository",
                "some/tiny; https://elsewhere/x; repository",
                "\"onnx/model.onnx\"; \"../model.onnx\"; has a path",
                "\"onnx/model.onnx\"; \"/etc/passwd\"; has a path",
                "\"name\": \"model.onnx\"; \"name\": \"../model.onnx\"; is no name of a file",
                "\"name\": \"model.onnx\"; \"name\": \".model.onnx\"; is no name of a file",
                "\"name\": \"model.onnx\"; \"name\": \"other.onnx\"; model.onnx is needed and missing",
                "\"name\": \"tokenizer.json\"; \"name\": \"model.onnx\"; is there twice",
                "\"bytes\": 10; \"bytes\": -1; bytes: is outside",
                "\"bytes\": 10; \"sha256\": \"abc\"; 64 hexadecimal digits",
                "\"first\"; \"last\"; text.pooling: is none of mean, first, projected",
                "\"batch\": 4; \"batch\": 4, \"bach\": 5; text.bach: there is no such field",
                "\"batch\": 4; \"batch\": 4, \"batch\": 5; is not JSON",
                "\"tokens-max\": 16; \"tokens-max\": 2000000000; text.tokens-max: is outside",
                "\"tokenizer\": \"tokenizer.json\"; \"tokenizer\": 5; text.tokenizer: is no text",
                "\"text\"; \"words\"; has none of text, image",
            })
    void read_faultyField_namesItAndTheRule(String from, String to, String message) {
        assertThat(GOOD).contains(from);
        assertThatThrownBy(() -> read(GOOD.replace(from, to)))
                .isInstanceOf(DescriptorException.class)
                .hasMessageStartingWith("tiny.json: ")
                .hasMessageContaining(message);
    }

    @Test
    void read_cutOrMangledBytes_isRefusedCleanly() {
        byte[] good = GOOD.getBytes(StandardCharsets.UTF_8);
        for (int length = 0; length < good.length; length++) {
            byte[] cut = java.util.Arrays.copyOf(good, length);
            assertThatThrownBy(() -> DescriptorReader.read("tiny.json", cut)).isInstanceOf(DescriptorException.class);
        }
        long seed = 20260101;
        Random random = new Random(seed);
        for (int round = 0; round < 2_000; round++) {
            byte[] mangled = good.clone();
            mangled[random.nextInt(mangled.length)] = (byte) random.nextInt(256);
            try {
                DescriptorReader.read("tiny.json", mangled);
            } catch (DescriptorException refused) {
                assertThat(refused).as("seed %d, round %d", seed, round).hasMessageContaining("tiny.json: ");
            }
        }
        assertThatThrownBy(() -> read("[".repeat(100_000))).isInstanceOf(DescriptorException.class);
    }

    @Test
    void builtIn_allDescriptors_areConsistent() {
        List<Descriptor> all = BuiltIn.descriptors();
        assertThat(all).extracting(Descriptor::name).doesNotHaveDuplicates();
        List<String> names = all.stream()
                .flatMap(each -> java.util.stream.Stream.concat(
                        java.util.stream.Stream.of(each.name()), each.aliases().stream()))
                .toList();
        assertThat(names)
                .doesNotHaveDuplicates()
                .contains(
                        "ALL_MINI_LM_L6_V2",
                        "ALL_MINI_LM_L12_V2",
                        "BGE_BASE_EN_V15",
                        "BGE_LARGE_EN_V15",
                        "RESNET50",
                        "CLIP_VIT_B32_IMAGE",
                        "CLIP_VIT_B32_TEXT",
                        "BUFFALO_L",
                        "SFACE_YUNET",
                        "CLAP_AUDIO",
                        "CLAP_TEXT",
                        "JINA_EMBEDDINGS_V2_BASE_CODE",
                        "vit_b32",
                        "vit_l14");
        for (Descriptor descriptor : all) {
            assertThat(descriptor.shipped() || !descriptor.repository().isEmpty())
                    .as(descriptor.name())
                    .isTrue();
            assertThat(descriptor.files().stream()
                            .filter(file -> descriptor.shipped())
                            .allMatch(file -> file.bytes() > 0 && !file.sha256().isEmpty()))
                    .as(descriptor.name())
                    .isTrue();
        }
    }

    private static Descriptor read(String json) {
        return DescriptorReader.read("tiny.json", json.getBytes(StandardCharsets.UTF_8));
    }
}
