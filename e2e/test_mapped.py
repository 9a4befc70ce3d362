"""A collection larger than the memory that a server may use: it opens mapped, and answers as it did."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from kith_server import Kith
from oracle import Content, assert_close, clustered, gaussian
from raw import Raw
from test_graph import await_graph
from test_http import get

D = 256
# 41 MB of vectors, in chunks of 8,192 rows.
COUNT = 40_000
BATCH = 5_000
K = 10
SMALL = ("--memory", "24M", "--checkpoint-log", "8M")
LARGE = ("--memory", "512M", "--checkpoint-log", "8M")
VECTORS = gaussian(COUNT, D, 1)
QUERIES = gaussian(10, D, 2)


def metric(kith: Kith, name: str) -> float:
    found = re.search(rf"^{name}(?:\{{.*\}})? (\S+)$", get(kith, "/metrics")[2], re.MULTILINE)
    assert found, name
    return float(found[1])


def fill(kith: Kith, index_type: str, vectors: np.ndarray) -> None:
    with Raw(kith.endpoint) as raw:
        raw.create("stock", D, index_type)
        for start in range(0, COUNT, BATCH):
            ids = list(range(start, start + BATCH))
            raw.ok("add_with_ids", index_id="stock", vectors=vectors[start : start + BATCH].tolist(), ids=ids)
    end = time.monotonic() + 60
    while metric(kith, "kith_replay_bytes_max") > 12 << 20:
        assert time.monotonic() < end, "no checkpoint"
        time.sleep(0.1)


def require_exact(kith: Kith, content: Content) -> None:
    with Raw(kith.endpoint) as raw:
        assert raw.counts()["stock"] == len(content.ids)
        results = raw.ok("search", index_id="stock", query_vectors=QUERIES.tolist(), k=K)["results"]
        wanted, ids = content.nearest(QUERIES, K)
        assert [row["indices"] for row in results] == ids.tolist()
        assert_close([row["distances"] for row in results], wanted)
        for position in (0, len(content.ids) // 2, len(content.ids) - 1):
            vector = raw.ok("reconstruct", index_id="stock", idx=int(content.ids[position]))["vector"]
            assert np.array_equal(np.asarray(vector, dtype=np.float32), content.vectors[position])


def test_exact_search_adds_and_removals_without_the_memory(launch: Callable[..., Kith], tmp_path: Path) -> None:
    data = tmp_path / "data"
    kith = launch(*LARGE, data=data)
    fill(kith, "IDMap2:IP", VECTORS)
    assert metric(kith, "kith_collections_mapped") == 0
    kith.stop()
    small = launch(*SMALL, data=data)
    require_exact(small, Content.dense(VECTORS, "IP"))
    assert metric(small, "kith_collections_mapped") == 1
    assert metric(small, "kith_memory_bytes") <= 24 << 20
    assert "does not fit the memory budget: vectors are mapped" in small.log_text()
    more = gaussian(500, D, 3)
    gone = np.random.default_rng(4).choice(COUNT, 1_000, replace=False)
    with Raw(small.endpoint) as raw:
        raw.ok("add_with_ids", index_id="stock", vectors=more.tolist(), ids=list(range(COUNT, COUNT + 500)))
        raw.ok("remove_ids", index_id="stock", ids=gone.tolist())
    kept = np.setdiff1d(np.arange(COUNT + 500), gone)
    content = Content(kept, np.concatenate([VECTORS, more])[kept], "IP")
    require_exact(small, content)
    small.kill()
    small.restart_same_ports()
    require_exact(small, content)
    assert metric(small, "kith_collections_mapped") == 1
    small.stop()
    large = launch(*LARGE, data=data)
    require_exact(large, content)
    assert metric(large, "kith_collections_mapped") == 0


def test_graph_without_the_memory_for_its_vectors(launch: Callable[..., Kith], tmp_path: Path) -> None:
    data = tmp_path / "data"
    vectors = clustered(COUNT, D, 3)
    kith = launch(*LARGE, data=data)
    fill(kith, "IDMap2:HNSW16", vectors)
    with Raw(kith.endpoint) as raw:
        await_graph(raw, "stock")
    kith.stop()
    small = launch("--memory", "32M", "--checkpoint-log", "8M", data=data)
    with Raw(small.endpoint) as raw:
        assert raw.counts()["stock"] == COUNT
        assert metric(small, "kith_collections_mapped") == 1
        await_graph(raw, "stock")
        queries = clustered(50, D, 4)
        results = raw.ok("search", index_id="stock", query_vectors=queries.tolist(), k=K)["results"]
        squares = (vectors.astype(np.float64) ** 2).sum(axis=1)
        truth = np.argsort(squares - 2 * (queries.astype(np.float64) @ vectors.T.astype(np.float64)), axis=1)[:, :K]
        found = [len(set(row["indices"]) & set(right.tolist())) / K for row, right in zip(results, truth, strict=True)]
        assert np.mean(found) >= 0.9
