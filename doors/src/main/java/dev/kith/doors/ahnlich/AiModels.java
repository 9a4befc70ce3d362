package dev.kith.doors.ahnlich;

import dev.kith.embed.ModelInfo;
import dev.kith.service.Command;
import dev.kith.vectors.Rejection;
import dev.kith.wire.ahnlich.ai.models.AIModel;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * The models that the wire has numbers for. Immutable, safe on any thread.
 *
 * @param supported names of those that may be used; empty: all that are installed
 */
record AiModels(Set<String> supported) {
    /** All of them, by the names of the original's flags. */
    static final List<String> NAMES = Arrays.stream(AIModel.values())
            .filter(model -> model != AIModel.UNRECOGNIZED)
            .map(AiModels::nameOf)
            .toList();

    AiModels {
        supported = Set.copyOf(supported);
    }

    static String nameOf(AIModel model) {
        return switch (model) {
            case ALL_MINI_LM_L6_V2 -> "all-minilm-l6-v2";
            case ALL_MINI_LM_L12_V2 -> "all-minilm-l12-v2";
            case BGE_BASE_EN_V15 -> "bge-base-en-v1.5";
            case BGE_LARGE_EN_V15 -> "bge-large-en-v1.5";
            case RESNET50 -> "resnet-50";
            case CLIP_VIT_B32_IMAGE -> "clip-vit-b32-image";
            case CLIP_VIT_B32_TEXT -> "clip-vit-b32-text";
            case BUFFALO_L -> "buffalo-l";
            case SFACE_YUNET -> "sface-yunet";
            case CLAP_AUDIO -> "clap-audio";
            case CLAP_TEXT -> "clap-text";
            case JINA_EMBEDDINGS_V2_BASE_CODE -> "jina-embeddings-v2-base-code";
            case UNRECOGNIZED -> throw Rejection.invalid("AI Model Value input not specified");
        };
    }

    static Optional<AIModel> named(String name) {
        return Arrays.stream(AIModel.values())
                .filter(model -> model != AIModel.UNRECOGNIZED && nameOf(model).equals(name))
                .findFirst();
    }

    /** The model, which can be used now. */
    ModelInfo require(AIModel model, Asking asking) {
        String name = nameOf(model);
        boolean allowed = supported.isEmpty() || supported.contains(name);
        ModelInfo found = asking.service()
                .handle(asking.caller(), new Command.FindModel(name))
                .filter(_ -> allowed)
                .orElseThrow(Refusals::modelNotLoaded);
        if (!found.installed()) {
            throw new Rejection(
                    Rejection.Code.CONFLICT,
                    "Model %s is not installed; run: kith models pull %s".formatted(found.name(), found.name()));
        }
        return found;
    }
}
