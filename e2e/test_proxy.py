"""faiss-proxy on the same port: dialect A (a map with `action`) and dialect B (framed), told apart by their bytes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgpack
import numpy as np
import pytest

from conftest import Fleet, sweep
from framed import Proxy, encode
from kith_server import Kith
from oracle import Content, gaussian
from raw import Raw

D = 8
VECTORS = gaussian(12, D, 1)
QUERY = gaussian(1, D, 2)
ENTRIES = [{"id": f"doc-{i}", "metadata": {"parity": i % 2, "name": f"n{i}"}} for i in range(12)]


@pytest.fixture
def proxy(server: Kith) -> Iterator[Proxy]:
    with Raw(server.endpoint) as raw:
        client = Proxy(raw)
        yield client
        for entry in listed(client):
            client.ok("delete_index", index_id=entry["index_id"])


def listed(proxy: Proxy) -> list[dict[str, Any]]:
    result = proxy.ok("list_indexes")
    return result["indexes"] if isinstance(result, dict) else result


def made(proxy: Proxy, **header: Any) -> str:
    result = proxy.ok("create_index", **{"name": "mine", "dimension": D, **header})
    assert len(result["index_id"]) == 36 and result["index_id"].count("-") == 4, "a UUID in text form"
    return result["index_id"]


def filled(proxy: Proxy) -> str:
    index = made(proxy)
    result = proxy.ok("add_vectors", VECTORS, ENTRIES, index_id=index, vector_shape=[12, D])
    assert (result["success"], result["added_count"], result["failed_count"]) == (True, 12, 0)
    return index


def search(proxy: Proxy, index: str, k: int = 10, only: Any = None, query: np.ndarray = QUERY) -> list[dict]:
    return proxy.ok("search", query, only, index_id=index, k=k, dimension=D)


def expected(rows: list[int], vectors: np.ndarray, k: int) -> list[tuple[str, float]]:
    distances, order = Content.dense(vectors[rows]).nearest(QUERY, k)
    return [(f"doc-{rows[i]}", 1 / (1 + d)) for i, d in zip(order[0], distances[0], strict=True)]


def check(found: list[dict], wanted: list[tuple[str, float]]) -> None:
    assert [f["id"] for f in found] == [w[0] for w in wanted]
    np.testing.assert_allclose([f["score"] for f in found], [w[1] for w in wanted], rtol=1e-5)
    assert all(f["metadata"] == ENTRIES[int(f["id"].split("-")[1])]["metadata"] for f in found)


def test_framed_search_scores_best_first(proxy: Proxy) -> None:
    index = filled(proxy)
    for k in (1, 5, 12):
        check(search(proxy, index, k), expected(list(range(12)), VECTORS, k))
    assert len(search(proxy, index, 50)) == 12
    assert len(proxy.ok("search", QUERY, index_id=index, dimension=D)) == 10
    assert search(proxy, made(proxy, name="empty")) == []


def test_framed_filter_comes_before_k(proxy: Proxy) -> None:
    index = filled(proxy)
    odd = [i for i in range(12) if i % 2]
    check(search(proxy, index, 6, {"parity": 1}), expected(odd, VECTORS, 6))
    check(search(proxy, index, 3, {"parity": 1, "name": "n5"}), expected([5], VECTORS, 1))
    assert search(proxy, index, 3, {"parity": 7}) == []
    assert search(proxy, index, 3, {"absent": 1}) == []


def test_framed_delete_really_removes(proxy: Proxy) -> None:
    index = filled(proxy)
    assert proxy.ok("delete_vector", index_id=index, vector_id="doc-3") == {"deleted": True}
    rest = [i for i in range(12) if i != 3]
    check(search(proxy, index, 12), expected(rest, VECTORS, 11))
    assert proxy.ok("get_index_info", index_id=index)["vector_count"] == 11
    assert proxy.error("delete_vector", index_id=index, vector_id="doc-3")["error_type"] == "not_found_error"
    assert proxy.error("delete_vector", index_id=index, vector_id="other")["error_type"] == "not_found_error"


def test_framed_known_id_is_replaced(proxy: Proxy) -> None:
    index = filled(proxy)
    fresh = gaussian(1, D, 9)
    proxy.ok("add_vectors", fresh, [{"id": "doc-4", "metadata": {"new": True}}], index_id=index, vector_shape=[1, D])
    (best,) = search(proxy, index, 1, query=fresh)
    assert (best["id"], best["metadata"]) == ("doc-4", {"new": True}) and best["score"] == pytest.approx(1)
    assert proxy.ok("get_index_info", index_id=index)["vector_count"] == 12


def test_framed_rows_that_fail_are_counted(proxy: Proxy) -> None:
    index = made(proxy)
    entries = [ENTRIES[0], {"metadata": {"no": "id"}}, {"id": "", "metadata": {}}, ENTRIES[3]]
    result = proxy.ok("add_vectors", VECTORS[:4], entries, index_id=index, vector_shape=[4, D])
    assert (result["added_count"], result["failed_count"]) == (2, 2)
    result = proxy.ok("add_vectors", VECTORS[:2, :5], ENTRIES[:2], index_id=index, vector_shape=[2, 5])
    assert (result["added_count"], result["failed_count"]) == (0, 2)
    result = proxy.ok("add_vectors", VECTORS[:4], ENTRIES[:3], index_id=index, vector_shape=[4, D])
    assert (result["added_count"], result["failed_count"]) == (3, 1), "a row without an entry has no id"
    assert {f["id"] for f in search(proxy, index)} == {"doc-0", "doc-1", "doc-2", "doc-3"}


def test_framed_info_stats_and_list_agree(proxy: Proxy) -> None:
    index = filled(proxy)
    info = proxy.ok("get_index_info", index_id=index)
    assert (info["id"], info["name"], info["dimension"], info["vector_count"]) == (index, "mine", D, 12)
    assert info["index_type"] == "IndexFlatL2" and isinstance(info["tenant_id"], str)
    stats = proxy.ok("get_index_stats", index_id=index)
    assert stats.get("stats", stats)["vector_count"] == 12 and stats.get("stats", stats)["dimension"] == D
    (entry,) = listed(proxy)
    assert (entry["index_id"], entry["dimension"], entry["vector_count"]) == (index, D, 12)
    assert made(proxy) != index, "two indexes may have one name"
    assert proxy.call("ping").ok


def test_framed_deleted_index_is_gone(proxy: Proxy) -> None:
    index = filled(proxy)
    assert proxy.ok("delete_index", index_id=index) == {"deleted": True}
    for operation in ("get_index_info", "delete_index", "get_index_stats"):
        assert proxy.error(operation, index_id=index)["error_type"] == "not_found_error"
    assert proxy.error("search", QUERY, index_id=index, k=1, dimension=D)["error_type"] == "not_found_error"


def test_framed_request_id_is_echoed(proxy: Proxy) -> None:
    for length in range(1, 257):
        assert proxy.call("ping", request_id="r" * length).header["request_id"] == "r" * length
    framed = proxy.call("get_index_info", index_id="none", request_id="trace")
    assert framed.header["status"] == "error" and framed.header["request_id"] == "trace"


def test_framed_reply_of_every_size_is_readable(proxy: Proxy) -> None:
    """Sizes whose msgpack form holds the byte 0xC0 trap the first decoder: 192, 448, 704, 0xC000 to 0xC0FF, …"""
    index = made(proxy)
    for length in [*range(1, 1100), *range(0xBFA0, 0xC120, 3)]:
        entry = {"id": "only", "metadata": {"text": "x" * length}}
        proxy.ok("add_vectors", VECTORS[:1], [entry], index_id=index, vector_shape=[1, D])
        (found,) = search(proxy, index, 1)
        assert found["metadata"] == entry["metadata"]


BROKEN: dict[str, bytes] = {
    "no operation": encode({"name": "x"}),
    "unknown operation": encode({"operation": "explode"}),
    "operation of another type": encode({"operation": 5}),
    "header that is no map": msgpack.packb({"header_size": 1, "vector_size": 0, "metadata_size": 0}) + b"\x05",
    "header cut": encode({"operation": "ping"})[:-2],
    "too long": encode({"operation": "ping"}) + b"more",
    "size negative": msgpack.packb({"header_size": -1, "vector_size": 0, "metadata_size": 0}),
    "size huge": msgpack.packb({"header_size": 2**62, "vector_size": 2**62, "metadata_size": 2**62}),
    "sizes that overflow": msgpack.packb({"header_size": 2**63 - 1, "vector_size": 2**63 - 1, "metadata_size": 2}),
    "size no number": msgpack.packb({"header_size": "ten", "vector_size": 0, "metadata_size": 0}),
    "size missing": msgpack.packb({"header_size": 4}) + b"abcd",
    "no header": msgpack.packb({"header_size": 0, "vector_size": 0, "metadata_size": 0}),
}


@pytest.mark.parametrize("name", BROKEN)
def test_framed_broken_message_gets_an_error(proxy: Proxy, name: str) -> None:
    framed = proxy.send(BROKEN[name])
    assert framed.header["status"] == "error" and framed.header["error_type"] and framed.header["message"]
    proxy.raw.ping()


@pytest.mark.parametrize(
    "tail", [b"\xc1", b"\xdd\xff\xff\xff\xff", b"\x91" * 100_000 + b"\xc0", b"\x81\xa1a" * 100_000]
)
def test_framed_broken_metadata_changes_nothing(proxy: Proxy, tail: bytes) -> None:
    index = filled(proxy)
    for header, vectors in (
        ({"operation": "add_vectors", "vector_shape": [12, D]}, VECTORS + 1),
        ({"operation": "search", "k": 2, "dimension": D}, QUERY),
    ):
        head, body = msgpack.packb({**header, "index_id": index}), vectors.tobytes()
        sizes = {"header_size": len(head), "vector_size": len(body), "metadata_size": len(tail)}
        framed = proxy.send(msgpack.packb(sizes) + head + body + tail)
        assert framed.header["status"] == "error" and framed.header["message"]
    check(search(proxy, index, 12), expected(list(range(12)), VECTORS, 12))


def test_framed_wrong_fields_change_nothing(proxy: Proxy) -> None:
    index = filled(proxy)
    for fields in (
        {"dimension": 0},
        {"dimension": 10_001},
        {"dimension": "x"},
        {"index_type": "Nonsense"},
        {"name": 5},
    ):
        proxy.error("create_index", **{"name": "new", "dimension": D, **fields})
    for fields in ({"k": 0}, {"k": -3}, {"k": 10_001}, {"k": "5"}, {"index_id": 7}, {"index_id": None}):
        proxy.error("search", QUERY, **{"index_id": index, "k": 1, "dimension": D, **fields})
    proxy.error("search", QUERY[:, :5], index_id=index, k=1, dimension=5)
    proxy.error("search", QUERY, "no map", index_id=index, k=1, dimension=D)
    for shape in ([12, 9], [13, D], [-12, -8], [12], "12", [2**40, 2**40], [12.5, 8]):
        proxy.error("add_vectors", VECTORS, ENTRIES, index_id=index, vector_shape=shape)
    for entries in ("no array", {"id": "x"}, [1] * 12, None):
        framed = proxy.call("add_vectors", VECTORS, entries, index_id=index, vector_shape=[12, D])
        assert not framed.ok or (framed.result["added_count"], framed.result["failed_count"]) == (0, 12)
    assert proxy.ok("get_index_info", index_id=index)["vector_count"] == 12
    assert [entry["index_id"] for entry in listed(proxy)] == [index]


def test_framed_nan_is_not_stored(proxy: Proxy) -> None:
    index = filled(proxy)
    odd = VECTORS.copy()
    odd[5, 0] = np.nan
    framed = proxy.call("add_vectors", odd, ENTRIES, index_id=index, vector_shape=[12, D])
    if framed.ok:
        assert framed.result["failed_count"] >= 1
    check(search(proxy, index, 12), expected(list(range(12)), VECTORS, 12))


def test_framed_auth_follows_the_key(fleet: Fleet) -> None:
    kith = fleet.server("memory", secured=True)
    with Raw(kith.endpoint) as raw:
        for header in ({}, {"api_key": "wrong"}, {"api_key": ""}, {"api_key": 5}):
            error = Proxy(raw, **header).error("list_indexes")
            assert error["error_type"] == "authentication_error"
        assert Proxy(raw, api_key="wrong").error("list_indexes")["message"] == "Invalid API key"
        error = Proxy(raw, api_key="key-of-one", tenant_id="two").error("list_indexes")
        assert "does not have access" in error["message"]
        mine, other = Proxy(raw, api_key="key-of-one", tenant_id="one"), Proxy(raw, api_key="key-of-two")
        index = filled(mine)
        assert listed(other) == []
        unknown = "0" * 8 + index[8:]
        for operation in ("get_index_info", "get_index_stats", "delete_index"):
            errors = [other.error(operation, index_id=name) for name in (index, unknown)]
            assert str(errors[0]).replace(index, "*") == str(errors[1]).replace(unknown, "*")
        assert mine.ok("get_index_info", index_id=index)["vector_count"] == 12
        mine.ok("delete_index", index_id=index)
    sweep(kith, "key-of-one")


def test_framed_indexes_survive_a_kill(launch: Callable[..., Kith], tmp_path: Path) -> None:
    kith = launch(data=tmp_path / "data")
    with Raw(kith.endpoint) as raw:
        proxy = Proxy(raw)
        index = filled(proxy)
        proxy.ok("delete_vector", index_id=index, vector_id="doc-0")
        kith.kill()
        kith.restart_same_ports()
        check(search(proxy, index, 12), expected(list(range(1, 12)), VECTORS, 11))
        check(search(proxy, index, 3, {"parity": 0}), expected([2, 4, 6, 8, 10], VECTORS, 3))


def test_action_dialect_is_served_as_it_was(raw: Raw) -> None:
    reply = raw.ok("ping")
    assert reply["message"] == "pong" and "time" in reply
    reply = raw.ok("create_index", index_id="a", dimension=D, index_type="IP")
    assert (reply["index_id"], reply["dimension"]) == ("a", D) and "type" in reply
    reply = raw.ok("add_vectors", index_id="a", vectors=VECTORS.tolist())
    assert (reply["count"], reply["total"]) == (12, 12)
    assert len(raw.ok("search", index_id="a", query_vectors=QUERY.tolist())["results"][0]["indices"]) == 10
    assert raw.ok("get_index_stats", index_id="a")["stats"]["type"] == "IP"
    assert raw.ok("list_indexes")["indexes"][0]["vector_count"] == 12
