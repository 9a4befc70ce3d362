package dev.kith.shell.language;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** The models of AI stores, by the names that the original's flags have. */
public enum Model {
    ALL_MINI_LM_L6_V2("all-minilm-l6-v2"),
    ALL_MINI_LM_L12_V2("all-minilm-l12-v2"),
    BGE_BASE_EN_V15("bge-base-en-v1.5"),
    BGE_LARGE_EN_V15("bge-large-en-v1.5"),
    RESNET50("resnet-50"),
    CLIP_VIT_B32_IMAGE("clip-vit-b32-image"),
    CLIP_VIT_B32_TEXT("clip-vit-b32-text"),
    BUFFALO_L("buffalo-l"),
    SFACE_YUNET("sface-yunet"),
    CLAP_AUDIO("clap-audio"),
    CLAP_TEXT("clap-text"),
    JINA_EMBEDDINGS_V2_BASE_CODE("jina-embeddings-v2-base-code");

    private final String flag;

    Model(String flag) {
        this.flag = flag;
    }

    /** The name in statements. */
    public String flag() {
        return flag;
    }

    /** All names. */
    public static List<String> flags() {
        return Arrays.stream(values()).map(Model::flag).toList();
    }

    static Optional<Model> of(String word) {
        String lower = word.toLowerCase(Locale.ROOT);
        return Arrays.stream(values()).filter(model -> model.flag.equals(lower)).findFirst();
    }
}
