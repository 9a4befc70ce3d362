"""Makes stand-ins for models that cannot be shipped: random weights, but inputs, outputs, dimensions, tokenizers and
descriptors as the real ones have, so that everything around the network is executed as with them.

    make_models.py FOLDER [NAME ...]

leaves in FOLDER one folder for each model, ready for `kith models add`. Weights come from a seed, so every run makes
the same bytes. Needs the packages of requirements.txt.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper
from tokenizers import Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors

SEED = 20260101
OPSET = 17
EMBED = Path(__file__).resolve().parents[2] / "embed/src"
DESCRIPTORS = EMBED / "main/resources/dev/kith/embed/models"
TINY = EMBED / "test/resources/dev/kith/embed/tiny"
FLOAT, INT64 = TensorProto.FLOAT, TensorProto.INT64
# Any width will do between the exact inputs and outputs.
WIDTH = 16

Maker = Callable[[Path, dict], None]
MAKERS: dict[str, Maker] = {}


def maker(*names: str) -> Callable[[Maker], Maker]:
    """Registers what makes the files of some models; the descriptor is Kith's own."""

    def register(make: Maker) -> Maker:
        MAKERS.update(dict.fromkeys(names, make))
        return make

    return register


class Graph:
    """An ONNX graph in the making: nodes in order, weights from the seed."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.nodes: list[onnx.NodeProto] = []
        self.weights: list[onnx.TensorProto] = []
        self.random = np.random.default_rng([SEED, *name.encode()])

    def weight(self, *shape: int, scale: float = 0.5) -> str:
        return self.constant((self.random.standard_normal(shape) * scale).astype(np.float32))

    def constant(self, value: np.ndarray) -> str:
        name = f"w{len(self.weights)}"
        self.weights.append(numpy_helper.from_array(value, name))
        return name

    def node(self, kind: str, *inputs: str, output: str = "", **attributes: object) -> str:
        output = output or f"n{len(self.nodes)}"
        self.nodes.append(helper.make_node(kind, list(inputs), [output], **attributes))
        return output

    def save(self, file: Path, inputs: list, outputs: list) -> None:
        graph = helper.make_graph(self.nodes, self.name, inputs, outputs, self.weights)
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=9)
        onnx.checker.check_model(model)
        onnx.save(model, str(file))


def tensor(name: str, kind: int, *shape: int | str) -> onnx.ValueInfoProto:
    return helper.make_tensor_value_info(name, kind, list(shape))


def encoder(graph: Graph, vocabulary: int, masked: bool) -> str:
    """Token vectors that depend on their neighbours: embeddings, plus what a masked mean of all says; [b, t, WIDTH]."""
    tokens = graph.node("Gather", graph.weight(vocabulary, WIDTH, scale=1.0), "input_ids")
    if masked:
        mean = masked_mean(graph, tokens)
        tokens = graph.node("Add", tokens, graph.node("MatMul", mean, graph.weight(WIDTH, WIDTH)))
    return graph.node("Tanh", tokens)


def masked_mean(graph: Graph, tokens: str) -> str:
    """The mean over the tokens of each text, without those that fill it up; [b, 1, width]."""
    mask = graph.node("Cast", "attention_mask", to=FLOAT)
    mask = graph.node("Unsqueeze", mask, graph.constant(np.array([2], dtype=np.int64)))
    kept = graph.node("Mul", tokens, mask)
    total = graph.node("ReduceSum", kept, graph.constant(np.array([1], dtype=np.int64)), keepdims=1)
    count = graph.node("ReduceSum", mask, graph.constant(np.array([1], dtype=np.int64)), keepdims=1)
    return graph.node("Div", total, count)


def bert(file: Path, name: str, vocabulary: int, dimension: int) -> None:
    """ids, mask and types in; states of all tokens out, as exports of BERT have it."""
    graph = Graph(name)
    states = encoder(graph, vocabulary, masked=True)
    segments = graph.node("Gather", graph.weight(2, WIDTH), "token_type_ids")
    states = graph.node("Add", states, segments)
    graph.node("MatMul", states, graph.weight(WIDTH, dimension), output="last_hidden_state")
    inputs = [tensor(each, INT64, "batch", "tokens") for each in ("input_ids", "attention_mask", "token_type_ids")]
    graph.save(file, inputs, [tensor("last_hidden_state", FLOAT, "batch", "tokens", dimension)])


def clip_text(file: Path, descriptor: dict, vocabulary: int) -> None:
    """ids and mask in; the state at the end token, projected, out. Longer texts fail, as the positions end there."""
    dimension = descriptor["dimension"]
    graph = Graph(descriptor["name"] + "-text")
    states = encoder(graph, vocabulary, masked=True)
    positions = graph.weight(descriptor["text"]["tokens-max"], WIDTH)
    length = graph.node("Shape", "input_ids", start=1, end=2)
    limit = graph.node("Range", graph.constant(np.array(0, dtype=np.int64)),
                       graph.node("Squeeze", length), graph.constant(np.array(1, dtype=np.int64)))
    states = graph.node("Add", states, graph.node("Gather", positions, limit))
    graph.node("MatMul", states, graph.weight(WIDTH, dimension), output="last_hidden_state")
    # The end token has the highest number of the vocabulary, so its place is that of the largest.
    place = graph.node("ArgMax", "input_ids", axis=1, keepdims=0)
    depth = graph.node("Squeeze", length)
    hot = graph.node("OneHot", place, depth, graph.constant(np.array([0, 1], dtype=np.float32)), axis=-1)
    hot = graph.node("Unsqueeze", hot, graph.constant(np.array([1], dtype=np.int64)))
    picked = graph.node("MatMul", hot, "last_hidden_state")
    graph.node("Squeeze", picked, graph.constant(np.array([1], dtype=np.int64)), output="text_embeds")
    inputs = [tensor(each, INT64, "batch", "tokens") for each in ("input_ids", "attention_mask")]
    graph.save(file, inputs, [tensor("text_embeds", FLOAT, "batch", dimension),
                              tensor("last_hidden_state", FLOAT, "batch", "tokens", dimension)])


def code(file: Path, name: str, tokenizer: Tokenizer, dimension: int) -> None:
    """ids, mask and types in; states of all tokens out. Whole words weigh, letters and signs hardly: texts that have
    words in common are close, whatever language they are in."""
    graph = Graph(name)
    table = np.zeros((tokenizer.get_vocab_size(), WIDTH), np.float32)
    for token, at in tokenizer.get_vocab().items():
        word = token.removeprefix(BLANK)
        table[at] = np.random.default_rng([SEED, *word.encode()]).standard_normal(WIDTH)
        table[at] *= 1.0 if word in CODE else 0.02
    tokens = graph.node("Gather", graph.constant(table), "input_ids")
    segments = graph.node("Gather", graph.constant(np.zeros((2, WIDTH), np.float32)), "token_type_ids")
    mean = graph.node("MatMul", masked_mean(graph, tokens), graph.weight(WIDTH, WIDTH, scale=0.01))
    states = graph.node("Add", graph.node("Add", tokens, segments), mean)
    graph.node("MatMul", states, graph.weight(WIDTH, dimension), output="last_hidden_state")
    inputs = [tensor(each, INT64, "batch", "tokens") for each in ("input_ids", "attention_mask", "token_type_ids")]
    graph.save(file, inputs, [tensor("last_hidden_state", FLOAT, "batch", "tokens", dimension)])


# How much of each eighth of the spectrogram, the lowest first, a word stands for.
PITCHES = {
    "low": (1, 0.5, 0, 0, 0, 0, 0, 0),
    "deep": (1, 0.3, 0, 0, 0, 0, 0, 0),
    "bass": (0.8, 0.4, 0, 0, 0, 0, 0, 0),
    "high": (0, 0, 0, 0, 0, 0, 0.5, 1),
    "shrill": (0, 0, 0, 0, 0, 0, 0.3, 1),
    "squeal": (0, 0, 0, 0, 0, 0, 0.4, 0.8),
}


def clap_text(file: Path, tokenizer: Tokenizer, dimension: int) -> None:
    """ids and mask in, the projected vector out. What the words say of pitches goes through the matrix of the audio
    stand-in, so that both have one space."""
    (matrix,) = (numpy_helper.to_array(each) for each in onnx.load(str(TINY / "clap-audio.onnx")).graph.initializer)
    graph = Graph("clap-text")
    table = (graph.random.standard_normal((tokenizer.get_vocab_size(), len(matrix))) * 0.01).astype(np.float32)
    for token, at in tokenizer.get_vocab().items():
        table[at] = PITCHES.get(token.removeprefix(BLANK), table[at])
    mean = masked_mean(graph, graph.node("Gather", graph.constant(table), "input_ids"))
    mean = graph.node("Squeeze", mean, graph.constant(np.array([1], dtype=np.int64)))
    graph.node("MatMul", mean, graph.constant(matrix.astype(np.float32)), output="text_embeds")
    inputs = [tensor(each, INT64, "batch", "tokens") for each in ("input_ids", "attention_mask")]
    graph.save(file, inputs, [tensor("text_embeds", FLOAT, "batch", dimension)])


def pooled_vision(file: Path, name: str, dimension: int) -> None:
    """pixels in, the projected vector out, with no more weights than a test needs."""
    graph = Graph(name)
    pooled = graph.node("AveragePool", "pixel_values", kernel_shape=[56, 56], strides=[56, 56])
    flat = graph.node("Flatten", pooled, axis=1)
    graph.node("MatMul", flat, graph.weight(48, dimension, scale=0.1), output="image_embeds")
    graph.save(file, [tensor("pixel_values", FLOAT, "batch", 3, 224, 224)],
               [tensor("image_embeds", FLOAT, "batch", dimension)])


def clip_vision(file: Path, name: str, side: int, dimension: int) -> None:
    """pixels in, [batch, 3, side, side]; the projected vector out: means over patches of 32, mixed."""
    graph = Graph(name)
    patches = graph.node("Conv", "pixel_values", graph.weight(WIDTH, 3, 32, 32, scale=0.05), strides=[32, 32])
    flat = graph.node("Flatten", graph.node("Tanh", patches), axis=1)
    count = (side // 32) ** 2 * WIDTH
    graph.node("MatMul", flat, graph.weight(count, dimension, scale=0.1), output="image_embeds")
    graph.save(file, [tensor("pixel_values", FLOAT, "batch", 3, side, side)],
               [tensor("image_embeds", FLOAT, "batch", dimension)])


CODE = "binary factorial number palindrome search sorted string".split()
# How byte pairs write the blank before a word.
BLANK = "\u0120"
WORDS = "a and black blue cat cute dog hello in japanese of red some random text the white with world colorful".split()


def wordpiece(file: Path) -> int:
    """A BERT tokenizer with a small vocabulary: letters, and a few words; returns its size."""
    letters = [chr(c) for c in range(33, 127) if not chr(c).isupper()]
    vocabulary = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *letters, *("##" + each for each in letters), *WORDS[1:]]
    numbers = {token: at for at, token in enumerate(dict.fromkeys(vocabulary))}
    tokenizer = Tokenizer(models.WordPiece(numbers, unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=True)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    special = [("[CLS]", numbers["[CLS]"]), ("[SEP]", numbers["[SEP]"])]
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", pair="[CLS] $A [SEP] $B:1 [SEP]:1", special_tokens=special)
    tokenizer.decoder = decoders.WordPiece()
    # Real files come with limits of their own, which must not count.
    tokenizer.enable_truncation(16)
    tokenizer.enable_padding(length=16)
    tokenizer.save(str(file))
    return tokenizer.get_vocab_size()


def byte_pairs(file: Path, start: str, end: str) -> int:
    """A tokenizer of CLIP's structure: lower case, byte pairs with ends of words, start and end token; its size."""
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    vocabulary = [*alphabet, *(each + "</w>" for each in alphabet)]
    merges: list[tuple[str, str]] = []
    for word in WORDS:
        parts = [*word[:-1], word[-1] + "</w>"]
        while len(parts) > 1:
            if (parts[0], parts[1]) not in merges:
                merges.append((parts[0], parts[1]))
                vocabulary.append(parts[0] + parts[1])
            parts[:2] = [parts[0] + parts[1]]
    vocabulary += [start, end]
    numbers = {token: at for at, token in enumerate(dict.fromkeys(vocabulary))}
    tokenizer = Tokenizer(models.BPE(
        numbers, merges, unk_token=end, continuing_subword_prefix="", end_of_word_suffix="</w>", fuse_unk=False))
    tokenizer.normalizer = normalizers.Sequence(
        [normalizers.NFC(), normalizers.Replace(Regex(r"\s+"), " "), normalizers.Lowercase()])
    pattern = r"<\|startoftext\|>|<\|endoftext\|>|'s|'t|'re|'ve|'m|'ll|'d|[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+"
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence([
        pre_tokenizers.Split(Regex(pattern), behavior="removed", invert=True),
        pre_tokenizers.ByteLevel(add_prefix_space=False)])
    tokenizer.post_processor = processors.RobertaProcessing(
        (end, numbers[end]), (start, numbers[start]), trim_offsets=False, add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.save(str(file))
    return tokenizer.get_vocab_size()


def roberta(file: Path, words: list[str]) -> Tokenizer:
    """A tokenizer of RoBERTa's structure: byte pairs in which a blank before a word is a letter of it."""
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    vocabulary = ["<s>", "<pad>", "</s>", "<unk>", "<mask>", *alphabet]
    merges: list[tuple[str, str]] = []
    for word in words:
        pairs = [(word[:at], word[at]) for at in range(1, len(word))] + [(BLANK, word)]
        merges += [pair for pair in pairs if pair not in merges]
        vocabulary += [left + right for left, right in pairs]
    numbers = {token: at for at, token in enumerate(dict.fromkeys(vocabulary))}
    tokenizer = Tokenizer(models.BPE(numbers, merges, unk_token="<unk>", fuse_unk=False))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.post_processor = processors.RobertaProcessing(
        ("</s>", numbers["</s>"]), ("<s>", numbers["<s>"]), trim_offsets=True, add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    for word in words:
        # A word in which another one's beginning is would come apart.
        assert tokenizer.encode(f"{word} {word}").tokens[1:-1] == [word, BLANK + word], word
    tokenizer.save(str(file))
    return tokenizer


@maker("all-minilm-l6-v2-fp32", "all-minilm-l12-v2", "bge-base-en-v1.5", "bge-large-en-v1.5")
def make_bert(folder: Path, descriptor: dict) -> None:
    vocabulary = wordpiece(folder / "tokenizer.json")
    bert(folder / "model.onnx", descriptor["name"], vocabulary, descriptor["dimension"])


@maker("jina-embeddings-v2-base-code")
def make_code(folder: Path, descriptor: dict) -> None:
    code(folder / "model.onnx", descriptor["name"], roberta(folder / "tokenizer.json", CODE), descriptor["dimension"])


@maker("clap-text")
def make_clap_text(folder: Path, descriptor: dict) -> None:
    clap_text(folder / "model.onnx", roberta(folder / "tokenizer.json", list(PITCHES)), descriptor["dimension"])


@maker("clip-vit-b32-text")
def make_clip_text(folder: Path, descriptor: dict) -> None:
    vocabulary = byte_pairs(folder / "tokenizer.json", "<|startoftext|>", "<|endoftext|>")
    clip_text(folder / "model.onnx", descriptor, vocabulary)


@maker("clip-vit-b32-image")
def make_clip_image(folder: Path, descriptor: dict) -> None:
    clip_vision(folder / "model.onnx", descriptor["name"], 224, descriptor["dimension"])


@maker("vit_l14")
def make_large_clip(folder: Path, descriptor: dict) -> None:
    vocabulary = byte_pairs(folder / "tokenizer.json", "<|startoftext|>", "<|endoftext|>")
    clip_text(folder / "text_model.onnx", descriptor, vocabulary)
    pooled_vision(folder / "vision_model.onnx", descriptor["name"], descriptor["dimension"])


@maker("vit_b32")
def make_clip(folder: Path, descriptor: dict) -> None:
    vocabulary = byte_pairs(folder / "tokenizer.json", "<|startoftext|>", "<|endoftext|>")
    clip_text(folder / "text_model.onnx", descriptor, vocabulary)
    clip_vision(folder / "vision_model.onnx", descriptor["name"], 224, descriptor["dimension"])


def make(folder: Path, name: str) -> None:
    """One model: Kith's descriptor without what is published of the real files, and the files."""
    descriptor = json.loads((DESCRIPTORS / f"{name}.json").read_text(encoding="utf-8"))
    for file in descriptor["files"]:
        file.pop("bytes", None)
        file.pop("sha256", None)
    home = folder / name
    home.mkdir(parents=True, exist_ok=True)
    MAKERS[name](home, descriptor)
    (home / "model.json").write_text(json.dumps(descriptor, indent=2) + "\n", encoding="utf-8")


def main() -> None:
    folder = Path(sys.argv[1])
    for name in sys.argv[2:] or sorted(MAKERS):
        make(folder, name)


if __name__ == "__main__":
    main()
