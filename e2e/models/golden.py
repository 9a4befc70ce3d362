"""Computes what a stand-in for a text model gives, with Hugging Face's tokenizers and numpy's own arithmetic alone:

    golden.py FOLDER

reads FOLDER/model.json, its tokenizer and the weights of its network, and writes FOLDER/golden.json: texts and the
vectors that their embedding must equal. The network is evaluated by onnx's reference implementation.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np
import onnx
from onnx.reference import ReferenceEvaluator
from tokenizers import Tokenizer

TEXTS = ["hello world", "A cute, colorful CAT", "", "a black and white text in japanese", "dog " * 400]


def vectors(folder: Path) -> list[list[float]]:
    text = json.loads((folder / "model.json").read_text(encoding="utf-8"))["text"]
    tokenizer = Tokenizer.from_file(str(folder / text["tokenizer"]))
    tokenizer.no_padding()
    tokenizer.enable_truncation(text["tokens-max"])
    network = ReferenceEvaluator(onnx.load(str(folder / text["network"]["file"])))
    found = []
    for each in TEXTS:
        encoding = tokenizer.encode(each)
        inputs = {
            "input_ids": np.array([encoding.ids], dtype=np.int64),
            "attention_mask": np.ones((1, len(encoding.ids)), dtype=np.int64),
            "token_type_ids": np.zeros((1, len(encoding.ids)), dtype=np.int64),
        }
        inputs = {name: inputs[name] for name in network.input_names}
        outputs = dict(zip(network.output_names, network.run(None, inputs), strict=True))
        if text["pooling"] == "projected":
            vector = outputs[text["network"]["outputs"]["vector"]][0]
        else:
            vector = outputs[text["network"]["outputs"]["states"]][0].mean(axis=0)
        if text.get("normalised"):
            vector = vector / np.linalg.norm(vector)
        found.append([round(float(x), 6) for x in vector])
    return found


def main() -> None:
    folder = Path(sys.argv[1])
    golden = {"texts": TEXTS, "vectors": vectors(folder)}
    (folder / "golden.json").write_text(json.dumps(golden) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
