"""Every action by name over a raw socket: the fields of its reply, its defaults, its edges."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from oracle import Content, assert_close, assert_nearest, assert_within, gaussian
from raw import Raw, floats, same_bits

D = 6
VECTORS = gaussian(20, D, 1)
QUERIES = gaussian(3, D, 2)


def filled(raw: Raw, name: str = "index", index_type: str = "L2") -> str:
    """Creates an index and stores VECTORS, in a map under the ids 100 to 119."""
    raw.create(name, D, index_type)
    if index_type.startswith("IDMap"):
        raw.ok("add_with_ids", index_id=name, vectors=VECTORS.tolist(), ids=[100 + i for i in range(20)])
    else:
        raw.ok("add_vectors", index_id=name, vectors=VECTORS.tolist())
    return name


def rows(reply: dict[str, Any]) -> tuple[list, list]:
    return [r["distances"] for r in reply["results"]], [r["indices"] for r in reply["results"]]


def test_ping_carries_pong_and_time(raw: Raw) -> None:
    reply = raw.ok("ping")
    assert reply["message"] == "pong" and isinstance(reply["time"], float)


@pytest.mark.parametrize("action", ["list_indices", "list_indexes"])
def test_listing_names_every_index(raw: Raw, action: str) -> None:
    assert raw.ok(action)["indexes"] == []
    filled(raw, "flat")
    filled(raw, "map", "IDMap:L2")
    filled(raw, "map2", "IDMap2:flat")
    entries = {e["index_id"]: e for e in raw.ok(action)["indexes"]}
    for name in ("flat", "map", "map2"):
        assert (entries[name]["dimension"], entries[name]["vector_count"]) == (D, 20)
    assert entries["map"]["is_idmap"] is True and entries["map2"]["is_idmap2"] is True
    assert entries["map2"]["base_index_id"] == "flat" and not entries["flat"].get("is_idmap")


def test_stats_have_every_form_of_the_count(raw: Raw) -> None:
    filled(raw, "l2")
    filled(raw, "ip", "IP")
    for name, metric in (("l2", "L2"), ("ip", "IP")):
        reply = raw.ok("get_index_stats", index_id=name)
        assert (reply["index_id"], reply["dimension"], reply["ntotal"], reply["count"]) == (name, D, 20, 20)
        stats = reply["stats"]
        assert (stats["index_id"], stats["dimension"]) == (name, D)
        assert (stats["vector_count"], stats["type"]) == (20, metric)


STATUS_EXTRAS = [
    ("L2", {}),
    ("HNSW24", {"hnsw_m": 24, "ef_search": 16, "ef_construction": 40}),
    ("IVF12", {"nlist": 12, "nprobe": 1}),
    ("PQ3x5", {"pq_m": 3, "pq_nbits": 5}),
    ("IVF7,PQ2x4", {"nlist": 7, "pq_m": 2, "pq_nbits": 4}),
    ("IDMap2:HNSW", {"hnsw_m": 32}),
]


@pytest.mark.parametrize(("index_type", "extras"), STATUS_EXTRAS, ids=[s[0] for s in STATUS_EXTRAS])
def test_status_and_info_tell_the_kind_and_what_serves_it(raw: Raw, index_type: str, extras: dict) -> None:
    name = filled(raw, "index", index_type)
    reply = raw.ok("get_index_status", index_id=name)
    status = reply["status"]
    assert reply["index_id"] == name and isinstance(reply["is_trained"], bool)
    assert (status["index_id"], status["dimension"], status["ntotal"]) == (name, D, 20)
    assert isinstance(status["index_type"], str) and isinstance(status["requires_training"], bool)
    assert status["is_ready_for_use"] is True
    assert "exact" in (status.get("served_by"), reply.get("served_by"))
    assert {k: status.get(k) for k in extras} == extras
    info = raw.ok("get_index_info", index_id=name)
    assert info["metrics"]["vectors_count"] == 20 and info["metrics"]["dimension"] == D
    assert info["metrics"]["byte_size_per_vector"] == 4 * D
    assert info["storage"]["estimated_memory_bytes"] >= 20 * D * 4
    assert isinstance(info["configuration"], dict) and isinstance(info["storage"]["persistent"], bool)
    assert info["status"]["status"]["ntotal"] == 20
    assert "/" not in str(info["storage"].get("storage_path") or ""), "the server's path is nobody's business"


CREATED = [
    ("L2", {"requires_training": False}),
    ("IVF9_IP", {"nlist": 9}),
    ("PQ2x6", {"M": 2, "nbits": 6}),
    ("HNSW20", {"M": 20, "efConstruction": 40, "efSearch": 16}),
    ("IDMap:L2", {"is_idmap": True}),
    ("IDMap2:L2", {"is_idmap2": True}),
    ("BINARY", {}),
]


@pytest.mark.parametrize(("index_type", "extras"), CREATED, ids=[c[0] for c in CREATED])
def test_create_echoes_what_was_made(raw: Raw, index_type: str, extras: dict) -> None:
    dimension = 16 if "BINARY" in index_type else D
    reply = raw.ok(
        "create_index", index_id="made", dimension=dimension, index_type=index_type, metadata={"a": 1}, unknown=[1]
    )
    assert (reply["index_id"], reply["dimension"]) == ("made", dimension)
    assert isinstance(reply["type"], str) and isinstance(reply["is_trained"], bool)
    assert {k: reply.get(k) for k in extras} == extras
    assert reply["metadata"] == {"a": 1}


def test_create_defaults_and_numeric_dimension(raw: Raw) -> None:
    raw.ok("create_index", index_id="plain", dimension=str(D))
    raw.ok("add_vectors", index_id="plain", vectors=VECTORS.tolist())
    distances, ids = rows(raw.ok("search", index_id="plain", query_vectors=QUERIES.tolist()))
    assert_nearest(Content.dense(VECTORS), QUERIES, 10, distances, ids)


def test_create_twice_is_refused_with_the_name(raw: Raw) -> None:
    filled(raw, "mine")
    assert raw.error("create_index", index_id="mine", dimension=D) == "Index mine already exists"
    assert raw.counts() == {"mine": 20}


@pytest.mark.parametrize("action", ["reset", "clear"])
@pytest.mark.parametrize("index_type", ["IP", "HNSW16", "IVF4", "PQ2x4", "IVF4_SQ0", "SQ8", "IDMap2:IP"])
def test_reset_keeps_kind_and_starts_again(raw: Raw, action: str, index_type: str) -> None:
    name = filled(raw, "index", index_type)
    kind = raw.ok("get_index_status", index_id=name)["status"]["index_type"]
    assert isinstance(raw.ok(action, index_id=name)["message"], str)
    status = raw.ok("get_index_status", index_id=name)["status"]
    assert (status["ntotal"], status["index_type"]) == (0, kind)
    (row,) = raw.ok("search", index_id=name, query_vectors=QUERIES[:1].tolist(), k=3)["results"]
    assert row["indices"] == [-1, -1, -1]
    raw.ok("add_vectors", index_id=name, vectors=VECTORS[:4].tolist())
    distances, ids = rows(raw.ok("search", index_id=name, query_vectors=QUERIES.tolist(), k=4))
    assert_nearest(Content.dense(VECTORS[:4], "IP" if "IP" in index_type else "L2"), QUERIES, 4, distances, ids)


def test_delete_frees_the_name_at_once(raw: Raw) -> None:
    for dimension in (3, 5, 3):
        raw.create("name", dimension)
        raw.ok("add_vectors", index_id="name", vectors=gaussian(2, dimension, 1).tolist())
        reply = raw.ok("delete_index", index_id="name")
        assert reply["index_id"] == "name" and isinstance(reply["message"], str)
        assert "name" in raw.error("search", index_id="name", query_vectors=[[0.0] * dimension])


def test_delete_of_a_base_leaves_its_map(raw: Raw) -> None:
    raw.create("base", D)
    raw.create("map", D, "IDMap:base")
    raw.ok("add_with_ids", index_id="map", vectors=VECTORS.tolist(), ids=list(range(20)))
    raw.ok("delete_index", index_id="base")
    distances, ids = rows(raw.ok("search", index_id="map", query_vectors=QUERIES.tolist(), k=5))
    assert_nearest(Content.dense(VECTORS), QUERIES, 5, distances, ids)


PARAMETERS = [
    ("IVF16", "nprobe", 5),
    ("HNSW16", "efSearch", 64),
    ("HNSW16", "efConstruction", 80),
    ("PQ2x4", "use_precomputed_table", 1),
    ("BINARY_IVF4", "nprobe", 2),
]


@pytest.mark.parametrize(("index_type", "parameter", "value"), PARAMETERS)
def test_parameter_set_and_read_back(raw: Raw, index_type: str, parameter: str, value: int) -> None:
    raw.create("index", 16, index_type)
    assert isinstance(raw.ok("set_parameter", index_id="index", parameter=parameter, value=value)["message"], str)
    if parameter != "use_precomputed_table":
        reply = raw.ok("get_parameter", index_id="index", parameter=parameter)
        assert (reply["param_name"], reply["param_value"]) == (parameter, value)
    for wrong in (0, -1, "many", 1.5, None, [1]):
        raw.error("set_parameter", index_id="index", parameter=parameter, value=wrong)
    raw.error("set_parameter", index_id="index", parameter="no-such-parameter", value=1)
    raw.error("get_parameter", index_id="index", parameter="no-such-parameter")
    raw.create("flat", 16)
    raw.error("set_parameter", index_id="flat", parameter=parameter, value=value)


def test_parameter_reads_size_and_training(raw: Raw) -> None:
    name = filled(raw)
    read = {p: raw.ok("get_parameter", index_id=name, parameter=p)["param_value"] for p in ("dimension", "ntotal")}
    assert read == {"dimension": D, "ntotal": 20}
    assert raw.ok("get_parameter", index_id=name, parameter="is_trained")["param_value"] in (True, 1)


def test_per_search_parameters_do_not_stick(raw: Raw) -> None:
    name = filled(raw, "index", "IVF16")
    for params in ({"nprobe": 7}, {"efSearch": 9, "ef": 3, "unknown": "x"}, {}):
        raw.ok("search", index_id=name, query_vectors=QUERIES.tolist(), k=2, params=params)
    assert raw.ok("get_parameter", index_id=name, parameter="nprobe")["param_value"] == 1


def test_add_vectors_counts_vectors_not_components(raw: Raw) -> None:
    raw.create("index", D)
    reply = raw.ok("add_vectors", index_id="index", vectors=VECTORS[:3].tolist())
    assert (reply["count"], reply["total"], reply["ntotal"]) == (3, 3, 3) and isinstance(reply["message"], str)
    reply = raw.ok("add_vectors", index_id="index", vectors=VECTORS[3].tolist())
    assert (reply["count"], reply["total"]) == (1, 4)
    reply = raw.ok("add_vectors", index_id="index", vectors=[[1, 2, 3, 4, 5, 6]])
    assert (reply["count"], reply["total"]) == (1, 5)
    assert same_bits(raw.vectors("index"), np.vstack([VECTORS[:4], [[1, 2, 3, 4, 5, 6]]]))


def test_bin_vectors_are_raw_little_endian_floats(raw: Raw) -> None:
    raw.create("index", D, "IVF2")
    raw.ok("train_index", index_id="index", training_vectors=floats(VECTORS))
    assert raw.ok("add_vectors", index_id="index", vectors=floats(VECTORS))["count"] == 20
    assert same_bits(raw.vectors("index"), VECTORS)
    distances, ids = rows(raw.ok("search", index_id="index", query_vectors=floats(QUERIES), k=4))
    assert_nearest(Content.dense(VECTORS), QUERIES, 4, distances, ids)
    raw.create("map", D, "IDMap2:L2")
    assert raw.ok("add_with_ids", index_id="map", vectors=floats(VECTORS[:2]), ids=[7, 5])["count"] == 2
    for wrong in (floats(VECTORS)[:-1], floats(VECTORS)[:-4], b"abc"):
        raw.error("add_vectors", index_id="index", vectors=wrong)
    for nothing in (b"", []):
        assert raw.ok("add_vectors", index_id="index", vectors=nothing)["count"] == 0
    assert raw.counts()["index"] == 20


def test_special_floats_keep_their_bits(raw: Raw) -> None:
    odd = np.array([[0.0, -0.0, 1e-45, -1e-40, 3.4028235e38, 1.1754944e-38]], dtype=np.float32)
    raw.create("index", D)
    raw.ok("add_vectors", index_id="index", vectors=odd.tolist())
    raw.ok("add_vectors", index_id="index", vectors=floats(odd))
    assert same_bits(raw.vectors("index"), np.vstack([odd, odd]))


def test_map_add_without_ids_gives_the_next_free(raw: Raw) -> None:
    for kind in ("IDMap", "IDMap2"):
        raw.create(kind, D, f"{kind}:L2")
        assert raw.ok("add_vectors", index_id=kind, vectors=VECTORS[:5].tolist())["total"] == 5
        raw.ok("add_vectors", index_id=kind, vectors=VECTORS[5:8].tolist())
        distances, ids = rows(raw.ok("search", index_id=kind, query_vectors=QUERIES.tolist(), k=8))
        assert_nearest(Content.dense(VECTORS[:8]), QUERIES, 8, distances, ids)


@pytest.mark.parametrize("action", ["add_with_ids", "batch_add_with_ids"])
def test_add_with_ids_replaces_known_ids_in_idmap2(raw: Raw, action: str) -> None:
    raw.create("map", D, "IDMap2:L2")
    more = {"batch_size": 7} if action.startswith("batch") else {}
    reply = raw.ok(action, index_id="map", vectors=VECTORS.tolist(), ids=list(range(20)), **more)
    assert (reply["count"], reply["total"]) == (20, 20)
    reply = raw.ok(action, index_id="map", vectors=(VECTORS[:3] + 1).tolist(), ids=[19, 2**62, 0], **more)
    assert reply["total"] == 21
    assert same_bits(np.array(raw.ok("reconstruct", index_id="map", id=0)["vector"]), VECTORS[2] + np.float32(1))
    if more:
        assert reply["ntotal"] == 21 and isinstance(reply["message"], str)


def test_remove_ids_counts_what_was_there(raw: Raw) -> None:
    name = filled(raw, "map", "IDMap:L2")
    reply = raw.ok("remove_ids", index_id=name, ids=[100, 101, 101, 5, 119])
    assert (reply["count"], reply["total"]) == (3, 17)
    reply = raw.ok("remove_ids", index_id=name, ids=[])
    assert (reply["count"], reply["total"]) == (0, 17)
    distances, ids = rows(raw.ok("search", index_id=name, query_vectors=QUERIES.tolist(), k=17))
    assert_nearest(Content.dense(VECTORS[2:19], first=102), QUERIES, 17, distances, ids)


def test_remove_ids_on_a_plain_index_is_refused(raw: Raw) -> None:
    name = filled(raw)
    raw.error("remove_ids", index_id=name, ids=[1])
    assert raw.counts() == {name: 20}


def test_replace_vector_changes_one(raw: Raw) -> None:
    name = filled(raw, "map", "IDMap2:L2")
    raw.ok("replace_vector", index_id=name, id=103, vector=[9.0] * D)
    assert raw.ok("reconstruct", index_id=name, id=103)["vector"] == [9.0] * D
    assert raw.counts()[name] == 20
    raw.error("replace_vector", index_id=name, id=999, vector=[9.0] * D)
    raw.error("replace_vector", index_id=name, id=103, vector=[9.0] * (D - 1))
    raw.error("reconstruct", index_id=name, id=999)


@pytest.mark.parametrize(("metric", "padding"), [("L2", 3.4028234663852886e38), ("IP", -3.4028234663852886e38)])
def test_search_reply_fields_and_padding(raw: Raw, metric: str, padding: float) -> None:
    name = filled(raw, "index", metric)
    reply = raw.ok("search", index_id=name, query_vectors=QUERIES.tolist(), k=25)
    assert (reply["num_queries"], reply["k"], reply["is_binary"]) == (3, 25, False)
    distances, ids = rows(reply)
    assert_nearest(Content.dense(VECTORS, metric), QUERIES, 25, distances, ids)
    assert all(row[20:] == [padding] * 5 for row in distances)


def test_ivf_pq_search_has_flat_arrays_at_the_top(raw: Raw) -> None:
    name = filled(raw, "index", "IVF2,PQ2x4")
    for k in (5, 30):
        reply = raw.ok("search", index_id=name, query_vectors=QUERIES.tolist(), k=k)
        assert_nearest(Content.dense(VECTORS), QUERIES, k, reply["distances"], reply["indices"])
        assert rows(reply) == (reply["distances"], reply["indices"])


def test_ties_come_in_order_of_position(raw: Raw) -> None:
    raw.create("index", 2)
    raw.ok("add_vectors", index_id="index", vectors=[[1, 0], [0, 1], [1, 0], [-1, 0], [0, -1]])
    (row,) = raw.ok("search", index_id="index", query_vectors=[[0.0, 0.0]], k=4)["results"]
    assert (row["distances"], row["indices"]) == ([1.0, 1.0, 1.0, 1.0], [0, 1, 2, 3])


def test_search_and_reconstruct_adds_vectors(raw: Raw) -> None:
    name = filled(raw, "map", "IDMap2:HNSW8")
    reply = raw.ok("search_and_reconstruct", index_id=name, query_vectors=QUERIES.tolist(), k=22)
    distances, ids = rows(reply)
    assert_nearest(Content.dense(VECTORS, first=100), QUERIES, 22, distances, ids)
    for row in reply["results"]:
        assert same_bits(np.array(row["vectors"])[:20], VECTORS[np.array(row["indices"][:20]) - 100])
        assert row["vectors"][20:] == [[0.0] * D] * 2


def test_hybrid_search_without_filter_is_search(raw: Raw) -> None:
    name = filled(raw)
    plain = raw.ok("search", index_id=name, query_vectors=QUERIES.tolist(), k=5)
    for fields in ({}, {"vector_weight": 0.9, "metadata_filter": None, "params": {"nprobe": 2}, "other": 1}):
        reply = raw.ok("hybrid_search", index_id=name, query_vectors=QUERIES.tolist(), k=5, **fields)
        assert reply["results"] == plain["results"]
    raw.error("hybrid_search", index_id=name, query_vectors=QUERIES.tolist(), k=5, metadata_filter={"a": 1})


@pytest.mark.parametrize("index_type", ["L2", "IP", "HNSW8", "IVF4", "PQ2x4", "SQ8", "IDMap:L2", "IVF2,PQ2x4"])
def test_range_search_has_rows_and_flat_arrays(raw: Raw, index_type: str) -> None:
    name = filled(raw, "index", index_type)
    content = Content.dense(VECTORS, "IP" if index_type == "IP" else "L2", 100 if "IDMap" in index_type else 0)
    radius = content.radius_for(QUERIES, 0.4)
    reply = raw.ok("range_search", index_id=name, query_vectors=QUERIES.tolist(), radius=radius)
    assert reply["num_queries"] == 3 and reply["radius"] == pytest.approx(radius)
    assert_within(content, QUERIES, radius, reply["lims"], reply["distances"], reply["indices"])
    for number, row in enumerate(reply["results"]):
        part = slice(reply["lims"][number], reply["lims"][number + 1])
        assert row["query_index"] == number
        assert row["count"] == row["num_results"] == len(row["indices"]) == part.stop - part.start
        assert row["indices"] == reply["indices"][part] and row["distances"] == reply["distances"][part]
        assert "lims" not in row


def test_range_search_is_strict(raw: Raw) -> None:
    raw.create("l2", 1)
    raw.create("ip", 1, "IP")
    for name in ("l2", "ip"):
        raw.ok("add_vectors", index_id=name, vectors=[[0], [1], [2], [3]])
    inside = raw.ok("range_search", index_id="l2", query_vectors=[[0.0]], radius=4.0)
    assert sorted(inside["indices"]) == [0, 1]
    inside = raw.ok("range_search", index_id="ip", query_vectors=[[1.0]], radius=2.0)
    assert inside["indices"] == [3]
    nothing = raw.ok("range_search", index_id="l2", query_vectors=[[0.0], [1.0]])
    assert nothing["lims"] == [0, 0, 0] and nothing["indices"] == []


def test_reconstruct_takes_id_then_idx_then_zero(raw: Raw) -> None:
    name = filled(raw)
    for fields, position in (({"id": 4}, 4), ({"idx": 5}, 5), ({"id": 6, "idx": 7}, 6), ({}, 0)):
        assert same_bits(np.array(raw.ok("reconstruct", index_id=name, **fields)["vector"]), VECTORS[position])
    for wrong in (20, -1, -(2**40), 2**62):
        raw.error("reconstruct", index_id=name, id=wrong)


def test_reconstruct_n_and_get_vectors_page(raw: Raw) -> None:
    for name in (filled(raw), filled(raw, "map", "IDMap:L2")):
        reply = raw.ok("reconstruct_n", index_id=name)
        assert (reply["start_idx"], reply["num_vectors"], len(reply["vectors"])) == (0, 10, 10)
        reply = raw.ok("reconstruct_n", index_id=name, start_idx=15, num_vectors=5)
        assert same_bits(np.array(reply["vectors"]), VECTORS[15:])
        for start, count in ((-1, 2), (0, 0), (0, -1), (15, 6), (20, 1), (2**40, 1)):
            raw.error("reconstruct_n", index_id=name, start_idx=start, num_vectors=count)
        reply = raw.ok("get_vectors", index_id=name, start_idx=4, limit=3)
        assert (reply["start_idx"], reply["count"], reply["ntotal"]) == (4, 3, 20)
        assert same_bits(np.array(reply["vectors"]), VECTORS[4:7])
        reply = raw.ok("get_vectors", index_id=name, start_idx=18, limit=None)
        assert same_bits(np.array(reply["vectors"]), VECTORS[18:])
    raw.create("empty", D)
    assert raw.ok("get_vectors", index_id="empty")["vectors"] == []


def test_clusters_cover_every_vector(raw: Raw) -> None:
    centres = gaussian(4, D, 9) * 50
    vectors = np.vstack([c + gaussian(25, D, i) for i, c in enumerate(centres)])
    for more in ({}, {"metric_type": "L2", "niter": 10}, {"metric_type": "INNER_PRODUCT"}, {"metric_type": "IP"}):
        reply = raw.ok("compute_clustering", vectors=vectors.tolist(), n_clusters=4, **more)
        assert (reply["n_clusters"], reply["dimension"]) == (4, D) and isinstance(reply["obj"], float)
        assert np.array(reply["centroids"]).shape == (4, D)
        assert np.bincount(reply["assignments"], minlength=4).tolist() == reply["cluster_sizes"]
        assert sum(reply["cluster_sizes"]) == 100
    reply = raw.ok("compute_clustering", vectors=vectors.tolist(), n_clusters=4, unknown="field")
    means = [vectors[np.array(reply["assignments"]) == i].mean(axis=0) for i in range(4)]
    assert_close(np.array(reply["centroids"]), means)
    raw.error("compute_clustering", vectors=vectors[:3].tolist(), n_clusters=4)
    raw.error("compute_clustering", vectors=vectors.tolist(), n_clusters=0)
    raw.error("compute_clustering", vectors=vectors.tolist(), n_clusters=4, metric_type="COSINE")


def test_unknown_extra_fields_are_ignored(raw: Raw) -> None:
    name = filled(raw)
    raw.ok("search", index_id=name, query_vectors=QUERIES.tolist(), k=1, tenant_id="whoever", extra={"x": [1, None]})
    raw.ok("optimize_index", index_id=name, extra=1)
