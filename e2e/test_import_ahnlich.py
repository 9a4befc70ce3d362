"""./kith import ahnlich against the packaged server: what the original's snapshots hold is found by the language."""

from __future__ import annotations

import json
import struct
from collections.abc import Iterator
from pathlib import Path

import betterproto
import pytest
from ahnlich_client_py.grpc.db import query

from ahnlich import Client, not_among
from kith_server import Kith
from shell import import_ahnlich, json_of, kith

SNAPSHOTS = Path(__file__).resolve().parent / "snapshots"
HNSW = {"Hnsw": {"distance_algorithm": "CosineSimilarity", "ef_construction": 150, "top_most_layer": 0,
    "maximum_connections": 24, "maximum_connections_zero": 48, "inv_log_m": 0.31, "graph": {"0": [1]},
    "nodes": {"1": {"id": 1, "value": [0.5, 0.25], "neighbours": {"0": []}, "back_links": []}}, "enter_point": [1],
    "keep_pruned_connections": True, "extend_candidates": False}}
KDTREE = {"KDTree": {"root": {"point": [0.5, 0.25], "left": None, "right": None}, "dimension": 2, "depth": 1}}


def f32(number: float) -> float:
    """As the original writes it: the nearest 32-bit number with all the digits of a 64-bit one."""
    return struct.unpack("f", struct.pack("f", number))[0]


def store(entries: dict[str, list], dimension: int = 2) -> dict:
    return {"dimension": dimension, "id_to_value": entries,
        "predicate_indices": {"inner": {"author": {"str:dickens": [1]}}, "allowed_predicates": ["author"]},
        "non_linear_indices": {"algorithm_to_index": {"Hnsw": HNSW, "KdTree": KDTREE}},
        "cached_len": len(entries), "cached_size_bytes": 1264, "size_dirty": False}


BOOKS = store({
    "11596182387809500963": [[0.5, f32(0.1)], {"value": {"author": "str:dickens", "cover": "img:<~87cURD]i,\"Ebo80~>"}}],
    "15178017180037765037": [[-1.0, 0.25], {"value": {"author": "str:hugo", "voice": "aud:<~z~>"}}],
})
FORMS = {
    "version 2": {"db_version": "2", "stores": {"public": {"books": BOOKS}}},
    "version 1": {"db_version": "1", "stores": {"books": BOOKS}},
    "nested": {"public": {"books": BOOKS}},
    "flat": {"books": BOOKS},
}


@pytest.fixture
def server(fleet) -> Iterator[Kith]:
    """A shared server, whose stores are dropped afterwards."""
    server = fleet.server("memory", secured=False)
    yield server
    with Client(server.ports["ahnlich-db"]) as client:
        for schema in ("public", "art"):
            for store in client.call("list_stores", query.ListStores(schema=schema)).stores:
                client.call("drop_store", query.DropStore(store=store.name, schema=schema))


def write(folder: Path, snapshot: object) -> Path:
    file = folder / "snapshot.json"
    file.write_text(json.dumps(snapshot))
    return file


@pytest.mark.parametrize("form", FORMS)
def test_every_layout_brings_entries_and_indexes(server: Kith, tmp_path: Path, form: str) -> None:
    ended = import_ahnlich(server, write(tmp_path, FORMS[form]))
    assert ended.status == 0, ended
    assert ended.out == "public/books: 2 inserted, 0 updated\n"
    info, page, near = json_of(
        server, "GETSTORE books; LISTSTOREENTRIES books; GETSIMN 2 WITH [0.5, 0.1] USING hnsw IN books")
    assert (info["len"], info["dimension"], info["predicate_indices"]) == (2, 2, ["author"])
    hnsw = {"index": "hnsw", "distance": "Cosine", "ef_construction": 150, "maximum_connections": 24,
        "maximum_connections_zero": 48, "extend_candidates": False, "keep_pruned_connections": True}
    assert sorted(info["non_linear_indices"], key=lambda index: index["index"]) == [hnsw, {"index": "kdtree"}]
    dickens = {"key": [0.5, 0.1], "value": {"author": "dickens", "cover": {"image": "SGVsbG8gV29ybGQh"}}}
    hugo = {"key": [-1.0, 0.25], "value": {"author": "hugo", "voice": {"audio": "AAAAAA=="}}}
    assert sorted(page["rows"], key=lambda row: row["key"]) == [hugo, dickens]
    assert [row["value"]["author"] for row in near["rows"]] == ["dickens", "hugo"]


