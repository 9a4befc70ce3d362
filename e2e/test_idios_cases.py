"""The acceptance cases of the Idios wire over real sockets, for each kind of model that a path may name.

The models: a stand-in with CLIP's structure under the original's name, the shipped one by its own name, and the shipped
one served as `vit_b32` by `--alias`. Which test holds which case:

| case | what | where |
|---|---|---|
| 1, 2 | ping, and through a worker | test_ping; test_idios_queue, original_api and original_worker |
| 3, 4 | add with and without metadata | test_add_and_search |
| 5, 17, 23, 26 | an address that is none, nothing fetched | test_what_is_wrong_is_said_and_nothing_fetched |
| 6, 7 | metadata of another kind, or too long | test_what_is_wrong_is_said_and_nothing_fetched; test_idios, metadata_limit |
| 8, 9, 21, 24, 27, 32, 34 | what a worker raises | test_idios_queue, faults_of_a_worker |
| 10, 11 | search_add of a new and of a stored address | test_search_add |
| 12, 13, 16 | search by address | test_add_and_search |
| 14, 15 | 1,000 stored, 10 and 100 found | test_a_thousand_are_stored |
| 18, 19 | search by words | test_words |
| 20 | search for nothing | test_what_is_wrong_is_said_and_nothing_fetched |
| 22 | compare | test_add_and_search |
| 25, 39 | remove | test_add_and_search |
| 28 to 31, 33, 45, 49 | urls and count, in order and by pages | test_urls_by_pages |
| 35, 36, 46, 54 | dump, remove all, restore, dump | test_dump_and_restore |
| 37, 38 | an empty list, then one | test_add_and_search |
| 40 | insert of nothing | test_nothing_is_inserted |
| 41, 42 | several removed; one known and one new | test_idios_queue, original_api |
| 43, 44 | pictures of 128 pixels | test_small_pictures |
| 47 | 512 stays, 1,024 becomes 1,000 | ResampleTest, toFit (embed) |
| 48 | vectors of pictures and of words have length 1 | test_dump_and_restore, test_words |
| 50 | the script of the Makefile | test_idios, script_of_the_makefile |
| 51 | two workers, one of them blocked | test_idios_queue, two_workers |
| 52 | add_bulk of a good and a broken address | test_add_bulk |
| 53 | unknown model | test_unknown_model |
"""

from __future__ import annotations

import json
import math
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import kith_server
import pictures
from idios import SHIPPED, Model, ask, stand_in_models
from kith_server import Kith

ALLOW = ("--allow-fetch", "127.0.0.0/8")
SEED = 20261130


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kith]:
    """A server with the stand-in of `vit_b32`."""
    models = stand_in_models(tmp_path_factory.mktemp("models"))
    folder = tmp_path_factory.mktemp("original")
    kith = kith_server.serve(folder, "--models-dir", str(models), *ALLOW, data=folder / "data").start()
    yield kith
    kith.stop()


@pytest.fixture(scope="module")
def aliased(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kith]:
    """A server that has what is shipped, and serves it under the original's name too; with keys of two tenants."""
    folder = tmp_path_factory.mktemp("aliased")
    kith = kith_server.serve(
        folder, "--alias", f"vit_b32={SHIPPED}", *ALLOW, data=folder / "data", keys={"a": "ann", "b": "bob"}
    ).start()
    yield kith
    kith.stop()


@pytest.fixture(params=["stand-in", "shipped", "alias"])
def model(request: pytest.FixtureRequest) -> Iterator[Model]:
    if request.param == "stand-in":
        model = Model(request.getfixturevalue("original"), "vit_b32", 512, words=True)
    else:
        name = SHIPPED if request.param == "shipped" else "vit_b32"
        model = Model(request.getfixturevalue("aliased"), name, 1280, words=False, key="a")
    yield model
    assert model.kith.alive(), model.kith.log_text()[-4000:]
    model.clear()


def unit(dimension: int, source: random.Random) -> list[float]:
    vector = [source.gauss(0, 1) for _ in range(dimension)]
    length = math.sqrt(math.fsum(x * x for x in vector))
    return [x / length for x in vector]


def test_ping(model: Model) -> None:
    assert ask(model.kith, "GET", "/ping", None, model.headers()) == (200, "pong")


