"""Bad input over the raw wire: always an error, never an end, never a trace."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterator

import msgpack
import numpy as np
import pytest

from kith_server import Kith
from oracle import gaussian
from raw import Pipeline, Raw, same_bits, unpack
from request_table import FIELDS, ROWS, VALID, VALUES, WITHOUT_FIELDS, build, state, wrong_values


@pytest.fixture
def stocked(server: Kith) -> Iterator[Raw]:
    """A client of a server with known content; whatever the test did, ping works and nothing has changed."""
    with Raw(server.endpoint) as raw:
        build(raw)
        before = state(raw)
        yield raw
        raw.close()
        raw.ping()
        assert state(raw) == before, "something was left behind"
        assert server.alive()


@pytest.mark.parametrize("action", [*VALID, *WITHOUT_FIELDS])
def test_table_valid_request_is_accepted(raw: Raw, action: str) -> None:
    build(raw)
    raw.ok(action, **VALID.get(action, {}))


@pytest.mark.parametrize(("action", "field"), [(a, f) for a in FIELDS for f in FIELDS[a]])
def test_wrong_type_any_field_of_any_action_is_refused(stocked: Raw, action: str, field: str) -> None:
    accepted = []
    required, _ = FIELDS[action][field]
    if required:
        rest = {k: v for k, v in VALID[action].items() if k != field}
        stocked.error(action, **rest)
    for kind, value in wrong_values(action, field):
        reply = stocked.call(action, **{**VALID[action], field: value})
        if reply["success"]:
            accepted.append((kind, value))
        else:
            assert len(reply["error"]) < 1000, "an error does not echo a client's data"
    assert not accepted, f"{action}.{field} took {accepted}"


@pytest.mark.parametrize("action", [*VALID, *WITHOUT_FIELDS])
def test_duplicate_field_is_refused(stocked: Raw, action: str) -> None:
    fields = {"action": action, **VALID.get(action, {})}
    for twice in fields:
        body = bytes([0x80 | (len(fields) + 1)])
        for name, value in [*fields.items(), (twice, fields[twice])]:
            body += msgpack.packb(name) + msgpack.packb(value)
        reply = unpack(stocked.send(body))
        assert reply["success"] is False and reply["error"], f"{twice} twice: {reply}"


def deep(opening: bytes, levels: int = 100_000) -> bytes:
    return opening * levels + b"\xc0"


def with_field(name: str, value: bytes, action: str = "search") -> bytes:
    """{action, index_id: flat, <name>: value as encoded}"""
    start = b"\x83" + b"".join(msgpack.packb(t) for t in ("action", action, "index_id", "flat", name))
    return start + value


VALID_SEARCH = msgpack.packb({"action": "search", **VALID["search"]})
UNREADABLE: dict[str, bytes] = {
    "nothing": b"",
    "reserved byte": b"\xc1",
    "text": msgpack.packb("ping"),
    "array": msgpack.packb(["action", "ping"]),
    "number": b"\x05",
    "nil": b"\xc0",
    "extension": msgpack.packb(msgpack.ExtType(1, b"abc")),
    "two maps": msgpack.packb({"action": "ping"}) * 2,
    "trailing byte": msgpack.packb({"action": "ping"}) + b"\x00",
    "number as key": msgpack.packb({1: "ping", "action": "ping"}),
    "nil as key": msgpack.packb({None: "ping", "action": "ping"}),
    "bin as key": msgpack.packb({b"action": "ping"}),
    "array as key": b"\x82\x91\x01\x01" + msgpack.packb("action") + msgpack.packb("ping"),
    "map of 2^32-1": b"\xdf\xff\xff\xff\xff",
    "array of 2^32-1": b"\xdd\xff\xff\xff\xff",
    "map of 2^31-1": b"\xdf\x7f\xff\xff\xff",
    "text of 2^32-1": b"\x81\xdb\xff\xff\xff\xffaction",
    "bin of 2^32-1": b"\x81\xc6\xff\xff\xff\xff",
    "ext of 2^32-1": b"\x81\xa1a\xc9\xff\xff\xff\xff\x01",
    "field array of 2^32-1": with_field("query_vectors", b"\xdd\xff\xff\xff\xff"),
    "field array of 2^31": with_field("query_vectors", b"\xdd\x80\x00\x00\x00\x01"),
    "row of 2^32-1": with_field("query_vectors", b"\x91\xdd\xff\xff\xff\xff\x01"),
    "field map of 2^32-1": with_field("params", b"\xdf\xff\xff\xff\xff"),
    "field text of 2^31-1": with_field("index_type", b"\xdb\x7f\xff\xff\xff"),
    "field bin of 2^31-1": with_field("query_vectors", b"\xc6\x7f\xff\xff\xff"),
    "field ext of 2^31-1": with_field("query_vectors", b"\xc9\x7f\xff\xff\xff\x05"),
    "unknown field of 2^32-1": with_field("unknown", b"\xdd\xff\xff\xff\xff"),
    "text that is no UTF-8": b"\x81" + msgpack.packb("action") + b"\xa2\xff\xfe",
    "overlong UTF-8": b"\x81" + msgpack.packb("action") + b"\xa2\xc0\xaf",
    "surrogate": b"\x81" + msgpack.packb("action") + b"\xa3\xed\xa0\x80",
    "name that is no UTF-8": b"\x82" + msgpack.packb("action") + msgpack.packb("reset") + b"\xa8index_id\xa2\xc3\x28",
    "deep arrays": deep(b"\x91"),
    "deep maps": deep(b"\x81\xa1a"),
    "deep field": with_field("query_vectors", deep(b"\x91")),
    "deep params": with_field("params", deep(b"\x81\xa1a")),
    "deep unknown field": with_field("unknown", deep(b"\x91")),
    "deep map keys": deep(b"\x81"),
    "deep wide arrays": with_field("unknown", b"\xdc\xff\xff" * 50_000),
    "an error reply": msgpack.packb({"success": False, "error": "mine", "action": "list_indexes"}),
    "text http": b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n",
    "zeroes": bytes(100_000),
    "ff": b"\xff" * 1000,
}


@pytest.mark.parametrize("name", UNREADABLE)
def test_unreadable_body_gets_one_error(stocked: Raw, name: str) -> None:
    reply = unpack(stocked.send(UNREADABLE[name]))
    assert reply["success"] is False and reply["error"], reply
    assert len(reply["error"]) < 500
    stocked.ping()


@pytest.mark.parametrize("name", ["nothing", "text", "array", "deep arrays", "an error reply", "map of 2^32-1"])
def test_unreadable_body_is_called_malformed(stocked: Raw, name: str) -> None:
    assert "Malformed request" in unpack(stocked.send(UNREADABLE[name]))["error"]


def test_body_cut_anywhere_gets_one_error(stocked: Raw) -> None:
    for length in range(len(VALID_SEARCH)):
        reply = unpack(stocked.send(VALID_SEARCH[:length]))
        assert reply["success"] is False and reply["error"], length


def test_body_with_any_byte_changed_gets_one_reply(stocked: Raw) -> None:
    random = np.random.default_rng(5)
    add = msgpack.packb({"action": "search", **VALID["search"]})
    for _ in range(600):
        body = bytearray(add)
        body[random.integers(len(body))] = random.integers(256)
        assert isinstance(unpack(stocked.send(bytes(body)))["success"], bool)


@pytest.mark.parametrize("action", [None, 1, True, b"ping", ["ping"], {"a": 1}, "", "PING", "ping ", "x" * 100_000])
def test_unknown_action_says_so(stocked: Raw, action: object) -> None:
    reply = stocked.map({"action": action, "index_id": "flat"})
    assert not reply["success"] and len(reply["error"]) < 1000
    if isinstance(action, str):
        assert reply["error"].startswith("Unknown action")


def test_map_without_action_says_so(stocked: Raw) -> None:
    for request in ({}, {"operation": "ping"}, {"index_id": "flat"}):
        assert stocked.map(request)["error"].startswith("Unknown action")


def test_unknown_index_is_named_in_the_error(stocked: Raw) -> None:
    for action, fields in VALID.items():
        if "index_id" in fields and action != "create_index":
            error = stocked.error(action, **{**fields, "index_id": "no-such-index"})
            assert "no-such-index" in error and ("does not exist" in error or "not found" in error), (action, error)
    for action in ("add_vectors", "add_with_ids", "search", "train_index", "range_search"):
        error = stocked.error(action, **{**VALID[action], "index_id": "no-such-index"})
        assert error == "Index no-such-index does not exist"
    stocked.error("merge_indices", target_index_id="flat", source_index_ids=["other", "no-such-index"])


def test_wrong_width_is_named_in_the_error(stocked: Raw) -> None:
    wide = [[1.0, 2.0, 3.0, 4.0]]
    for action, field, text in (
        ("add_vectors", "vectors", "Vector dimension mismatch: expected 3, got 4"),
        ("add_with_ids", "vectors", "Vector dimension mismatch: expected 3, got 4"),
        ("search", "query_vectors", "Query dimension mismatch: expected 3, got 4"),
        ("range_search", "query_vectors", "Query dimension mismatch: expected 3, got 4"),
        ("train_index", "training_vectors", "Training vector dimension mismatch. Expected 3, got 4"),
    ):
        more = {"ids": [50]} if action == "add_with_ids" else {}
        assert text in stocked.error(action, **{**VALID[action], field: wide, **more})


def test_batch_with_one_bad_row_stores_nothing(stocked: Raw) -> None:
    for bad in ([1.0, 2.0], [1.0, float("nan"), 0.0], [1.0, float("inf"), 0.0], "row", None, [1.0, "2", 3.0], []):
        rows = [*ROWS, *ROWS, bad, *ROWS]
        stocked.error("add_vectors", index_id="flat", vectors=rows)
        ids = list(range(200, 200 + len(rows)))
        stocked.error("add_with_ids", index_id="map", vectors=rows, ids=ids)
        stocked.error("batch_add_with_ids", index_id="map", vectors=rows, ids=ids, batch_size=2)


def test_ids_that_do_not_fit_store_nothing(stocked: Raw) -> None:
    for ids in ([], [1, 2, 3, 4], [1, 2, 3, 4, 5, 6], [1, 2, 3, 4, 2**64 - 1], [1, 2, 3, 4, -1], 7, [[1, 2, 3, 4, 5]]):
        for action in ("add_with_ids", "batch_add_with_ids"):
            stocked.error(action, index_id="map", vectors=ROWS, ids=ids)


def test_bad_upkeep_values_change_nothing(stocked: Raw) -> None:
    for size in (0, -1, 2**62):
        reply = stocked.call("batch_add_with_ids", index_id="map", vectors=ROWS, ids=[1, 2, 3, 4], batch_size=size)
        assert not reply["success"]
    for level in (-1, 2**40):
        stocked.error("optimize_index", index_id="ivf", optimization_level=level)
    for clusters in (0, -5, 2**40):
        stocked.error("recluster_index", index_id="ivf", n_clusters=clusters)
        stocked.error("compute_clustering", vectors=ROWS, n_clusters=clusters)
    for niter in (-1, 2**40):
        stocked.error("compute_clustering", vectors=ROWS, n_clusters=2, niter=niter)


def test_more_than_one_body_frame_gets_one_error(stocked: Raw) -> None:
    ping = msgpack.packb({"action": "ping"})
    for frames in ((ping, ping), (ping, b""), (b"", ping), (ping[:4], ping[4:]), [b"x"] * 10):
        assert "Malformed request" in unpack(stocked.send(*frames))["error"]


def test_missing_delimiter_is_dropped_and_others_served(stocked: Raw, server: Kith) -> None:
    with Pipeline(server.endpoint) as dealer:
        for frames in ((msgpack.packb({"action": "ping"}),), (b"x", b""), (b"junk", msgpack.packb({"action": "ping"}))):
            dealer.send_frames(*frames)
            stocked.ping()
        assert dealer.silent(0.3)
        dealer.send("ping")
        assert dealer.receive()["message"] == "pong"


COMPOSED, DECOMPOSED = (unicodedata.normalize(form, "Å-café") for form in ("NFC", "NFD"))
ALIKE = [
    "a/b", "a_b", "a.b", "a\\b", "a b", "ab", "AB", "Ab", "doc", "doc.v1", "doc.v2", "doc.", ".doc", "Doc.v1", COMPOSED,
    DECOMPOSED, "x" * 200, "x" * 199, "x" * 199 + "y", "..", ".", "../..", "../a_b", "/", "/etc/passwd", "~", "%2e%2e",
    "a%2Fb", "con", "NUL", "a\tb", "a\nb", "a\x00b", "a\x00c", "a:b", "IDMap:L2", "L2", "*", "?", " a", "a ", "\u200ba",
    "а", "a", "𝒜", "😀", "😁", "ｆｕｌｌ", "full", "ß", "ss", "SS", "ı", "i", "İ", "K", "\u212a",
]  # fmt: skip


def test_names_that_look_alike_stay_apart(launch: Callable[..., Kith], tmp_path) -> None:
    assert COMPOSED != DECOMPOSED and len(set(ALIKE)) == len(ALIKE)
    data = tmp_path / "deep" / "data"
    kith = launch(data=data)
    around = sorted(p for p in tmp_path.rglob("*") if data not in p.parents)
    with Raw(kith.endpoint) as raw:
        stored = {name: gaussian(2 + number % 3, 1 + number, number) for number, name in enumerate(ALIKE)}
        for name, vectors in stored.items():
            assert raw.create(name, vectors.shape[1])["index_id"] == name
            raw.ok("add_vectors", index_id=name, vectors=vectors.tolist())
        for restart in (False, True):
            if restart:
                kith.kill()
                kith.restart_same_ports()
            assert raw.counts() == {name: len(vectors) for name, vectors in stored.items()}
            assert all(same_bits(raw.vectors(name), vectors) for name, vectors in stored.items())
        for name in ALIKE[::2]:
            raw.ok("delete_index", index_id=name)
        assert raw.counts() == {name: len(stored[name]) for name in ALIKE[1::2]}
        assert all(same_bits(raw.vectors(name), stored[name]) for name in ALIKE[1::2])
    assert sorted(p for p in tmp_path.rglob("*") if data not in p.parents) == around, "files outside the data folder"


def test_table_covers_every_action() -> None:
    assert set(FIELDS) == set(VALID) and all(set(FIELDS[a]) == set(VALID[a]) for a in FIELDS)
    assert len(FIELDS) + len(WITHOUT_FIELDS) == 31 and all(VALUES.values())
