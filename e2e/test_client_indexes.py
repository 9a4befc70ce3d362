"""The published client, unchanged: every remote index class, in memory and on disk, with and without keys."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from types import ModuleType

import faiss
import faissx.client.client as client_module
import numpy as np
import pytest

from conftest import Fleet, sweep
from kinds import CLASSES, DIMENSION, FACTORY, FIRST, SECOND, Kind, Live, remote
from kith_server import Kith
from oracle import IP, L2, Content, assert_close, assert_nearest, gaussian
from raw import Raw, same_bits

MODES = [("memory", None), ("memory", "key-of-one"), ("disk", None), ("disk", "key-of-one")]


@dataclass
class Site:
    """The client, and a raw client beside it that sees what the server really has."""

    kith: Kith
    fx: ModuleType
    raw: Raw


@pytest.fixture(params=MODES, ids=lambda mode: f"{mode[0]}-{'keys' if mode[1] else 'open'}")
def site(request: pytest.FixtureRequest, fleet: Fleet) -> Iterator[Site]:
    store, key = request.param
    kith = fleet.server(store, secured=key is not None)
    with remote(kith, key) as fx, Raw(kith.endpoint, key) as raw:
        yield Site(kith, fx, raw)
    sweep(kith, key)


@pytest.fixture
def plain(fleet: Fleet) -> Iterator[Site]:
    """One mode only, for what the store and the keys cannot change."""
    kith = fleet.server("memory", secured=False)
    with remote(kith) as fx, Raw(kith.endpoint) as raw:
        yield Site(kith, fx, raw)
    sweep(kith, None)


@pytest.mark.parametrize("metric", [L2, IP])
def test_oracle_any_metric_agrees_with_faiss(metric: str) -> None:
    vectors, queries = gaussian(500, DIMENSION, 1), gaussian(20, DIMENSION, 2)
    index = faiss.IndexFlat(DIMENSION, faiss.METRIC_INNER_PRODUCT if metric == IP else faiss.METRIC_L2)
    index.add(vectors)
    assert_nearest(Content.dense(vectors, metric), queries, 10, *index.search(queries, 10))
    radius = Content.dense(vectors, metric).radius_for(queries)
    lims, _, ids = index.range_search(queries, radius)
    inside = [set(Content.dense(vectors, metric).within(q, radius)) for q in queries]
    assert inside == [set(ids[lims[i] : lims[i + 1]].tolist()) for i in range(len(queries))]


@pytest.mark.parametrize("kind", CLASSES, ids=lambda kind: kind.name)
def test_class_add_search_range_equals_exact(site: Site, kind: Kind) -> None:
    live = Live(kind, site.fx)
    live.add("first", FIRST)
    live.check(site.raw.counts())
    live.add("second", SECOND)
    live.check(site.raw.counts())


@pytest.mark.parametrize("kind", FACTORY, ids=lambda kind: kind.name)
def test_factory_string_equals_exact(plain: Site, kind: Kind) -> None:
    live = Live(kind, plain.fx)
    live.add("first", FIRST)
    live.check(plain.raw.counts())


@pytest.mark.parametrize("kind", [k for k in CLASSES if k.resettable], ids=lambda kind: kind.name)
def test_reset_forgets_and_takes_new_vectors(site: Site, kind: Kind) -> None:
    live = Live(kind, site.fx)
    live.add("first", FIRST)
    live.reset()
    assert live.index.ntotal == 0 == site.raw.counts()[live.index.index_id]
    _, ids = live.index.search(gaussian(3, DIMENSION, 3), 4)
    assert (np.asarray(ids) == -1).all()
    live.add("after the reset", SECOND)
    live.check(site.raw.counts())


@pytest.mark.parametrize("kind", CLASSES, ids=lambda kind: kind.name)
def test_reconstruct_from_server_gives_every_bit(plain: Site, kind: Kind) -> None:
    live = Live(kind, plain.fx)
    live.add("first", FIRST)
    index = live.index
    # What the client kept for itself would hide the server's answer.
    for cache in ("_cached_vectors", "_vectors_by_id"):
        if hasattr(index, cache):
            setattr(index, cache, None if cache == "_cached_vectors" else {})
    for position in (0, 1, FIRST // 2, FIRST - 1):
        wanted = live.content.vectors[position]
        identity = int(live.content.ids[position])
        if hasattr(index, "reconstruct"):
            assert same_bits(index.reconstruct(identity), wanted)
        reply = plain.raw.ok("reconstruct", index_id=index.index_id, id=identity)
        assert same_bits(np.array(reply["vector"]), wanted)
    if hasattr(index, "reconstruct_n") and not kind.ids:
        assert same_bits(index.reconstruct_n(3, 50), live.content.vectors[3:53])
    # Positions of a map are the ranks of its ids.
    order = np.argsort(live.content.ids)
    assert same_bits(plain.raw.vectors(index.index_id), live.content.vectors[order])


@pytest.mark.parametrize("wrapper", ["IndexIDMap", "IndexIDMap2"])
def test_id_map_removals_leave_other_ids(site: Site, wrapper: str) -> None:
    index = getattr(site.fx, wrapper)(site.fx.IndexFlatL2(DIMENSION))
    vectors, ids = gaussian(60, DIMENSION, 5), np.arange(60, dtype=np.int64) * 1000 + 7
    index.add_with_ids(vectors, ids)
    index.remove_ids(np.concatenate([ids[10:20], [999_999]]))
    assert index.ntotal == 50 == site.raw.counts()[index.index_id]
    keep = np.r_[0:10, 20:60]
    left = Content(ids[keep], vectors[keep])
    assert_nearest(left, vectors[5:25], 8, *index.search(vectors[5:25], 8))
    with pytest.raises((RuntimeError, ValueError)):
        index.reconstruct(int(ids[12]))
    index._vectors_by_id = {}
    assert same_bits(index.reconstruct(int(ids[20])), vectors[20])
    index.add_with_ids(vectors[10:12], ids[10:12])
    assert site.raw.counts()[index.index_id] == 52


def test_id_map2_known_id_is_replaced(site: Site) -> None:
    index = site.fx.IndexIDMap2(site.fx.IndexFlatL2(DIMENSION))
    vectors, ids = gaussian(40, DIMENSION, 6), np.arange(40, dtype=np.int64) + 100
    index.add_with_ids(vectors, ids)
    vectors[5:9] = gaussian(4, DIMENSION, 7)
    index.add_with_ids(vectors[5:9], ids[5:9])
    vectors[20] = gaussian(1, DIMENSION, 8)[0]
    index.replace_vector(int(ids[20]), vectors[20])
    assert index.ntotal == 40 == site.raw.counts()[index.index_id]
    found = Content(ids, vectors)
    assert_nearest(found, gaussian(9, DIMENSION, 9), 40, *index.search(gaussian(9, DIMENSION, 9), 40))
    index._vectors_by_id = {}
    assert same_bits(index.reconstruct(int(ids[6])), vectors[6])
    assert same_bits(index.reconstruct(int(ids[20])), vectors[20])


def test_id_map2_replace_of_unknown_id_is_refused(plain: Site) -> None:
    index = plain.fx.IndexIDMap2(plain.fx.IndexFlatL2(DIMENSION))
    index.add_with_ids(gaussian(3, DIMENSION, 6), np.arange(3))
    with pytest.raises(RuntimeError):
        index.replace_vector(77, gaussian(1, DIMENSION, 7)[0])
    assert plain.raw.counts()[index.index_id] == 3


def test_id_map_add_numbers_by_itself(plain: Site) -> None:
    index = plain.fx.IndexIDMap(plain.fx.IndexFlatL2(DIMENSION))
    vectors = gaussian(30, DIMENSION, 10)
    index.add(vectors[:20])
    index.add(vectors[20:])
    assert_nearest(Content.dense(vectors), vectors, 3, *index.search(vectors, 3))


def test_two_maps_over_one_base_are_separate(plain: Site) -> None:
    base = plain.fx.IndexFlatL2(DIMENSION)
    left, right = plain.fx.IndexIDMap(base), plain.fx.IndexIDMap2(base)
    vectors = gaussian(20, DIMENSION, 11)
    left.add_with_ids(vectors[:10], np.arange(10))
    right.add_with_ids(vectors[10:], np.arange(10))
    assert_nearest(Content.dense(vectors[:10]), vectors, 10, *left.search(vectors, 10))
    assert_nearest(Content.dense(vectors[10:]), vectors, 10, *right.search(vectors, 10))


def test_nprobe_setting_changes_no_answer(plain: Site) -> None:
    for kind in [k for k in CLASSES if k.name in ("IVFFlat L2", "IVFSQ", "IVFPQ")]:
        live = Live(kind, plain.fx)
        live.add("first", FIRST)
        for nprobe in (4, 1, 2):
            live.index.set_nprobe(nprobe)
            live.check_searches()


def test_flat_ten_thousand_at_once_within_default_timeout(site: Site) -> None:
    index = site.fx.IndexFlatL2(DIMENSION)
    vectors = gaussian(10_000, DIMENSION, 12)
    index.add(vectors)
    distances, ids = index.search(vectors, 1)
    assert (ids[:, 0] == np.arange(10_000)).all() and np.allclose(distances, 0, atol=1e-4)
    index.add(vectors[:7_000])
    assert index.ntotal == 17_000 == site.raw.counts()[index.index_id]


def test_hnsw_ten_thousand_in_one_add_within_default_timeout(site: Site) -> None:
    index = site.fx.IndexHNSWFlat(64, 32)
    vectors = gaussian(10_000, 64, 13)
    index.add(vectors)
    assert index.ntotal == 10_000
    assert_nearest(Content.dense(vectors), vectors[:3], 2, *index.search(vectors[:3], 2))


def test_merge_function_joins_flat_indexes(site: Site) -> None:
    from faissx.client.indices import merge_indices

    vectors = gaussian(90, DIMENSION, 14)
    parts = [site.fx.IndexFlatL2(DIMENSION) for _ in range(3)]
    for part, rows in zip(parts, np.split(vectors, 3), strict=True):
        part.add(rows)
    merged = merge_indices(parts)
    assert merged.ntotal == 90 == site.raw.counts()[merged.index_id]
    assert_nearest(Content.dense(vectors), vectors, 5, *merged.search(vectors, 5))
    assert [site.raw.counts()[part.index_id] for part in parts] == [30, 30, 30]


@pytest.mark.parametrize("output", ["HNSW16", "IVF4,Flat", "IVF1,PQ4x4", "PQ4x4", "SQ8"])
def test_merge_function_into_another_kind(plain: Site, output: str) -> None:
    from faissx.client.indices import merge_indices

    vectors = gaussian(80, DIMENSION, 15)
    parts = [plain.fx.IndexFlatL2(DIMENSION) for _ in range(2)]
    for part, rows in zip(parts, np.split(vectors, 2), strict=True):
        part.add(rows)
    merged = merge_indices(parts, output_type=output)
    assert merged.ntotal == 80 == plain.raw.counts()[merged.index_id]
    assert_nearest(Content.dense(vectors), vectors[:9], 5, *merged.search(vectors[:9], 5))


def test_merge_function_keeps_ids_of_maps(plain: Site) -> None:
    from faissx.client.indices import merge_indices

    vectors, ids = gaussian(40, DIMENSION, 16), np.arange(40, dtype=np.int64) * 10 + 3
    maps = [plain.fx.IndexIDMap2(plain.fx.IndexFlatL2(DIMENSION)) for _ in range(2)]
    for index, rows in zip(maps, (slice(0, 25), slice(25, 40)), strict=True):
        index.add_with_ids(vectors[rows], ids[rows])
    merged = merge_indices(maps)
    assert merged.ntotal == 40 == plain.raw.counts()[merged.index_id]
    assert_nearest(Content(ids, vectors), vectors, 4, *merged.search(vectors, 4))


@pytest.mark.parametrize("method", ["sequential", "cluster", "custom"])
def test_split_function_shares_out_every_vector(plain: Site, method: str) -> None:
    from faissx.client.indices import split_index

    index = plain.fx.IndexFlatL2(DIMENSION)
    vectors = gaussian(120, DIMENSION, 17)
    index.add(vectors)
    custom = (lambda rows: [i % 3 for i in range(len(rows))]) if method == "custom" else None
    parts = split_index(index, 3, split_method=method, custom_split_fn=custom)
    stored = np.vstack([plain.raw.vectors(part.index_id) for part in parts])
    assert sorted(map(bytes, stored)) == sorted(map(bytes, vectors))
    assert sum(part.ntotal for part in parts) == 120


def test_split_function_preserves_ids_of_a_map(plain: Site) -> None:
    from faissx.client.indices import split_index

    index = plain.fx.IndexIDMap2(plain.fx.IndexFlatL2(DIMENSION))
    vectors, ids = gaussian(30, DIMENSION, 18), np.arange(30, dtype=np.int64) + 500
    index.add_with_ids(vectors, ids)
    parts = split_index(index, 2)
    for part, rows in zip(parts, (slice(0, 15), slice(15, 30)), strict=True):
        assert_nearest(Content(ids[rows], vectors[rows]), vectors, 3, *part.search(vectors, 3))


@pytest.mark.parametrize("count", [0, 1, 350])
def test_write_index_of_flat_is_read_by_faiss(plain: Site, tmp_path, count: int) -> None:
    index = plain.fx.IndexFlatL2(DIMENSION)
    vectors = gaussian(count, DIMENSION, 19)
    if count:
        index.add(vectors)
    plain.fx.write_index(index, str(tmp_path / "flat.index"))
    copy = faiss.read_index(str(tmp_path / "flat.index"))
    assert copy.ntotal == count and copy.d == DIMENSION
    assert same_bits(copy.reconstruct_n(0, count) if count else vectors, vectors)


@pytest.mark.parametrize("index_type", ["L2", "IP", "HNSW16_IP", "IVF4", "IVF4,PQ4x4", "PQ4x4", "IVF4_SQ0", "SQ8"])
def test_client_methods_any_type_work(site: Site, index_type: str) -> None:
    client = client_module.get_client()
    metric = IP if index_type.endswith("IP") else L2
    vectors, queries = gaussian(250, DIMENSION, 20), gaussian(30, DIMENSION, 21)
    content = Content.dense(vectors, metric)
    assert client.create_index("mine", DIMENSION, index_type)["index_id"] == "mine"
    assert client.train_index("mine", vectors)["success"]
    assert client.add_vectors("mine", vectors[:50])["count"] == 50
    assert client.batch_add_vectors("mine", vectors[50:], batch_size=60) == {
        "success": True, "count": 200, "total": 250,
    }  # fmt: skip
    for results in (
        client.search("mine", queries, 6, params={"nprobe": 2})["results"],
        client.batch_search("mine", queries, 6, batch_size=7)["results"],
        client.search_and_reconstruct("mine", queries, 6)["results"],
    ):
        assert_nearest(content, queries, 6, [r["distances"] for r in results], [r["indices"] for r in results])
        if "vectors" in results[0]:
            for result in results:
                assert same_bits(np.array(result["vectors"]), vectors[result["indices"]])
    radius = content.radius_for(queries)
    for results in (
        client.range_search("mine", queries, radius)["results"],
        client.batch_range_search("mine", queries, radius, batch_size=11)["results"],
    ):
        for query, result in zip(queries, results, strict=True):
            wanted = content.within(query, radius)
            assert set(result["indices"]) == set(wanted)
            assert_close(result["distances"], [wanted[i] for i in result["indices"]])
    assert same_bits(np.array(client.reconstruct("mine", 249)["vector"]), vectors[249])
    assert same_bits(np.array(client.reconstruct_n("mine", 100, 100)["vectors"]), vectors[100:200])
    assert [e["index_id"] for e in client.list_indexes()["indexes"]] == ["mine"]
    assert client.get_index_stats("mine")["ntotal"] == 250
    client.create_index("sum", DIMENSION, index_type)
    assert client.merge_indices("sum", ["mine", "mine"])["ntotal"] == 500
    client.delete_index("mine")
    client.delete_index("sum")
    assert client.list_indexes()["indexes"] == []


def test_client_environment_alone_configures(monkeypatch: pytest.MonkeyPatch, fleet: Fleet) -> None:
    kith = fleet.server("memory", secured=True)
    monkeypatch.setenv("FAISSX_SERVER", kith.endpoint)
    monkeypatch.setenv("FAISSX_API_KEY", "key-of-two")
    monkeypatch.setenv("FAISSX_TENANT_ID", "two")
    client = client_module.FaissXClient()
    client.configure()
    assert client.mode == "remote"
    assert client.create_index("by-environment", 3)["success"]
    client.disconnect()
    sweep(kith, "key-of-two")


def test_client_after_a_server_error_connects_again(plain: Site) -> None:
    index = plain.fx.IndexFlatL2(DIMENSION)
    vectors = gaussian(10, DIMENSION, 22)
    index.add(vectors)
    with pytest.raises(RuntimeError, match="Index no-such-index does not exist"):
        client_module.get_client().search("no-such-index", vectors, 1)
    assert_nearest(Content.dense(vectors), vectors, 2, *index.search(vectors, 2))
