"""Seeded data, and exact answers in plain float64 arithmetic to compare the server's with."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

RELATIVE = 1e-4
L2 = "L2"
IP = "IP"


def gaussian(count: int, dimension: int, seed: int) -> np.ndarray:
    """float32[count, dimension]; ties between such vectors do not occur in practice."""
    return np.random.default_rng(seed).standard_normal((count, dimension)).astype(np.float32)


def clustered(count: int, dimension: int, seed: int) -> np.ndarray:
    """float32[count, dimension] near a plane of 12 dimensions, in clusters that all seeds share, as embeddings are."""
    generator = np.random.default_rng(seed)
    plane = np.random.default_rng(1).standard_normal((12, dimension)) / 4
    centres = np.random.default_rng(2).standard_normal((100, 12))
    inner = centres[generator.integers(0, 100, count)] + 0.6 * generator.standard_normal((count, 12))
    return (inner @ plane + 0.02 * generator.standard_normal((count, dimension))).astype(np.float32)


def bits(count: int, dimension: int, seed: int) -> np.ndarray:
    """uint8[count, dimension] of zeros and ones."""
    return np.random.default_rng(seed).integers(0, 2, (count, dimension), dtype=np.uint8)


@dataclass(frozen=True)
class Content:
    """What an index should hold.

    ids: int64[n]; vectors: float32[n, d]; metric: L2 (squared, ascending) or IP (descending).
    """

    ids: np.ndarray
    vectors: np.ndarray
    metric: str = L2

    @staticmethod
    def dense(vectors: np.ndarray, metric: str = L2, first: int = 0) -> Content:
        return Content(np.arange(first, first + len(vectors), dtype=np.int64), vectors, metric)

    def scores(self, queries: np.ndarray) -> np.ndarray:
        """float64[queries, n]"""
        stored, asked = self.vectors.astype(np.float64), queries.astype(np.float64)
        if self.metric == IP:
            return asked @ stored.T
        return ((asked[:, None, :] - stored[None, :, :]) ** 2).sum(axis=2)

    def nearest(self, queries: np.ndarray, k: int) -> tuple[np.ndarray, np.ndarray]:
        """Distances float64[q, k'] and ids int64[q, k'] with k' = min(k, n); ties by position."""
        scores = self.scores(queries)
        order = np.argsort(-scores if self.metric == IP else scores, axis=1, kind="stable")[:, :k]
        return np.take_along_axis(scores, order, axis=1), self.ids[order]

    def radius_for(self, queries: np.ndarray, share: float = 0.2) -> float:
        """A radius that takes in about that share and lies well between two distances of every query."""
        scores = np.sort(self.scores(queries).ravel())
        wanted = int(len(scores) * (1 - share if self.metric == IP else share))
        at = wanted + int(np.argmax(np.diff(scores[wanted : wanted + 50])))
        return float((scores[at] + scores[at + 1]) / 2)

    def within(self, query: np.ndarray, radius: float) -> dict[int, float]:
        """id → distance of all strictly inside the radius."""
        scores = self.scores(query[None, :])[0]
        inside = scores > radius if self.metric == IP else scores < radius
        return {int(i): float(s) for i, s in zip(self.ids[inside], scores[inside], strict=True)}


def assert_close(got: object, wanted: object) -> None:
    got, wanted = np.asarray(got, dtype=np.float64), np.asarray(wanted, dtype=np.float64)
    # Close to zero, what cancels in float32 is relative to the terms of the sum, not to the sum.
    scale = np.abs(wanted).max(initial=1.0)
    np.testing.assert_allclose(got, wanted, rtol=RELATIVE, atol=1e-6 * scale)


def assert_nearest(content: Content, queries: np.ndarray, k: int, distances: object, ids: object) -> None:
    """Checks an answer's rows; what lies beyond the content's size must be padding (id -1).

    Ids must be the exact ones, except that neighbours whose true distances agree to float32 precision may swap.
    """
    got_distances, got_ids = np.asarray(distances, dtype=np.float64), np.asarray(ids)
    wanted_distances, wanted_ids = content.nearest(queries, k)
    have = wanted_ids.shape[1]
    assert got_ids.shape == (len(queries), k) and got_distances.shape == (len(queries), k), got_ids.shape
    assert_close(got_distances[:, :have], wanted_distances)
    assert (got_ids[:, have:] == -1).all(), got_ids[:, have:]
    if np.array_equal(got_ids[:, :have], wanted_ids):
        return
    scores = content.scores(queries)
    by_id = np.argsort(content.ids)
    for row in range(len(queries)):
        mine = got_ids[row, :have]
        at = by_id[np.searchsorted(content.ids, mine, sorter=by_id).clip(max=len(by_id) - 1)]
        assert np.array_equal(content.ids[at], mine), f"row {row}: ids that are not stored"
        assert len(set(mine.tolist())) == have, f"row {row}: an id comes twice"
        scale = np.abs(scores[row]).max()
        np.testing.assert_allclose(scores[row][at], wanted_distances[row], rtol=1e-5, atol=1e-6 * scale)


def assert_within(
    content: Content, queries: np.ndarray, radius: float, lims: object, distances: object, ids: object
) -> None:
    """Checks a range answer in FAISS's form: row i lies at lims[i]..lims[i+1]; order inside a row is free."""
    lims, ids, distances = np.asarray(lims), np.asarray(ids), np.asarray(distances)
    assert len(lims) == len(queries) + 1 and lims[0] == 0 and lims[-1] == len(ids) == len(distances), lims
    for row, query in enumerate(queries):
        wanted = content.within(query, radius)
        part = slice(int(lims[row]), int(lims[row + 1]))
        got = dict(zip(ids[part].tolist(), distances[part].tolist(), strict=True))
        assert got.keys() == wanted.keys(), f"row {row}: {sorted(got)} instead of {sorted(wanted)}"
        assert_close([got[i] for i in sorted(got)], [wanted[i] for i in sorted(got)])
