"""How well a model finds the originals of altered photographs.

    python measure.py MODEL.onnx

Asks for the first 8 of all originals for each of the 8 variants of e2e's photographs, prepared as the descriptor of the
shipped model says. The variants of the other photographs are in the collection too in the second figure.
"""

import io
import sys
from pathlib import Path

import numpy as np
import onnxruntime
from PIL import Image

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "e2e"))
import photographs  # noqa: E402

SIDE = 224
FIRST = 8


def prepared(data, shorter):
    image = Image.open(io.BytesIO(data)).convert("RGB")
    width, height = image.size
    long = int(shorter * max(width, height) / min(width, height))
    image = image.resize((shorter, long) if width <= height else (long, shorter), Image.BICUBIC)
    left, top = (image.width - SIDE) // 2, (image.height - SIDE) // 2
    square = np.asarray(image.crop((left, top, left + SIDE, top + SIDE)), np.float32)
    return ((square - 127) / 128).transpose(2, 0, 1)[None]


def main(model, shorter=SIDE):
    session = onnxruntime.InferenceSession(model)

    def embed(data):
        vector = session.run(None, {"pixels": prepared(data, shorter)})[0][0]
        return vector / np.linalg.norm(vector)

    pictures = photographs.photographs()
    originals = np.stack([embed(picture.jpeg()) for picture in pictures])
    variants = {
        name: np.stack([embed(picture.variants()[name]) for picture in pictures]) for name in photographs.VARIANTS
    }
    everything = np.concatenate([originals, *variants.values()])
    total = [0, 0, 0]
    for number, (name, queries) in enumerate(variants.items(), start=1):
        scores = queries @ everything.T
        each = np.arange(len(queries))
        own = scores[each, each][:, None]
        # The variant itself, which is in this collection, is no rival.
        scores[each, number * len(queries) + each] = -1
        rank = (scores[:, : len(queries)] > own).sum(1)
        crowded = (scores > own).sum(1)
        found = [(rank == 0).sum(), (rank < FIRST).sum(), (crowded < FIRST).sum()]
        total = [a + b for a, b in zip(total, found)]
        print(f"{name:12} first {found[0]}, within {FIRST} {found[1]}, among all variants {found[2]} of {len(queries)}")
    count = len(pictures) * len(variants)
    print(f"of {count}: first {total[0] / count:.1%}, within {FIRST} {total[1] / count:.1%}, "
          f"among all variants {total[2] / count:.1%}")


if __name__ == "__main__":
    main(*sys.argv[1:2], *map(int, sys.argv[2:3]))
