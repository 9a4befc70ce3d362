"""Makes networks with the inputs, outputs and shapes of real ones and next to nothing inside, for the tests of the
pipelines around them.

    python tiny.py ../src/test/resources/dev/kith/embed/tiny
"""

import sys
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

SEED = 20261130
OPSET, IR = 17, 8


class Network:
    def __init__(self, name):
        self.name = name
        self.random = np.random.default_rng([SEED, *name.encode()])
        self.nodes, self.constants, self.inputs, self.outputs = [], [], [], []

    def input(self, name, *shape):
        self.inputs.append(helper.make_tensor_value_info(name, TensorProto.FLOAT, shape))
        return name

    def output(self, name, *shape):
        self.outputs.append(helper.make_tensor_value_info(name, TensorProto.FLOAT, shape))

    def constant(self, values):
        name = f"constant{len(self.constants)}"
        self.constants.append(numpy_helper.from_array(np.asarray(values), name))
        return name

    def add(self, kind, inputs, name=None, **attributes):
        name = name or f"{kind.lower()}{len(self.nodes)}"
        self.nodes.append(helper.make_node(kind, inputs, [name], name=name, **attributes))
        return name

    def floats(self, *shape, scale=0.1):
        return self.constant((self.random.standard_normal(shape) * scale).astype(np.float32))

    def vector(self, data, stride, channels, dimension, name, **gemm):
        """Blocks of pixels, then one layer: what a picture shows reaches the vector, and little else."""
        data = self.add(
            "AveragePool", [data], kernel_shape=[stride, stride], strides=[stride, stride]
        )
        data = self.add("Flatten", [data], axis=1)
        self.add("MatMul", [data, self.floats(channels, dimension)], name)

    def write(self, folder):
        graph = helper.make_graph(self.nodes, self.name, self.inputs, self.outputs, self.constants)
        model = helper.make_model(
            graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=IR, producer_name="kith"
        )
        onnx.checker.check_model(model)
        (folder / f"{self.name}.onnx").write_bytes(model.SerializeToString(deterministic=True))


def image(name, source, target, dimension):
    network = Network(name)
    data = network.input(source, "batch", 3, 224, 224)
    network.vector(data, 56, 48, dimension, target)
    network.output(target, "batch", dimension)
    return network


def audio():
    network = Network("clap-audio")
    data = network.input("input_features", "batch", 1, 1001, 64)
    data = network.add("AveragePool", [data], kernel_shape=[1001, 8], strides=[1001, 8])
    data = network.add("Flatten", [data], axis=1)
    network.add("MatMul", [data, network.floats(8, 512)], "audio_embeds")
    network.output("audio_embeds", "batch", 512)
    return network


def recognition(name, source, target, dimension):
    network = Network(name)
    data = network.input(source, 1, 3, 112, 112)
    network.vector(data, 28, 48, dimension, target)
    network.output(target, 1, dimension)
    return network


def attributes():
    network = Network("genderage")
    data = network.input("data", 1, 3, 96, 96)
    data = network.add("Mul", [data, network.constant(np.float32(1 / 255))])
    network.vector(data, 96, 3, 3, "fc1")
    network.output("fc1", 1, 3)
    return network


def grey(network, source, scale):
    """How bright each cell is: bright cells are this detector's faces."""
    data = network.input(source, 1, 3, 640, 640)
    data = network.add("ReduceMean", [data], axes=[1], keepdims=1)
    return network.add("Mul", [data, network.constant(np.float32(scale))])


def scrfd():
    """A face wherever a cell is white: its box reaches one cell to each side, its points are a small upright face."""
    network = Network("scrfd")
    data = grey(network, "input.1", 1.0)
    names = {8: ("448", "451", "454"), 16: ("471", "474", "477"), 32: ("494", "497", "500")}
    for stride, (score, box, points) in names.items():
        cells = (640 // stride) ** 2
        pooled = network.add("AveragePool", [data], kernel_shape=[stride, stride], strides=[stride, stride])
        flat = network.add("Reshape", [pooled, network.constant(np.array([cells, 1], np.int64))])
        # White is 1 after the detector's own scale, grey is nothing; the second anchor is a little less sure.
        pair = network.add("Mul", [flat, network.constant(np.array([[0.9, 0.8]], np.float32))])
        network.add("Reshape", [pair, network.constant(np.array([cells * 2, 1], np.int64))], score)
        network.output(score, cells * 2, 1)
        ones = np.ones((cells * 2, 1), np.float32)
        network.add("Identity", [network.constant(ones * np.array([[1, 1, 1, 1]], np.float32))], box)
        network.output(box, cells * 2, 4)
        face = np.array([[-0.4, -0.4, 0.4, -0.4, 0, 0, -0.3, 0.4, 0.3, 0.4]], np.float32)
        network.add("Identity", [network.constant(ones * face)], points)
        network.output(points, cells * 2, 10)
    return network


def yunet():
    network = Network("yunet")
    data = grey(network, "input", 1 / 255)
    for stride in (8, 16, 32):
        cells = (640 // stride) ** 2
        pooled = network.add("AveragePool", [data], kernel_shape=[stride, stride], strides=[stride, stride])
        for name in (f"cls_{stride}", f"obj_{stride}"):
            network.add("Reshape", [pooled, network.constant(np.array([1, cells, 1], np.int64))], name)
            network.output(name, 1, cells, 1)
        ones = np.ones((1, cells, 1), np.float32)
        box = np.array([[[0.5, 0.5, np.log(2), np.log(2)]]], np.float32)
        network.add("Identity", [network.constant(ones * box)], f"bbox_{stride}")
        network.output(f"bbox_{stride}", 1, cells, 4)
        face = np.array([[[0.1, 0.1, 0.9, 0.1, 0.5, 0.5, 0.2, 0.9, 0.8, 0.9]]], np.float32)
        network.add("Identity", [network.constant(ones * face)], f"kps_{stride}")
        network.output(f"kps_{stride}", 1, cells, 10)
    return network


def main(folder):
    folder.mkdir(parents=True, exist_ok=True)
    for network in (
        image("clip-vision", "pixel_values", "image_embeds", 512),
        image("resnet-50", "pixel_values", "pooler_output", 2048),
        audio(),
        recognition("arcface", "input.1", "683", 512),
        recognition("sface", "data", "fc1", 128),
        attributes(),
        scrfd(),
        yunet(),
    ):
        network.write(folder)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