def test_add_and_search(model: Model, host: pictures.Host) -> None:
    first, second = host.url("1.png"), host.url("2.png")
    assert model.post("search", {"url": first}) == (200, [])
    assert model.post("urls") == (200, [])
    assert model.post("add", {"url": first, "metadata": {"z": 1, "a": {"ü": [1.5, None]}}}) == (204, "")
    assert model.post("urls") == (200, [first])
    assert model.count() == 1
    status, found = model.post("search", {"url": second})
    assert status == 200 and [list(match) for match in found] == [["url", "metadata", "similarity"]]
    assert json.dumps(found[0]["metadata"]) == json.dumps({"z": 1, "a": {"ü": [1.5, None]}})
    assert 0 <= found[0]["similarity"] <= 100
    assert model.post("add", {"url": second}) == (204, "")
    status, found = model.post("search", {"url": second})
    assert [match["url"] for match in found] == [second, first] and found[0]["metadata"] is None
    assert found[0]["similarity"] == pytest.approx(100, abs=1e-3)
    status, score = model.post("compare", {"url": first, "other": second})
    assert status == 200 and score == pytest.approx(found[1]["similarity"], abs=1e-3)
    for url in (first, first, second):
        assert model.post("remove", {"url": url}) == (204, "")
    assert model.post("urls") == (200, []) and model.count() == 0


def test_search_add(model: Model, host: pictures.Host) -> None:
    body = {"url": host.url("3.png"), "metadata": {"n": 3}}
    assert model.post("search_add", body) == (204, "")
    assert model.post("search_add", {**body, "metadata": None}) == (409, {"detail": "Image already inserted"})
    assert [entry["metadata"] for entry in model.post("dump")[1]] == [{"n": 3}]


def test_a_thousand_are_stored(model: Model) -> None:
    source = random.Random(SEED)
    query = unit(model.dimension, source)
    entries = [
        {"url": f"http://a.example/{i}", "embedding": unit(model.dimension, source)} for i in range(999)
    ] + [{"url": "http://a.example/query", "embedding": query}]
    for at in range(0, 1000, 250):
        assert model.post("restore", entries[at : at + 250]) == (204, "")
    search = {"embedding": query, "limit": 100}
    assert len(ask(model.kith, "POST", f"/collections/{model.name}/search", search, model.headers())[1]) == 100
    # Only what can be fetched can be searched by: the address of a picture that is near to none of them.
    with pictures.host() as host:
        wanted = {"url": host.url("1.png")}
        for limit, count in ((None, 10), (100, 100), ("7", 7)):
            status, found = model.post("search", wanted | ({} if limit is None else {"limit": limit}))
            assert status == 200 and len(found) == count
            scores = [match["similarity"] for match in found]
            assert scores == sorted(scores, reverse=True)
    # The rest of the tests has no use for them, and one by one takes long.
    urls = {"urls": model.urls()}
    assert ask(model.kith, "POST", f"/collections/{model.name}/remove", urls, model.headers()) == (200, None)


def test_words(model: Model) -> None:
    if not model.words:
        status, answer = model.post("search", {"text": "a cute colorful cat"})
        assert status == 422 and answer["detail"][0]["type"] == "parameter_error", answer
        return
    # The similarity to each axis, and to its opposite, is a component of the vector of the words.
    entries = []
    for axis in range(model.dimension):
        for sign in (1.0, -1.0):
            vector = [0.0] * model.dimension
            vector[axis] = sign
            entries.append({"url": f"http://a.example/{axis}/{sign}", "embedding": vector})
    assert model.post("restore", entries) == (204, "")
    status, found = model.post("search", {"text": "a cute colorful cat", "limit": len(entries)})
    assert status == 200 and len(found) == len(entries)
    components = [match["similarity"] / 100 for match in found]
    assert math.fsum(x * x for x in components) == pytest.approx(1, abs=1e-4)
    assert len(model.post("search", {"text": "words", "limit": 100})[1]) == 100
    urls = {"urls": model.urls()}
    assert ask(model.kith, "POST", f"/collections/{model.name}/remove", urls) == (200, None)


def problem(place: list[Any], message: str, kind: str, **context: Any) -> dict[str, Any]:
    said = {"loc": place, "msg": message, "type": kind}
    return said | ({"ctx": context} if context else {})


