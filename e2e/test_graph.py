"""HNSW kinds over enough vectors for a graph: it grows behind the adds, and no answer waits for it or misses a point."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from kinds import remote
from kith_server import Kith
from oracle import Content, clustered
from raw import Raw, floats

D = 64
COUNT = 20_000
BATCH = 5_000
K = 10
RECALL = 0.9


VECTORS = clustered(COUNT, D, 3)
QUERIES = clustered(50, D, 4)


def await_graph(raw: Raw, index_id: str, seconds: float = 120) -> dict:
    """The status once the graph has reached every row."""
    end = time.monotonic() + seconds
    while True:
        status = raw.ok("get_index_status", index_id=index_id)["status"]
        if status["served_by"] == "hnsw" and status["tail_rows"] == 0:
            return status
        assert time.monotonic() < end, status
        time.sleep(0.05)


def add(raw: Raw, index_id: str, vectors: np.ndarray) -> None:
    for start in range(0, len(vectors), BATCH):
        raw.ok("add_vectors", index_id=index_id, vectors=floats(vectors[start : start + BATCH]))


def recall(raw: Raw, index_id: str, content: Content, **fields: object) -> float:
    """The share of the true K nearest of all queries that a search finds."""
    results = raw.ok("search", index_id=index_id, query_vectors=QUERIES.tolist(), k=K, **fields)["results"]
    _, truth = content.nearest(QUERIES, K)
    found = [result["indices"] for result in results]
    assert all(len(set(ids)) == K for ids in found), "an id is found twice"
    return float(np.mean([len(set(ids) & set(right.tolist())) / K for ids, right in zip(found, truth)]))


@pytest.mark.parametrize("index_type", ["HNSW", "HNSW16_IP", "NORM,HNSW32"])
def test_graph_grows_behind_and_finds(raw: Raw, index_type: str) -> None:
    raw.create("graph", D, index_type)
    add(raw, "graph", VECTORS)
    vectors = VECTORS / np.linalg.norm(VECTORS, axis=1, keepdims=True) if "NORM" in index_type else VECTORS
    content = Content.dense(vectors, "IP" if index_type.endswith("IP") or "NORM" in index_type else "L2")
    assert recall(raw, "graph", content) >= RECALL, "while it grows"
    await_graph(raw, "graph")
    assert recall(raw, "graph", content) >= RECALL
    # More candidates find no less, and all of them find everything.
    few, many = (recall(raw, "graph", content, params={"efSearch": ef}) for ef in (10, 400))
    assert few <= many + 0.01 and many >= 0.98
    assert recall(raw, "graph", content, params={"efSearch": 2**31 - 1}) == 1.0
    sample = raw.ok("reconstruct", index_id="graph", idx=COUNT - 1)
    assert np.allclose(sample["vector"], VECTORS[-1])


def test_new_points_are_found_at_once(raw: Raw) -> None:
    raw.create("graph", D, "HNSW32")
    add(raw, "graph", VECTORS)
    await_graph(raw, "graph")
    for number, vector in enumerate(clustered(50, D, 5)):
        raw.ok("add_vectors", index_id="graph", vectors=[vector.tolist()])
        results = raw.ok("search", index_id="graph", query_vectors=[vector.tolist()], k=1)["results"]
        assert results[0]["indices"] == [COUNT + number] and results[0]["distances"] == [0.0]


def test_removed_points_are_never_found(raw: Raw) -> None:
    raw.create("graph", D, "IDMap2:HNSW16")
    ids = np.arange(COUNT, dtype=np.int64) * 7
    for start in range(0, COUNT, BATCH):
        span = slice(start, start + BATCH)
        raw.ok("add_with_ids", index_id="graph", vectors=VECTORS[span].tolist(), ids=ids[span].tolist())
    await_graph(raw, "graph")
    gone = np.random.default_rng(6).permutation(COUNT)[: COUNT // 2]
    raw.ok("remove_ids", index_id="graph", ids=ids[gone].tolist())
    kept = np.setdiff1d(np.arange(COUNT), gone)
    content = Content(ids[kept], VECTORS[kept])
    removed = set(ids[gone].tolist())
    for _ in range(20):
        results = raw.ok("search", index_id="graph", query_vectors=QUERIES.tolist(), k=K)["results"]
        assert not any(removed & set(result["indices"]) for result in results)
    assert recall(raw, "graph", content) >= RECALL
    raw.ok("remove_ids", index_id="graph", ids=ids[kept].tolist())
    results = raw.ok("search", index_id="graph", query_vectors=QUERIES.tolist(), k=K)["results"]
    assert all(result["indices"] == [-1] * K for result in results)
    raw.ok("add_with_ids", index_id="graph", vectors=VECTORS[:BATCH].tolist(), ids=ids[:BATCH].tolist())
    assert recall(raw, "graph", Content(ids[:BATCH], VECTORS[:BATCH])) >= RECALL


def test_client_class_survives_a_kill_while_the_graph_grows(launch: Callable[..., Kith], tmp_path: Path) -> None:
    kith = launch(data=tmp_path / "data")
    with remote(kith) as fx, Raw(kith.endpoint) as raw:
        index = fx.IndexHNSWFlat(D, 32)
        # One add of 10,000: the published client waits five seconds for the answer, and no longer.
        index.add(VECTORS[:10_000])
        index.add(VECTORS[10_000:])
        kith.kill()
        kith.restart_same_ports()
        content = Content.dense(VECTORS)
        assert raw.counts()[index.index_id] == COUNT
        assert recall(raw, index.index_id, content) >= RECALL
        await_graph(raw, index.index_id)
        _, found = index.search(QUERIES, K)
        _, truth = content.nearest(QUERIES, K)
        assert np.mean([len(set(a) & set(b)) / K for a, b in zip(found.tolist(), truth.tolist())]) >= RECALL


@pytest.mark.parametrize("index_type", ["HNSW0", "HNSW513", "HNSW10000"])
def test_links_out_of_range_are_refused(raw: Raw, index_type: str) -> None:
    assert index_type in raw.error("create_index", index_id="graph", dimension=D, index_type=index_type)


@pytest.mark.parametrize("value", [0, -1, 2**31, 1.5, "many"])
def test_candidates_out_of_range_are_refused(raw: Raw, value: object) -> None:
    raw.create("graph", D, "HNSW8")
    assert raw.error("set_parameter", index_id="graph", parameter="efSearch", value=value)


def test_one_link_a_node_is_served_with_two(raw: Raw) -> None:
    raw.create("graph", D, "HNSW1")
    add(raw, "graph", VECTORS)
    await_graph(raw, "graph")
    assert recall(raw, "graph", Content.dense(VECTORS), params={"efSearch": 2_000}) >= 0.5
