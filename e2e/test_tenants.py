"""Keys and tenants: who may ask, and that another tenant's index looks exactly like one that does not exist."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import kith_server
from conftest import KEYS, Fleet, sweep
from kinds import remote
from kith_server import Kith
from oracle import gaussian
from raw import Raw, same_bits
from request_table import ROWS, VALID, D, build, state

MINE, OTHER, SAME = "key-of-one", "key-of-two", "other-key-of-one"
# As long as the names that exist, so that not even lengths tell.
NOWHERE = {"flat": "nope", "map": "nil", "ivf": "non", "pca": "nix", "other": "never"}


@pytest.fixture
def secured(fleet: Fleet) -> Iterator[Kith]:
    kith = fleet.server("memory", secured=True)
    yield kith
    for key in (MINE, OTHER):
        sweep(kith, key)


@pytest.mark.parametrize("action", [*VALID, "list_indices", "list_indexes", "no-such-action"])
def test_every_action_needs_a_key(secured: Kith, action: str) -> None:
    with Raw(secured.endpoint) as raw:
        fields = VALID.get(action, {})
        for absent in ({}, {"api_key": ""}, {"api_key": None}):
            reply = raw.map({"action": action, **fields, **absent})
            assert (reply["error"], reply["error_code"]) == ("API key required", "AUTH_ERROR")
        for wrong in ("key-of-on", "key-of-one ", "KEY-OF-ONE", "x" * 257, 7, b"key-of-one", [MINE], {"a": 1}, True):
            reply = raw.map({"action": action, **fields, "api_key": wrong})
            assert (reply["error"], reply["error_code"]) == ("Invalid API key", "AUTH_ERROR"), wrong


def test_ping_is_free(secured: Kith) -> None:
    with Raw(secured.endpoint) as raw:
        raw.ping()
        assert raw.map({"action": "ping", "api_key": "wrong"})["success"]


def test_key_is_asked_for_before_the_body_is_read(secured: Kith) -> None:
    with Raw(secured.endpoint) as raw:
        for fields in ({"index_id": 5}, {"query_vectors": "junk", "k": -1}, {"vectors": [[[[]]]]}):
            assert raw.map({"action": "search", **fields})["error"] == "API key required"
            assert raw.map({"action": "search", "api_key": "wrong", **fields})["error"] == "Invalid API key"


def test_tenant_id_cannot_change_the_tenant(secured: Kith) -> None:
    with Raw(secured.endpoint, MINE) as mine, Raw(secured.endpoint, OTHER) as other:
        mine.create("private", D)
        for wrong in (7, b"one", ["one"], "t" * 129, {"a": 1}, True):
            assert other.error("list_indexes", tenant_id=wrong) == "Invalid tenant ID"
        reply = other.call("list_indexes", tenant_id="one")
        assert not reply["success"] or reply["indexes"] == []
        reply = other.call("search", tenant_id="one", index_id="private", query_vectors=ROWS)
        assert not reply["success"]
        assert [e["index_id"] for e in mine.ok("list_indexes", tenant_id="one")["indexes"]] == ["private"]


def test_keys_of_one_tenant_see_the_same(secured: Kith) -> None:
    with Raw(secured.endpoint, MINE) as mine, Raw(secured.endpoint, SAME) as same:
        build(mine)
        assert state(same) == state(mine)


@pytest.mark.parametrize("action", [a for a in VALID if "index_id" in VALID[a] and a != "create_index"])
def test_foreign_index_looks_like_none(secured: Kith, action: str) -> None:
    fields = VALID[action]
    name = fields["index_id"]
    with Raw(secured.endpoint, MINE) as mine, Raw(secured.endpoint, OTHER) as other:
        build(mine)
        before = state(mine)
        assert other.listing() == {}
        foreign = other.call(action, **fields)
        missing = other.call(action, **{**fields, "index_id": NOWHERE[name]})
        assert alike(foreign, name) == alike(missing, NOWHERE[name])
        assert not foreign["success"]
        assert state(mine) == before and other.listing() == {}


def alike(reply: dict[str, Any], name: str) -> dict[str, Any]:
    """A reply without what may differ: the time, and the name that the client itself gave."""
    return {k: v.replace(name, "*") if isinstance(v, str) else v for k, v in reply.items() if k != "timestamp"}


def test_foreign_index_as_base_source_or_target_looks_like_none(secured: Kith) -> None:
    with Raw(secured.endpoint, MINE) as mine, Raw(secured.endpoint, OTHER) as other:
        build(mine)
        before = state(mine)
        other.create("own", D)
        other.ok("add_vectors", index_id="own", vectors=ROWS)
        for request in (
            {"action": "create_index", "index_id": "new", "dimension": D, "index_type": "IDMap:{}"},
            {"action": "create_index", "index_id": "new", "dimension": D, "index_type": "IDMap2:{}"},
            {"action": "merge_indices", "target_index_id": "own", "source_index_ids": ["{}"]},
            {"action": "merge_indices", "target_index_id": "own", "source_index_ids": ["own", "{}"]},
            {"action": "merge_indices", "target_index_id": "{}", "source_index_ids": ["own"]},
        ):
            foreign, missing = (other.call(**filled(request, name)) for name in ("flat", "nope"))
            assert alike(foreign, "flat") == alike(missing, "nope")
            assert not foreign["success"]
        assert state(mine) == before and other.counts() == {"own": 5}


def filled(request: dict[str, Any], name: str) -> dict[str, Any]:
    def put(value: Any) -> Any:
        if isinstance(value, str):
            return value.replace("{}", name)
        return [put(v) for v in value] if isinstance(value, list) else value

    return {field: put(value) for field, value in request.items()}


def test_both_tenants_may_use_the_same_names(launch: Callable[..., Kith], tmp_path: Path) -> None:
    kith = launch(data=tmp_path / "data", keys=KEYS)
    mine_vectors, other_vectors = gaussian(5, 4, 1), gaussian(7, 6, 2)
    with Raw(kith.endpoint, MINE) as mine, Raw(kith.endpoint, OTHER) as other:
        for client, vectors in ((mine, mine_vectors), (other, other_vectors)):
            client.create("shared name", vectors.shape[1])
            client.ok("add_vectors", index_id="shared name", vectors=vectors.tolist())
        for restart in (False, True):
            if restart:
                kith.kill()
                kith.restart_same_ports()
            assert same_bits(mine.vectors("shared name"), mine_vectors)
            assert same_bits(other.vectors("shared name"), other_vectors)
        other.ok("delete_index", index_id="shared name")
        assert mine.counts() == {"shared name": 5} and other.counts() == {}


def test_client_with_a_wrong_key_hears_why(secured: Kith) -> None:
    for key, text in (("wrong", "Invalid API key"), ("", "API key required")):
        with remote(secured, key) as fx, pytest.raises(RuntimeError, match=text):
            fx.IndexFlatL2(4)


REFUSED = [
    (["--enable-auth"], {}),
    (["--auth-keys", "a:b"], {}),
    (["--enable-auth", "--auth-keys", ""], {}),
    (["--enable-auth", "--auth-keys", "no-colon"], {}),
    (["--enable-auth", "--auth-keys", ":tenant"], {}),
    (["--enable-auth", "--auth-keys", "key:"], {}),
    (["--enable-auth", "--auth-keys", "a:b,,c:d"], {}),
    (["--enable-auth", "--auth-keys", "a:b", "--auth-file", "keys.json"], {}),
    (["--enable-auth", "--auth-file", "missing.json"], {}),
    (["--enable-auth", "--auth-file", "array.json"], {}),
    (["--enable-auth", "--auth-file", "numbers.json"], {}),
    (["--enable-auth", "--auth-file", "cut.json"], {}),
    (["--enable-auth", "--auth-file", "empty.json"], {}),
    ([], {"KITH_ENABLE_AUTH": "true"}),
    ([], {"KITH_AUTH_KEYS": "a:b"}),
]


@pytest.mark.parametrize(("flags", "environment"), REFUSED, ids=[" ".join([*f, *e]) or "-" for f, e in REFUSED])
def test_bad_keys_refuse_to_start(tmp_path: Path, flags: list[str], environment: dict[str, str]) -> None:
    home = tmp_path / "home"
    home.mkdir()
    for name, text in (
        ("keys.json", '{"a": "b"}'), ("array.json", '["a"]'), ("numbers.json", '{"a": 1}'), ("cut.json", '{"a": "b"'),
        ("empty.json", "{}"),
    ):  # fmt: skip
        (home / name).write_text(text)
    refusal = kith_server.serve(home, *flags, environment=environment).refuse()
    assert refusal.status not in (0, None) and refusal.status > 0
    assert refusal.said.strip() and "Exception" not in refusal.said and "\tat " not in refusal.said, refusal.said
    assert "ready" not in refusal.out


def test_key_file_with_spaced_keys_works(launch: Callable[..., Kith], tmp_path: Path) -> None:
    (tmp_path / "keys.json").write_text(json.dumps({"from-file": "one", "a:colon": "two"}))
    kith = launch("--enable-auth", "--auth-file", str(tmp_path / "keys.json"))
    for key in ("from-file", "a:colon"):
        with Raw(kith.endpoint, key) as raw:
            assert raw.listing() == {}
    kith = launch("--enable-auth", "--auth-keys", " spaced : one , colon:te:nant ")
    for key in ("spaced", "colon"):
        with Raw(kith.endpoint, key) as raw:
            assert raw.listing() == {}


def test_keys_are_in_no_log(launch: Callable[..., Kith], tmp_path: Path) -> None:
    secret = "s3cr3t-of-the-day"
    log = tmp_path / "file.log"
    kith = launch("--log-level", "DEBUG", "--log-file", str(log), keys={secret: "one"}, data=tmp_path / "data")
    with Raw(kith.endpoint, secret) as raw:
        build(raw)
        raw.error("search", index_id="missing", query_vectors=ROWS)
        raw.error("create_index", index_id="x", dimension=D, index_type=secret + "-not-a-type")
    with Raw(kith.endpoint, secret + "-wrong") as raw:
        raw.error("list_indexes")
    kith.stop()
    said = kith.log_text() + log.read_text()
    for line in said.splitlines():
        assert secret not in line.replace(secret + "-not-a-type", ""), line
    held = b"".join(p.read_bytes() for p in (tmp_path / "data").rglob("*") if p.is_file())
    assert secret.encode() not in held
