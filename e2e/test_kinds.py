"""Every index_type string, binary indexes, transforms, training, merging, upkeep, old clients and limits."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from oracle import Content, assert_nearest, assert_within, bits, gaussian
from raw import Raw, floats, same_bits

D = 16
VECTORS = gaussian(60, D, 1)
QUERIES = gaussian(4, D, 2)

L2_TYPES = [
    "L2", "Flat", "FLAT", "IndexFlatL2", "HNSW", "HNSW48", "IVF", "IVF16", "IVF4,Flat", "PQ", "PQ4x8", "PQ4", "PQ4x2",
    "IVF4,PQ4x8", "IVF4,PQ4", "IVF4_SQ0", "IVF4_SQ1", "IVF4_SQ2", "IVF4_SQ3", "IVF4_SQ4", "IVF4_SQ5", "IVF4_SQ6",
    "IVF4_SQ8", "IVF4_SQ16", "SQ8", "SQ4", "SQ16", "SQ6", "SQ3", "IDMap:L2", "IDMap2:L2", "IDMap:", "IDMap2:",
    "IDMap,L2", "IDMap2,L2", "IDMap,Flat", "IDMap:HNSW16", "IDMap2:IVF4,PQ4x4", "IDMap:SQ8",
]  # fmt: skip
IP_TYPES = [
    "IP", "IndexFlatIP", "HNSW_IP", "HNSW16_IP", "IVF_IP", "IVF16_IP", "PQ_IP", "PQ4x8_IP", "IVF4_SQ0_IP", "SQ8_IP",
    "SQ4_IP", "SQ16_IP", "IDMap:IP", "IDMap2:HNSW8_IP",
]  # fmt: skip
REFUSED = [
    "", "l2", "LSH", "BIN_FLAT", "BinaryFlat", "IVF4,SQ8", "HNSW0", "HNSW-1", "HNSW99999999999999999999", "IVF0",
    "IVFx", "PQ0x8", "PQ4x0", "PQ4x99", "PQ3x8", "IVF4,PQ5x8", "IVF4,", "SQ", "SQ99", "PCA0,L2", "PCA17,L2", "PCA4",
    "OPQ4,", "NORM", "NORM,", "IDMap", "IDMap:nonsense", "IDMap2:IDMap2:nonsense", "COSINE", "L2 ", " L2", "L2\x00",
    "IDMap:" * 5000 + "L2", "x" * 100_000, "NORM," * 1000 + "L2", "é", "IVF4,HNSW32", "PQ٤x٨",
]  # fmt: skip


def answer(reply: dict[str, Any]) -> tuple[list, list]:
    return [r["distances"] for r in reply["results"]], [r["indices"] for r in reply["results"]]


@pytest.mark.parametrize("index_type", [*L2_TYPES, *IP_TYPES])
def test_type_untrained_answers_exactly(raw: Raw, index_type: str) -> None:
    raw.create("index", D, index_type)
    raw.ok("add_vectors", index_id="index", vectors=VECTORS[:40].tolist())
    content = Content.dense(VECTORS, "IP" if index_type.endswith("IP") else "L2")
    reply = raw.ok("train_index", index_id="index", training_vectors=VECTORS.tolist())
    assert reply.get("training_skipped") is True or reply["is_trained"] is True
    raw.ok("add_vectors", index_id="index", vectors=VECTORS[40:].tolist())
    reply = raw.ok("search", index_id="index", query_vectors=QUERIES.tolist(), k=60)
    assert_nearest(content, QUERIES, 60, *answer(reply))
    radius = content.radius_for(QUERIES)
    reply = raw.ok("range_search", index_id="index", query_vectors=QUERIES.tolist(), radius=radius)
    assert_within(content, QUERIES, radius, reply["lims"], reply["distances"], reply["indices"])
    assert same_bits(raw.vectors("index"), VECTORS)


@pytest.mark.parametrize("index_type", REFUSED, ids=lambda t: repr(t[:24]))
def test_nonsense_type_is_refused_and_nothing_made(raw: Raw, index_type: str) -> None:
    error = raw.error("create_index", index_id="index", dimension=D, index_type=index_type)
    assert len(error) < 2000, "an error does not echo what a client sent at any length"
    assert raw.listing() == {}
    raw.create("index", D)


@pytest.mark.parametrize("index_type", ["LSH", "BinaryFlat", "IVF4,SQ8", "COSINE"])
def test_refused_type_is_named(raw: Raw, index_type: str) -> None:
    error = raw.error("create_index", index_id="index", dimension=D, index_type=index_type)
    # What follows may say where; clients look for the beginning.
    assert error.startswith(f"Unsupported index type: {index_type}")


@pytest.mark.parametrize("wrapper", ["IDMap", "IDMap2"])
def test_map_over_a_filled_base_starts_empty_with_its_kind(raw: Raw, wrapper: str) -> None:
    raw.create("base", D, "HNSW16_IP")
    raw.ok("add_vectors", index_id="base", vectors=VECTORS.tolist())
    raw.create("map", D, f"{wrapper}:base")
    assert raw.counts() == {"base": 60, "map": 0}
    raw.ok("add_with_ids", index_id="map", vectors=VECTORS[:9].tolist(), ids=list(range(9)))
    reply = raw.ok("search", index_id="map", query_vectors=QUERIES.tolist(), k=9)
    assert_nearest(Content.dense(VECTORS[:9], "IP"), QUERIES, 9, *answer(reply))
    assert raw.counts() == {"base": 60, "map": 9}


TRANSFORMS = [("PCA4,L2", 4), ("NORM,L2", D), ("OPQ4_8,L2", 8), ("OPQ4,L2", D), ("PCA6,NORM,L2", 6), ("NORM,IP", D)]


@pytest.mark.parametrize(("index_type", "width"), TRANSFORMS)
def test_transform_is_applied_on_request_and_search_is_exact(raw: Raw, index_type: str, width: int) -> None:
    """Searches compare the vectors as given; NORM is the exception, for it is a metric (docs/decisions/0004, 0008)."""
    raw.create("index", D, index_type)
    training = np.vstack([VECTORS, gaussian(300, D, 3)])
    raw.ok("train_index", index_id="index", training_vectors=training.tolist())
    raw.ok("add_vectors", index_id="index", vectors=VECTORS.tolist())
    info = raw.ok("get_transform_info", index_id="index")
    assert (info["input_dimension"], info["output_dimension"]) == (D, width)
    assert info["chain_size"] == len(info["transforms"]) == index_type.count(",")
    assert info["is_trained"] is True and "type" in info and "base_index" in info
    both = np.vstack([VECTORS, QUERIES])
    reply = raw.ok("apply_transform", index_id="index", vectors=both.tolist())
    assert (reply["input_dimension"], reply["output_dimension"]) == (D, width)
    assert reply["input_vectors"] in (64, both.tolist())
    moved = np.array(reply["transformed_vectors"])
    assert moved.shape == (64, width)
    if "NORM" in index_type:
        np.testing.assert_allclose(np.linalg.norm(moved, axis=1), 1, rtol=1e-5)
    if index_type == "PCA4,L2":
        centred = training.astype(np.float64) - training.mean(axis=0)
        spread = np.sort(np.linalg.eigvalsh(centred.T @ centred / len(training)))[::-1][:4]
        reply = raw.ok("apply_transform", index_id="index", vectors=training.tolist())
        everything = np.array(reply["transformed_vectors"])
        np.testing.assert_allclose(np.sort(everything.var(axis=0))[::-1], spread, rtol=1e-3)
    if index_type.startswith("NORM"):
        stored, queries = moved[:60].astype(np.float32), moved[60:].astype(np.float32)
    else:
        stored, queries = VECTORS, QUERIES
    content = Content.dense(stored, "IP" if index_type.endswith("IP") else "L2")
    reply = raw.ok("search", index_id="index", query_vectors=QUERIES.tolist(), k=5)
    assert_nearest(content, queries, 5, *answer(reply))


@pytest.mark.parametrize("index_type", ["NORM,L2", "L2norm,Flat", "NORM,IP"])
def test_zero_vectors_stay_zero_when_normalised(raw: Raw, index_type: str) -> None:
    """As in FAISS: at distance 1 from every direction, at 0 from each other; products of 0."""
    raw.create("index", 2, index_type)
    raw.ok("add_vectors", index_id="index", vectors=[[0, 0], [10, 0], [-3, 0], [0, 0]])
    distances, indices = answer(raw.ok("search", index_id="index", query_vectors=[[2, 0], [0, 0]], k=4))
    if index_type.endswith("IP"):
        assert (distances, indices[0]) == ([[1, 0, 0, -1], [0, 0, 0, 0]], [1, 0, 3, 2])
    else:
        assert (distances, indices) == ([[0, 1, 1, 4], [0, 0, 1, 1]], [[1, 0, 3, 2], [0, 3, 1, 2]])


def test_transform_actions_on_other_kinds_are_refused(raw: Raw) -> None:
    raw.create("flat", D)
    raw.error("get_transform_info", index_id="flat")
    raw.error("apply_transform", index_id="flat", vectors=VECTORS.tolist())


BINARY_TYPES = ["BINARY", "BINARY_FLAT", "BINARY_IVF", "BINARY_IVF4", "BINARY_HASH", "BINARY_HASH16"]


@pytest.mark.parametrize("index_type", BINARY_TYPES)
def test_binary_kind_measures_hamming(raw: Raw, index_type: str) -> None:
    stored, queries = bits(50, 24, 4), bits(3, 24, 5)
    raw.create("index", 24, index_type)
    raw.ok("train_index", index_id="index", training_vectors=stored.tolist())
    assert raw.ok("add_vectors", index_id="index", vectors=stored.tolist())["count"] == 50
    wanted = (queries[:, None, :] != stored[None, :, :]).sum(axis=2)
    order = np.argsort(wanted, axis=1, kind="stable")
    reply = raw.ok("search", index_id="index", query_vectors=(queries * 0.9).tolist(), k=55)
    assert reply["is_binary"] is True
    for number, row in enumerate(reply["results"]):
        assert row["indices"] == order[number].tolist() + [-1] * 5
        assert row["distances"] == np.sort(wanted[number]).tolist() + [2147483647] * 5
        assert all(isinstance(d, int) for d in row["distances"])
    reply = raw.ok("range_search", index_id="index", query_vectors=queries.tolist(), radius=11)
    for number in range(3):
        part = slice(reply["lims"][number], reply["lims"][number + 1])
        assert sorted(reply["indices"][part]) == np.flatnonzero(wanted[number] < 11).tolist()
    assert raw.ok("reconstruct", index_id="index", id=7)["vector"] == stored[7].tolist()
    assert raw.ok("reconstruct_n", index_id="index", start_idx=1, num_vectors=2)["vectors"] == stored[1:3].tolist()
    found = raw.ok("search_and_reconstruct", index_id="index", query_vectors=queries[:1].tolist(), k=2)
    assert found["results"][0]["vectors"] == stored[order[0][:2]].tolist()
    raw.error("add_vectors", index_id="index", vectors=[[1] * 25])
    raw.error("add_vectors", index_id="index", vectors=[[1] * 16])
    assert raw.counts() == {"index": 50}


def test_training_reply_has_every_field(raw: Raw) -> None:
    raw.create("index", D, "IVF8,PQ4x8")
    for count in (1, 60):
        reply = raw.ok("train_index", index_id="index", training_vectors=VECTORS[:count].tolist())
        assert reply["index_id"] == "index" and reply["is_trained"] is True and reply["trained_with"] == count
        assert isinstance(reply["has_enough_vectors"], bool) and isinstance(reply["training_info"], dict)
        assert reply.get("recommendation") is None or isinstance(reply["recommendation"], str)
        assert isinstance(reply["message"], str)
    raw.create("flat", D)
    assert raw.ok("train_index", index_id="flat", training_vectors=VECTORS.tolist())["training_skipped"] is True


def test_merge_appends_copies_and_counts(raw: Raw) -> None:
    for name, part in (("a", VECTORS[:10]), ("b", VECTORS[10:25]), ("target", VECTORS[25:30])):
        raw.create(name, D)
        raw.ok("add_vectors", index_id=name, vectors=part.tolist())
    reply = raw.ok("merge_indices", target_index_id="target", source_index_ids=["a", "b"])
    assert reply["ntotal"] == 30 and isinstance(reply["message"], str)
    assert {n: s["vectors_added"] for n, s in reply["merged_stats"].items()} == {"a": 10, "b": 15}
    assert all("type" in s and s["actual_added"] == s["vectors_added"] for s in reply["merged_stats"].values())
    assert raw.counts() == {"a": 10, "b": 15, "target": 30}
    assert same_bits(raw.vectors("target"), np.vstack([VECTORS[25:30], VECTORS[:25]]))
    assert raw.ok("merge_indices", target_index_id="a", source_index_ids=["a"])["ntotal"] == 20
    assert same_bits(raw.vectors("a"), np.vstack([VECTORS[:10], VECTORS[:10]]))


def test_merge_of_maps_carries_ids(raw: Raw) -> None:
    for name, first in (("left", 0), ("right", 30)):
        raw.create(name, D, "IDMap2:L2")
        ids = [1000 + i for i in range(first, first + 30)]
        raw.ok("add_with_ids", index_id=name, vectors=VECTORS[first : first + 30].tolist(), ids=ids)
    assert raw.ok("merge_indices", target_index_id="left", source_index_ids=["right"])["ntotal"] == 60
    reply = raw.ok("search", index_id="left", query_vectors=QUERIES.tolist(), k=60)
    assert_nearest(Content.dense(VECTORS, first=1000), QUERIES, 60, *answer(reply))


def test_merge_that_is_malformed_changes_nothing(raw: Raw) -> None:
    raw.create("a", D)
    raw.ok("add_vectors", index_id="a", vectors=VECTORS[:5].tolist())
    raw.create("narrow", D - 1)
    raw.ok("add_vectors", index_id="narrow", vectors=VECTORS[:5, 1:].tolist())
    raw.create("binary", D, "BINARY")
    for target, sources in [
        (["a", "a"], "Flat"), ("a", "a"), ("a", ["a", "missing"]), ("a", ["a", "narrow"]), ("missing", ["a"]),
        ("a", [1]), ("a", [None]), (None, ["a"]), ("a", None), ("a", [["a"]]), ("a", ["binary"]),
    ]:  # fmt: skip
        raw.error("merge_indices", target_index_id=target, source_index_ids=sources)
    assert raw.counts() == {"a": 5, "narrow": 5, "binary": 0}


def test_optimize_reports_what_it_did(raw: Raw) -> None:
    raw.create("flat", D)
    raw.create("ivf", D, "IVF100")
    raw.create("hnsw", D, "HNSW32")
    reply = raw.ok("optimize_index", index_id="flat")
    assert reply["optimizations"] == ["flat_index_no_optimization"] and reply["optimization_level"] == 1
    assert isinstance(reply["index_type"], str)
    for level, nprobe in ((1, 10), (2, 20), (3, 50)):
        reply = raw.ok("optimize_index", index_id="ivf", optimization_level=level)
        assert isinstance(reply["optimizations"], list) and reply["optimization_level"] == level
        assert raw.ok("get_parameter", index_id="ivf", parameter="nprobe")["param_value"] == nprobe
    assert raw.ok("optimize_index", index_id="hnsw", optimization_level=2)["optimizations"] == []


def test_recluster_changes_the_number_of_lists(raw: Raw) -> None:
    raw.create("ivf", D, "IVF4")
    raw.ok("train_index", index_id="ivf", training_vectors=VECTORS.tolist())
    raw.ok("add_vectors", index_id="ivf", vectors=VECTORS.tolist())
    reply = raw.ok("recluster_index", index_id="ivf", n_clusters=6, sample_ratio=0.5, extra=1)
    assert (reply["previous_nlist"], reply["new_nlist"], reply["ntotal"]) == (4, 6, 60)
    assert raw.ok("get_index_status", index_id="ivf")["status"]["nlist"] == 6
    assert same_bits(raw.vectors("ivf"), VECTORS)
    raw.create("flat", D)
    raw.error("recluster_index", index_id="flat", n_clusters=3)
    raw.error("recluster_index", index_id="ivf", n_clusters=0)


def test_old_client_dialect_is_served(raw: Raw) -> None:
    """What the clients of May 2025 send and read: a default tenant, nested stats, one flat query."""
    tenant = {"tenant_id": "default"}
    raw.ok("ping", **tenant)
    raw.ok("create_index", index_id="old", dimension=D, index_type="IP", **tenant)
    assert raw.ok("add_vectors", index_id="old", vectors=VECTORS.tolist(), **tenant)["total"] == 60
    reply = raw.ok("search", index_id="old", query_vectors=QUERIES[0].tolist(), k=3, **tenant)
    assert_nearest(Content.dense(VECTORS, "IP"), QUERIES[:1], 3, *answer(reply))
    assert raw.ok("get_index_stats", index_id="old", **tenant)["stats"]["vector_count"] == 60
    (entry,) = raw.ok("list_indexes", **tenant)["indexes"]
    assert (entry["index_id"], entry["dimension"], entry["vector_count"]) == ("old", D, 60)


ACCEPTANCE = [
    ("L2", False), ("IP", False), ("BINARY_FLAT", False), ("PQ4x2", True), ("PQ4", True), ("IVF16", True),
    ("IVF16_IP", True), ("IVF4_SQ8", True), ("OPQ4_8,L2", True), ("PCA4,L2", True), ("NORM,L2", False),
    ("HNSW32", False), ("HNSW16_IP", False), ("IDMap:L2", False), ("IDMap2:L2", False),
]  # fmt: skip


@pytest.mark.parametrize(("index_type", "trains"), ACCEPTANCE, ids=[a[0] for a in ACCEPTANCE])
def test_fifteen_types_create_train_add_search(raw: Raw, index_type: str, trains: bool) -> None:
    vectors = bits(100, D, 6) if index_type.startswith("BINARY") else gaussian(100, D, 6)
    raw.create("index", D, index_type)
    if trains:
        raw.ok("train_index", index_id="index", training_vectors=vectors.tolist())
    reply = raw.ok("add_vectors", index_id="index", vectors=vectors.tolist())
    assert (reply["count"], reply["total"], reply["ntotal"]) == (100, 100, 100)
    reply = raw.ok("search", index_id="index", query_vectors=vectors[:5].tolist(), k=5)
    assert len(reply["results"]) == 5
    for number, row in enumerate(reply["results"]):
        assert len(row["indices"]) == len(row["distances"]) == 5
        if not index_type.endswith("IP"):
            assert row["indices"][0] == number and row["distances"][0] == pytest.approx(0, abs=1e-4)


def test_limits_at_the_edge_are_served(raw: Raw) -> None:
    vectors = gaussian(10_000, 8, 7)
    raw.create("index", 8)
    assert raw.ok("add_vectors", index_id="index", vectors=vectors.tolist())["total"] == 10_000
    reply = raw.ok("search", index_id="index", query_vectors=vectors.tolist(), k=1)
    assert [r["indices"] for r in reply["results"]] == [[i] for i in range(10_000)]
    reply = raw.ok("search", index_id="index", query_vectors=vectors[:2].tolist(), k=10_000)
    assert_nearest(Content.dense(vectors), vectors[:2], 10_000, *answer(reply))
    raw.create("map", 8, "IDMap2:L2")
    raw.ok("add_with_ids", index_id="map", vectors=floats(vectors), ids=list(range(10_000)))
    raw.ok("batch_add_with_ids", index_id="map", vectors=floats(vectors), ids=list(range(10_000)))
    raw.ok("remove_ids", index_id="map", ids=list(range(1, 10_000)))
    assert raw.counts() == {"index": 10_000, "map": 1}
    raw.create("wide", 10_000)
    raw.ok("add_vectors", index_id="wide", vectors=gaussian(20, 10_000, 8).tolist())
    raw.create("thin", 1)
    raw.ok("add_vectors", index_id="thin", vectors=[[1.0], [2.0]])
    assert raw.counts() == {"index": 10_000, "map": 1, "wide": 20, "thin": 2}


def test_limits_beyond_the_edge_are_refused(raw: Raw) -> None:
    raw.create("index", 2)
    raw.create("map", 2, "IDMap2:L2")
    rows = [[0.0, 1.0]] * 10_001
    assert "Batch size 10001 exceeds maximum (10000)" in raw.error("add_vectors", index_id="index", vectors=rows)
    for action in ("add_with_ids", "batch_add_with_ids"):
        raw.error(action, index_id="map", vectors=rows, ids=list(range(10_001)))
    raw.error("search", index_id="index", query_vectors=rows, k=1)
    for k in (0, -1, 10_001, 2**31 - 1, 2**63 - 1):
        assert f"k={k} out of range (1-10000)" in raw.error("search", index_id="index", query_vectors=[[0, 1]], k=k)
    for dimension in (0, -1, 10_001, 2**31, 2**63 - 1):
        error = raw.error("create_index", index_id="other", dimension=dimension)
        assert f"Dimension {dimension} out of range (1-10000)" in error
    assert "Invalid dimension" in raw.error("create_index", index_id="other", dimension="wide")
    raw.error("create_index", index_id="x" * 100_000, dimension=2)
    raw.error("create_index", index_id="", dimension=2)
    assert raw.counts() == {"index": 0, "map": 0}
