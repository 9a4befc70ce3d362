package dev.kith.embed.models;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.List;

/** The descriptors that come with Kith: a file each beside this class. */
final class BuiltIn {
    private static final List<String> NAMES = List.of(
            "all-minilm-l12-v2",
            "all-minilm-l6-v2",
            "all-minilm-l6-v2-fp32",
            "bge-base-en-v1.5",
            "bge-large-en-v1.5",
            "buffalo-l",
            "clap-audio",
            "clap-text",
            "clip-vit-b32-image",
            "clip-vit-b32-text",
            "efficientnet-lite0",
            "jina-embeddings-v2-base-code",
            "resnet-50",
            "sface-yunet",
            "vit_b32",
            "vit_l14");

    private BuiltIn() {}

    static List<Descriptor> descriptors() {
        return NAMES.stream().map(BuiltIn::descriptor).toList();
    }

    private static Descriptor descriptor(String name) {
        return DescriptorReader.read(name, json(name));
    }

    /** The descriptor as it is written. */
    static byte[] json(String name) {
        try (InputStream in = BuiltIn.class.getResourceAsStream(name + ".json")) {
            if (in == null) {
                throw new IllegalStateException("the descriptor of " + name + " is missing");
            }
            return in.readAllBytes();
        } catch (IOException unreadable) {
            throw new UncheckedIOException(unreadable);
        }
    }
}
