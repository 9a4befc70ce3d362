package dev.kith.embed.models;

import java.util.Map;

/**
 * One network of a model.
 *
 * @param file the ONNX file's name in the model's folder
 * @param inputs the network's names of its inputs, by their meaning to the pipeline
 * @param outputs the same of its outputs
 */
public record Network(String file, Map<String, String> inputs, Map<String, String> outputs) {
    public Network {
        inputs = Map.copyOf(inputs);
        outputs = Map.copyOf(outputs);
    }

    /** The network's own name of an input; the meaning itself where the descriptor names none. */
    public String input(String meaning) {
        return inputs.getOrDefault(meaning, meaning);
    }

    /** The network's own name of an output; the meaning itself where the descriptor names none. */
    public String output(String meaning) {
        return outputs.getOrDefault(meaning, meaning);
    }
}
