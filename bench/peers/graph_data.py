"""The graph bench's data sets: made once, kept outside the repository, and the right answers beside them.

    graph_data.py SET ROWS     SET: fashion, clustered or wordnet; ROWS: how many of its rows, 0 for all

Prints one line: `ok name=value …` with the files' places and shapes, or `missing` and why. Rows and queries are
little-endian float32, row-major; truth is int64[queries × 10], the closest rows by exact search, closest first.
"""

import gzip
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import environment
import faiss
import numpy as np

K = 10
SEED = 20_260_101
CLUSTERED_ROWS = 200_000
CLUSTERED_DIMENSION = 128
QUERIES = 5_000  # of the sets that could have any number; Fashion-MNIST has 10,000
CLUSTERS = 1_000
LATENT = 24
NOISE = 0.05


class Missing(Exception):
    """What a set is made of cannot be had here."""


def folder() -> Path:
    made = environment.cache() / "bench-data"
    made.mkdir(parents=True, exist_ok=True)
    return made


def debian(package: str, inside: str) -> Path:
    """A folder of a Debian package: the installed one, or one unpacked into the cache."""
    unpacked = folder() / "debian" / package
    for root in (Path("/"), unpacked):
        if (root / inside).is_dir():
            return root / inside
    unpacked.mkdir(parents=True, exist_ok=True)
    try:
        subprocess.run(["apt-get", "download", "-q", package], cwd=unpacked, check=True, stdout=sys.stderr)
        for archive in unpacked.glob("*.deb"):
            subprocess.run(["dpkg", "-x", str(archive), str(unpacked)], check=True, stdout=sys.stderr)
            archive.unlink()
    except (OSError, subprocess.CalledProcessError) as fault:
        raise Missing(f"it needs the Debian package {package}: apt-get install {package} ({fault})") from fault
    return unpacked / inside


def write(file: Path, values: np.ndarray) -> None:
    """Whole or not at all."""
    part = file.with_suffix(".part")
    values.tofile(part)
    part.rename(file)


def fashion() -> tuple[np.ndarray, np.ndarray]:
    """60,000 pictures of clothes and 10,000 others to ask with; 28 × 28 grey values from 0 to 255."""
    images = debian("dataset-fashion-mnist", "usr/share/datasets/fashion-mnist")

    def read(name: str) -> np.ndarray:
        with gzip.open(images / f"{name}-images-idx3-ubyte.gz") as file:
            return np.frombuffer(file.read(), np.uint8, offset=16).reshape(-1, 784).astype("<f4")

    return read("train"), read("t10k")


def clustered() -> tuple[np.ndarray, np.ndarray]:
    """Normal clouds around random centres in a random subspace, and a little noise in all dimensions."""
    random = np.random.default_rng(SEED)
    basis, _ = np.linalg.qr(random.standard_normal((CLUSTERED_DIMENSION, LATENT)))
    centres = random.standard_normal((CLUSTERS, LATENT))
    count = CLUSTERED_ROWS + QUERIES
    latent = centres[random.integers(CLUSTERS, size=count)] + random.standard_normal((count, LATENT))
    points = latent @ basis.T + NOISE * random.standard_normal((count, CLUSTERED_DIMENSION))
    points = points.astype("<f4")
    return points[:CLUSTERED_ROWS], points[CLUSTERED_ROWS:]


def glosses() -> list[str]:
    """Every gloss once, in an order that mixes the parts of speech."""
    words = debian("wordnet-base", "usr/share/wordnet")
    found: dict[str, None] = {}
    for part in ("noun", "verb", "adj", "adv"):
        for line in (words / f"data.{part}").read_text(encoding="latin-1").splitlines():
            if not line.startswith(" "):  # the licence at the top
                found[line.split(" | ", 1)[1].strip()] = None
    texts = list(found)
    return [texts[i] for i in np.random.default_rng(SEED).permutation(len(texts))]


def wordnet() -> tuple[np.ndarray, np.ndarray]:
    """Sentence embeddings of the glosses, of unit length; the last of them ask and are not among the rows."""
    embedded = folder() / "wordnet-glosses-minilm.f4"
    if not embedded.exists():
        texts = glosses()
        listed = folder() / "wordnet-glosses.txt"
        listed.write_text("\n".join(texts) + "\n", encoding="utf-8")
        print(f"bench: embedding {len(texts)} glosses, once; this takes a quarter of an hour", file=sys.stderr)
        program = Path(__file__).resolve().parent / "graph_embed.py"
        subprocess.run([str(environment.interpreter("embed")), str(program), str(listed), str(embedded)], check=True)
    points = np.fromfile(embedded, "<f4").reshape(-1, 384)
    return points[:-QUERIES], points[-QUERIES:]


def truth(metric: str, rows: np.ndarray, queries: np.ndarray) -> np.ndarray:
    """By differences, not by products of matrices: those round too much where values are large."""
    faiss.cvar.distance_compute_blas_threshold = len(queries) + 1
    index = faiss.IndexFlatL2(rows.shape[1]) if metric == "L2" else faiss.IndexFlatIP(rows.shape[1])
    index.add(rows)
    return index.search(queries, K)[1].astype("<i8")


SETS: dict[str, tuple[str, Callable[[], tuple[np.ndarray, np.ndarray]]]] = {
    "fashion": ("L2", fashion),
    "clustered": ("L2", clustered),
    "wordnet": ("INNER_PRODUCT", wordnet),
}


def prepare(name: str, wanted: int) -> dict[str, object]:
    metric, make = SETS[name]
    own = folder() / name
    own.mkdir(exist_ok=True)
    rows_file, queries_file, shape_file = own / "rows.f4", own / "queries.f4", own / "dimension"
    if not shape_file.exists():
        rows, queries = make()
        write(rows_file, rows)
        write(queries_file, queries)
        shape_file.write_text(str(rows.shape[1]))
    dimension = int(shape_file.read_text())
    rows = np.memmap(rows_file, "<f4", "r").reshape(-1, dimension)
    queries = np.fromfile(queries_file, "<f4").reshape(-1, dimension)
    count = min(wanted or len(rows), len(rows))
    truth_file = own / f"truth-{count}.i8"
    if not truth_file.exists():
        print(f"bench: searching {count} rows of {name} exactly, once", file=sys.stderr)
        write(truth_file, truth(metric, rows[:count], queries))
    return {
        "metric": metric,
        "dimension": dimension,
        "rows": count,
        "queries": len(queries),
        "rows_file": rows_file,
        "queries_file": queries_file,
        "truth_file": truth_file,
    }


def main() -> None:
    name, wanted = sys.argv[1], int(sys.argv[2])
    try:
        print("\t".join(["ok", *(f"{key}={value}" for key, value in prepare(name, wanted).items())]))
    except Missing as why:
        print(f"missing\t{name}: {why}")


if __name__ == "__main__":
    os.umask(0o022)
    main()