def test_a_snapshot_that_the_original_wrote(server: Kith) -> None:
    """Every kind of metadata, two schemas, a store without entries, keys that differ in a sign: from its version 0.3.2."""
    ended = import_ahnlich(server, SNAPSHOTS / "ahnlich-db-0.3.2.json")
    assert ended.status == 0, ended
    books = {
        tuple(f32(x) for x in (0.5, 0.1 * i, -1.0 / (i + 1))): {
            "author": ("dickens", "hugo", "eliot")[i % 3], "cover": bytes([i, 255, 0]),
            "voice": ("audio", bytes([i] * 3)), "title": f'no. {i} ä "q"'}
        for i in range(24)
    }
    tiny = f32(1e-40)
    prints = {(1.0, 2.0): {"title": "wave"}, (-0.0, tiny): {"title": "rain", "year": "1857"}}
    with Client(server.ports["ahnlich-db"]) as client:
        everything = not_among("no such field")
        assert {tuple(v): p for v, p in client.where("books", everything)} == books
        art = client.where("prints", everything, schema="art")
        assert len(art) == 3
        assert client.get("prints", *prints, schema="art") == [(list(v), p) for v, p in prints.items()]
        infos = [client.call("get_store", query.GetStore(store=name, schema=schema))
            for name, schema in (("books", None), ("prints", "art"), ("empty", None))]
        assert [(i.len, i.dimension, i.predicate_indices) for i in infos] == [
            (24, 3, ["author"]), (3, 2, ["title", "year"]), (0, 4, [])]
        assert sorted(betterproto.which_one_of(index, "index")[0] for index in infos[0].non_linear_indices) == ["hnsw", "kdtree"]
        for key, _ in client.nearest("books", next(iter(books)), 1, 4):
            assert tuple(key) == next(iter(books))


def test_an_import_can_be_repeated(server: Kith, tmp_path: Path) -> None:
    file = write(tmp_path, FORMS["version 2"])
    assert import_ahnlich(server, file).status == 0
    again = import_ahnlich(server, file)
    assert (again.status, again.out) == (0, "public/books: 0 inserted, 2 updated\n")
    assert json_of(server, "GETSTORE books")[0]["len"] == 2


def test_many_entries_in_several_schemas_all_arrive(server: Kith, tmp_path: Path) -> None:
    def many(count: int) -> dict:
        return store({str(n): [[f32(n / 7), float(n)], {"value": {"author": f"str:{n % 10}"}}] for n in range(count)})

    snapshot = {"db_version": "2", "stores": {"public": {"a": many(12_345)}, "art": {"a": many(3)}}}
    ended = import_ahnlich(server, write(tmp_path, snapshot))
    assert ended.status == 0, ended
    big, small, some = json_of(server, "GETSTORE a; GETSTORE a SCHEMA art; GETPRED (author = 3) IN a")
    assert (big["len"], small["len"], len(some["rows"])) == (12_345, 3, 1_235)


def test_what_cannot_be_had_is_named_and_the_rest_taken(server: Kith, tmp_path: Path) -> None:
    snapshot = {"books": store({"1": [[None, 1.0], {"value": {}}], "2": [[1.0, 2.0], {"value": {"a": "vid:x"}}]})}
    ended = import_ahnlich(server, write(tmp_path, snapshot))
    assert ended.status == 3
    assert "public/books: entry 1: component 0 is not a finite number" in ended.err
    assert "public/books: entry 2: the value of a is of an unknown kind" in ended.err
    assert json_of(server, "LISTSTOREENTRIES books")[0]["rows"] == [{"key": [1.0, 2.0], "value": {}}]


def test_a_damaged_file_changes_nothing(server: Kith, tmp_path: Path) -> None:
    file = write(tmp_path, FORMS["version 2"])
    file.write_text(file.read_text()[:-40])
    ended = import_ahnlich(server, file)
    assert ended.status == 1
    assert "is damaged or no snapshot: at byte" in ended.err
    newer = import_ahnlich(server, write(tmp_path, {"db_version": "3", "stores": {}}))
    assert newer.status == 1
    assert "version 3 is not known" in newer.err
    assert json_of(server, "LISTSTORES")[0]["rows"] == []


def test_a_snapshot_of_the_ai_proxy_becomes_statements(tmp_path: Path) -> None:
    models = {"name": "books", "query_model": "AllMiniLmL6V2", "index_model": "ClipVitB32Text", "store_original": True}
    ended = kith("import", "ahnlich", write(tmp_path, {"db_version": "2", "stores": {"public": {"books": models}}}))
    assert ended.status == 0
    assert "holds no vectors" in ended.err
    assert ended.out == ("CREATESTORE IF NOT EXISTS books QUERYMODEL all-minilm-l6-v2 INDEXMODEL clip-vit-b32-text"
        " STOREORIGINAL SCHEMA public\n")