SCHEME = ("invalid or missing URL scheme", "value_error.url.scheme")
WRONG = [
    ("add", {"url": "invalid_url"}, [problem(["body", "url"], *SCHEME)]),
    ("add", {"url": "x", "metadata": "text"}, [
        problem(["body", "url"], *SCHEME), problem(["body", "metadata"], "value is not a valid dict", "type_error.dict")]),
    ("search", {"url": "not_a_url"}, [problem(["body", "url"], *SCHEME)]),
    ("search", {}, "Either 'text' or 'url' must be provided."),
    ("search", {"text": ""}, "Either 'text' or 'url' must be provided."),
    ("compare", {"url": "x", "other": "http://a.example/"}, [problem(["body", "url"], *SCHEME)]),
    ("remove", {"url": "x"}, [problem(["body", "url"], *SCHEME)]),
    ("add", None, [problem(["body"], "field required", "value_error.missing")]),
    ("add", [], [problem(["body"], "value is not a valid dict", "type_error.dict")]),
    ("add_bulk", {}, [problem(["body"], "value is not a valid list", "type_error.list")]),
    ("add", {"url": None}, [problem(["body", "url"], "none is not an allowed value", "type_error.none.not_allowed")]),
    ("urls", {"limit": 0}, [problem(
        ["body", "limit"], "ensure this value is greater than or equal to 1", "value_error.number.not_ge",
        limit_value=1)]),
    ("urls", {"limit": 16385}, [problem(
        ["body", "limit"], "ensure this value is less than or equal to 16384", "value_error.number.not_le",
        limit_value=16384)]),
    ("restore", [{"url": "http://a.example/", "embedding": ["x"]}], [problem(
        ["body", 0, "embedding", 0], "value is not a valid float", "type_error.float")]),
]


@pytest.mark.parametrize(("operation", "body", "detail"), WRONG)
def test_what_is_wrong_is_said_and_nothing_fetched(
    model: Model, host: pictures.Host, operation: str, body: Any, detail: Any
) -> None:
    before = len(host.asked)
    assert model.post(operation, body) == (422, {"detail": detail})
    assert len(host.asked) == before and model.count() == 0


def test_metadata_of_another_kind_without_a_type(model: Model, host: pictures.Host) -> None:
    headers = {} if model.key is None else {"Authorization": f"Bearer {model.key}"}
    body = json.dumps({"url": host.url("1.png"), "metadata": "text"}).encode()
    said = problem(["body", "metadata"], "value is not a valid dict", "type_error.dict")
    assert ask(model.kith, "POST", f"/models/{model.name}/add", body, headers) == (422, {"detail": [said]})


def test_urls_by_pages(model: Model) -> None:
    names = [f"http://a.example/{name}" for name in ("b", "B", "10", "9", "ü", "a/1", "a", "é", "Z", "😀")]
    urls = ["HTTP://a.example/", *names]
    source = random.Random(SEED)
    source.shuffle(urls)
    for url in urls:
        entry = {"url": url, "embedding": unit(model.dimension, source)}
        assert model.post("restore", [entry]) == (204, "")
    ordered = sorted(urls, key=str.encode)
    assert model.post("urls") == (200, ordered)
    assert model.post("urls", {"cursor": None}) == (200, ordered)
    assert model.post("urls", {"cursor": ordered[3]}) == (200, ordered[4:])
    assert model.post("urls", {"cursor": ordered[0], "limit": 1}) == (200, [ordered[1]])
    assert model.post("urls", {"limit": 10}) == (200, ordered[:10])
    assert model.post("urls", {"cursor": ordered[-1]}) == (200, [])
    assert model.count() == len(urls)


def test_dump_and_restore(model: Model, host: pictures.Host) -> None:
    for i in range(4):
        body = {"url": host.url(f"{i}.png"), "metadata": {"i": i, "ü": [1.5, {"n": None}]} if i % 2 else None}
        assert model.post("add", body) == (204, "")
    status, first = model.post("dump")
    assert status == 200 and [list(entry) for entry in first] == [["url", "metadata", "embedding"]] * 4
    for entry in first:
        assert len(entry["embedding"]) == model.dimension
        assert all(isinstance(x, float) for x in entry["embedding"])
        assert math.fsum(x * x for x in entry["embedding"]) == pytest.approx(1, abs=1e-5)
    model.clear()
    assert model.post("dump") == (200, [])
    # In another order, in two pieces, with metadata left out where there are none, and as ASCII.
    for entry in (first[2:], first[:2]):
        piece = [{name: value for name, value in one.items() if value is not None} for one in reversed(entry)]
        assert model.post("restore", json.dumps(piece, ensure_ascii=True).encode()) == (204, "")
    assert model.post("dump") == (200, first)
    assert model.get("dump") == (200, first)


def test_nothing_is_inserted(model: Model) -> None:
    assert model.post("add_bulk", []) == (200, {"added": [], "found": [], "failed": []})
    assert model.post("restore", []) == (204, "")
    assert model.count() == 0


def test_small_pictures(model: Model, host: pictures.Host) -> None:
    small, good = host.url("128/1.png"), host.url("1.png")
    refusal = {"msg": "Images must have their dimensions above 150 x 150 pixels", "type": "parameter_error"}
    for operation, body in (
        ("add", {"url": small}),
        ("search_add", {"url": small}),
        ("search", {"url": small}),
        ("compare", {"url": small, "other": good}),
        ("compare", {"url": good, "other": small}),
    ):
        assert model.post(operation, body) == (422, {"detail": [refusal]})
    assert model.post("add", {"url": host.url("150/1.png")}) == (204, "")


