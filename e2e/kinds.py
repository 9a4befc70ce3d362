"""Every remote index class of the published client, as a table: how it is made, fed and checked."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import ModuleType
from typing import Any

import faiss
import faissx.client
import faissx.client.client as client_module
import numpy as np

from kith_server import Kith
from oracle import IP, L2, Content, assert_nearest, assert_within, gaussian

DIMENSION = 16
FIRST, SECOND = 120, 40
QUERIES = 7
SPREAD = np.int64(1) << 40


@contextmanager
def remote(kith: Kith, key: str | None = None, timeout: float = 5.0) -> Iterator[ModuleType]:
    """The published client, switched to the server; what it kept from earlier tests is forgotten."""
    client_module._client = client_module.FaissXClient()
    faissx.client.configure(server=kith.endpoint, api_key=key, timeout=timeout)
    try:
        assert client_module._client.mode == "remote"
        yield faissx.client
    finally:
        client_module._client.disconnect()
        client_module._client = None


@dataclass(frozen=True)
class Kind:
    """One way to make an index.

    trained: whether `train` is called first; ids: whether it takes ids of the caller's; ranged, resettable: whether the
    client has a range search and a reset that reach the server.
    """

    name: str
    make: Callable[[ModuleType], Any]
    metric: str = L2
    trained: bool = False
    ids: bool = False
    ranged: bool = True
    resettable: bool = True


def _ivf(fx: ModuleType, nlist: int, metric: int = faiss.METRIC_L2) -> Any:
    return fx.IndexIVFFlat(fx.IndexFlatL2(DIMENSION), DIMENSION, nlist, metric)


def _ivfpq(fx: ModuleType) -> Any:
    return fx.IndexIVFPQ(fx.IndexFlatL2(DIMENSION), DIMENSION, 4, 4, 4)


def _ivfsq(fx: ModuleType, qtype: int | None = None) -> Any:
    return fx.IndexIVFScalarQuantizer(fx.IndexFlatL2(DIMENSION), DIMENSION, 4, qtype)


def _factory(description: str, **traits: Any) -> Kind:
    return Kind(f"factory {description}", lambda fx: fx.index_factory(DIMENSION, description), **traits)


# What the client itself cannot do: range search on IVF-flat and IVF-SQ, reset of IVF-PQ.
CLASSES = [
    Kind("FlatL2", lambda fx: fx.IndexFlatL2(DIMENSION)),
    Kind("HNSW L2", lambda fx: fx.IndexHNSWFlat(DIMENSION, 16)),
    Kind(
        "HNSW IP",
        lambda fx: fx.IndexHNSWFlat(DIMENSION, 8, faiss.METRIC_INNER_PRODUCT),
        metric=IP,
    ),
    Kind("IVFFlat L2", lambda fx: _ivf(fx, 4), trained=True, ranged=False),
    Kind("IVFFlat IP", lambda fx: _ivf(fx, 4, faiss.METRIC_INNER_PRODUCT), metric=IP, trained=True, ranged=False),
    Kind("PQ", lambda fx: fx.IndexPQ(DIMENSION, 4, 4), trained=True),
    Kind("PQ untrained", lambda fx: fx.IndexPQ(DIMENSION, 4, 8)),
    Kind("IVFPQ", _ivfpq, trained=True, resettable=False),
    Kind("SQ default", lambda fx: fx.IndexScalarQuantizer(DIMENSION)),
    Kind("SQ8", lambda fx: fx.IndexScalarQuantizer(DIMENSION, fx.ScalarQuantizer.QT_8bit)),
    Kind("SQ4", lambda fx: fx.IndexScalarQuantizer(DIMENSION, fx.ScalarQuantizer.QT_4bit)),
    Kind("SQ16", lambda fx: fx.IndexScalarQuantizer(DIMENSION, fx.ScalarQuantizer.QT_fp16)),
    Kind("SQ6 bit", lambda fx: fx.IndexScalarQuantizer(DIMENSION, fx.ScalarQuantizer.QT_6bit)),
    Kind(
        "SQ8 IP",
        lambda fx: fx.IndexScalarQuantizer(DIMENSION, fx.ScalarQuantizer.QT_8bit, faiss.METRIC_INNER_PRODUCT),
        metric=IP,
    ),
    Kind("IVFSQ", _ivfsq, trained=True, ranged=False),
    Kind("IVFSQ untrained", _ivfsq, ranged=False),
    Kind("IVFSQ fp16", lambda fx: _ivfsq(fx, faiss.ScalarQuantizer.QT_fp16), trained=True, ranged=False),
    Kind("IDMap", lambda fx: fx.IndexIDMap(fx.IndexFlatL2(DIMENSION)), ids=True),
    Kind("IDMap2", lambda fx: fx.IndexIDMap2(fx.IndexFlatL2(DIMENSION)), ids=True),
    Kind(
        "IDMap over HNSW IP",
        lambda fx: fx.IndexIDMap(fx.IndexHNSWFlat(DIMENSION, 16, faiss.METRIC_INNER_PRODUCT)),
        metric=IP,
        ids=True,
    ),
    Kind("IDMap2 over IVF", lambda fx: fx.IndexIDMap2(_ivf(fx, 4)), ids=True),
]
FACTORY = [
    _factory("Flat"),
    _factory("HNSW32"),
    _factory("IVF8,Flat", trained=True, ranged=False),
    _factory("IVF8,PQ4x4", trained=True, resettable=False),
    _factory("IVF2,PQ4", trained=True, resettable=False),
    _factory("PQ4", trained=True),
    _factory("PQ8x4"),
    _factory("SQ8"),
    _factory("SQ4"),
    _factory("IDMap,Flat", ids=True),
    _factory("IDMap2,Flat", ids=True),
    _factory("IDMap,HNSW16", ids=True),
    _factory("IDMap2,IVF4,Flat", ids=True),
    _factory("IDMap,SQ8", ids=True),
    _factory("IDMap2,PQ4x8", ids=True),
]


def vectors_of(kind: Kind, part: str, count: int) -> np.ndarray:
    """The same vectors for the same kind and part in every run."""
    return gaussian(count, DIMENSION, seed=sum(map(ord, kind.name + part)) * 1009 + len(part))


class Live:
    """An index of the client's together with what it should hold."""

    def __init__(self, kind: Kind, fx: ModuleType) -> None:
        self.kind = kind
        self.index = kind.make(fx)
        self.numbered = 0
        self.content = Content.dense(np.empty((0, DIMENSION), np.float32), kind.metric)
        if kind.trained:
            self.index.train(vectors_of(kind, "training", 300))
        assert self.index.is_trained or not hasattr(self.index, "train") or kind.ids, kind.name

    def add(self, part: str, count: int) -> None:
        vectors = vectors_of(self.kind, part, count)
        ids = np.arange(self.numbered, self.numbered + count, dtype=np.int64)
        if self.kind.ids:
            ids = np.random.default_rng(self.numbered).permutation(ids) * SPREAD + 5
            self.index.add_with_ids(vectors, ids)
        else:
            self.index.add(vectors)
        self.numbered += count
        self.content = Content(
            np.concatenate([self.content.ids, ids]), np.vstack([self.content.vectors, vectors]), self.kind.metric
        )

    def reset(self) -> None:
        self.index.reset()
        if not self.kind.ids:
            self.numbered = 0
        self.content = Content.dense(np.empty((0, DIMENSION), np.float32), self.kind.metric)

    def check_searches(self) -> None:
        queries = vectors_of(self.kind, "queries", QUERIES)
        for k in (1, 10, len(self.content.ids) + 3):
            distances, ids = self.index.search(queries, k)
            assert_nearest(self.content, queries, k, distances, ids)

    def check_range(self) -> None:
        queries = vectors_of(self.kind, "queries", QUERIES)
        radius = self.content.radius_for(queries)
        lims, distances, ids = self.index.range_search(queries, radius)
        if isinstance(self.index, faissx.client.IndexIVFPQ):
            # This one class gives its three arrays in another order.
            lims, distances, ids = ids, lims, distances
        assert_within(self.content, queries, radius, lims, distances, ids)

    def check(self, counts: dict[str, int]) -> None:
        """All that can be asked, and that the server (counts: index id → vectors) is what answers."""
        assert getattr(self.index, "_local_index", None) is None, f"{self.kind.name} works locally"
        assert counts[self.index.index_id] == self.index.ntotal == len(self.content.ids), self.kind.name
        self.check_searches()
        if self.kind.ranged:
            self.check_range()