def test_add_bulk(model: Model, host: pictures.Host) -> None:
    good, gone = host.url("1.png"), host.url("gone.png")
    status, result = model.post("add_bulk", [{"url": good, "metadata": {"n": 1}}, {"url": gone}])
    assert status == 200 and result["added"] == [good] and result["found"] == []
    assert result["failed"] == [{"url": gone, "error": "The URL cannot be fetched: it answers with status 404"}]


def test_unknown_model(model: Model) -> None:
    status, answer = Model(model.kith, "none", 0, False, model.key).get("count")
    told = answer["detail"][0]
    assert status == 422 and told["loc"] == ["path", "model_name"] and told["type"] == "type_error.enum"
    permitted = told["ctx"]["enum_values"]
    assert permitted[0] == "vit_b32" and SHIPPED in permitted
    listed = ", ".join(f"'{name}'" for name in permitted)
    assert told["msg"] == f"value is not a valid enumeration member; permitted: {listed}"


def test_an_alias_has_a_collection_of_its_own(aliased: Kith, host: pictures.Host) -> None:
    own, other = (Model(aliased, name, 1280, False, "a") for name in (SHIPPED, "vit_b32"))
    assert own.post("add", {"url": host.url("1.png")}) == (204, "")
    assert (own.count(), other.count()) == (1, 0)
    assert other.post("restore", own.post("dump")[1]) == (204, "")
    assert other.post("search", {"url": host.url("1.png")})[1][0]["similarity"] == pytest.approx(100, abs=1e-3)
    listed = {model["name"]: model["model"] for model in ask(aliased, "GET", "/models", None, own.headers())[1]}
    assert listed["vit_b32"] == SHIPPED and listed[SHIPPED] == SHIPPED
    own.clear()
    other.clear()


def test_two_tenants_have_nothing_of_each_other(aliased: Kith, host: pictures.Host) -> None:
    ann, bob = (Model(aliased, SHIPPED, 1280, False, key) for key in "ab")
    mine, theirs = host.url("1.png"), host.url("2.png")
    try:
        for owner, url, name in ((ann, mine, "ann"), (bob, theirs, "bob"), (bob, mine, "bob")):
            assert owner.post("add", {"url": url, "metadata": {"of": name}}) == (204, "")
        assert (ann.count(), bob.count()) == (1, 2)
        assert ann.urls() == [mine] and bob.urls() == [mine, theirs]
        assert [entry["metadata"] for entry in ann.get("dump")[1]] == [{"of": "ann"}]
        assert [entry["metadata"] for entry in bob.post("dump")[1]] == [{"of": "bob"}] * 2
        assert [match["url"] for match in ann.post("search", {"url": theirs})[1]] == [mine]
        assert ann.get(f"entry?url={theirs}")[0] == 404
        assert ann.post("remove", {"url": theirs}) == (204, "")
        assert ann.post("search_add", {"url": mine})[0] == 409
        assert bob.count() == 2 and bob.get(f"entry?url={theirs}")[1]["metadata"] == {"of": "bob"}
        for path, body, answer in (
            ("count", {}, 1),
            ("urls", {"cursor": "", "limit": 10}, [mine]),
            ("get", {"urls": [theirs]}, []),
            ("remove", {"urls": [theirs]}, None),
        ):
            path = f"/collections/{SHIPPED}/{path}"
            assert ask(aliased, "POST", path, body, ann.headers()) == (200, answer)
        counts = {
            key: {model["name"]: model["count"] for model in ask(aliased, "GET", "/models", None, who.headers())[1]}
            for key, who in (("a", ann), ("b", bob))
        }
        assert counts["a"][SHIPPED] == 1 and counts["b"][SHIPPED] == 2
        assert ann.post("restore", bob.post("dump")[1]) == (204, "")
        assert ann.count() == 2 and bob.post("remove", {"url": mine}) == (204, "")
        assert ann.urls() == [mine, theirs] and bob.urls() == [theirs]
        stranger = ann.with_key("c")
        for operation in ("add", "search", "dump", "remove", "restore"):
            assert stranger.post(operation, b"{")[0] == 401
    finally:
        ann.clear()
        bob.clear()


def test_addresses_of_the_widest_characters_are_kept(original: Kith) -> None:
    model = Model(original, "vit_b32", 512, True)
    head = "http://a.example/"
    longest = head + "😀" * (2083 - len(head))
    entry = {"url": longest, "metadata": None, "embedding": [0.0] * 511 + [1.0]}
    assert model.post("restore", [entry]) == (204, "")
    assert model.post("dump") == (200, [entry])
    assert model.post("restore", [entry | {"url": longest + "x"}])[0] == 422
    model.clear()
