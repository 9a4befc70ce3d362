"""Who may come in through the Ahnlich door, how many, and what its own command line promises."""

from __future__ import annotations

import hashlib
import ssl
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import faissx.client.client as client_module
import numpy as np
import pytest
from ahnlich_client_py.grpc.algorithm.nonlinear import HnswConfig, NonLinearIndex
from ahnlich_client_py.grpc.db import query
from grpclib import GRPCError, Status
from grpclib.exceptions import StreamTerminatedError

from ahnlich import Client, entry, equals
from kinds import remote
from kith_server import Kith
from oracle import Content, assert_close, assert_nearest, gaussian
from raw import Raw, same_bits

CERTIFICATES = Path(__file__).resolve().parent.parent / "doors/src/test/resources/dev/kith/doors/grpc"
TLS = ("--tls-cert", str(CERTIFICATES / "ec-cert.pem"), "--tls-key", str(CERTIFICATES / "ec-sec1.pem"))
ALICE, BOB = "alices-key-of-20-chars", "bobs-key-of-18-char"


@pytest.fixture
def run(tmp_path: Path) -> Iterator[Callable[..., Kith]]:
    """Starts `kith ahnlich-db run` on any free port; what is still running is ended afterwards."""
    started: list[Kith] = []

    def start(*flags: str) -> Kith:
        kith = Kith(["ahnlich-db", "run", "--port", "0", *flags], tmp_path / "kith.log")
        started.append(kith)
        return kith.start()

    yield start
    for kith in started:
        kith.end()


@pytest.fixture
def users(tmp_path: Path) -> str:
    digests = {name: hashlib.sha256(key.encode()).hexdigest() for name, key in (("alice", ALICE), ("bob", BOB))}
    lines = ["# who may come in", "[users]", *(f'{name} = "{digest}"' for name, digest in digests.items())]
    file = tmp_path / "auth.toml"
    file.write_text("\n".join([*lines, "", "[security]", "min_key_length = 10", ""]))
    return str(file)


def trusting() -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=str(CERTIFICATES / "ec-cert.pem"))
    context.set_alpn_protocols(["h2"])
    return context


def refusal(port: int, credential: str | None, tls: ssl.SSLContext | None = None) -> tuple[Status, str] | None:
    with Client(port, credential, tls) as client:
        try:
            client.call("ping", query.Ping())
        except GRPCError as error:
            return error.status, error.message or ""
    return None


@pytest.mark.parametrize("encrypted", [True, False])
def test_users_of_the_original(run, users: str, encrypted: bool) -> None:
    kith = run("--enable-auth", "--auth-config", users, *(TLS if encrypted else ()))
    port, tls = kith.ports["ahnlich-db"], trusting() if encrypted else None
    unknown = (Status.UNAUTHENTICATED, "Invalid credentials")
    malformed = (Status.INVALID_ARGUMENT, "Invalid authorization format, expected 'Bearer username:api_key'")
    assert refusal(port, None, tls) == (Status.UNAUTHENTICATED, "Missing authorization header")
    assert refusal(port, f"alice:{BOB}", tls) == unknown
    assert refusal(port, f"carol:{ALICE}", tls) == unknown
    assert refusal(port, "alice:short", tls) == (
        Status.INVALID_ARGUMENT,
        "API key too short, minimum length: 10",
    )
    for form in ("alice", f"alice:{ALICE}:x", f"alice:{ALICE} x"):
        assert refusal(port, form, tls) == malformed
    assert refusal(port, f"alice:{ALICE}", tls) is None
    with Client(port, f"alice:{ALICE}", tls) as alice, Client(port, f"bob:{BOB}", tls) as bob:
        alice.create("shared", 1)
        assert [s.name for s in bob.call("list_stores", query.ListStores()).stores] == ["shared"]


def test_tls_without_authentication(run) -> None:
    kith = run(*TLS)
    assert refusal(kith.ports["ahnlich-db"], None, trusting()) is None


def test_keys_of_kith_say_the_tenant(launch) -> None:
    kith = launch(keys={"key-of-one": "one", "key-of-two": "two"})
    port = kith.ports["ahnlich-db"]
    assert refusal(port, None) == (Status.UNAUTHENTICATED, "Missing authorization header")
    assert refusal(port, "wrong") == (Status.UNAUTHENTICATED, "Invalid credentials")
    with Client(port, "key-of-one") as one, Client(port, "key-of-two") as two:
        one.create("mine", 1)
        one.create("theirs", 1, schema="apart")
        assert two.call("list_stores", query.ListStores()).stores == []
        assert two.refused("get_store", query.GetStore(store="mine")).status == Status.NOT_FOUND
        assert two.call("drop_schema", query.DropSchema(schema="apart")).deleted_count == 0
        assert one.call("get_store", query.GetStore(store="theirs", schema="apart")).len == 0
        with Client(port, "key-of-two") as other:
            other.call("ping", query.Ping())
            assert [len(c.call("list_clients", query.ListClients()).clients) for c in (one, two)] == [1, 2]


def test_connections_above_the_limit_end_at_once(run) -> None:
    port = run("--maximum-clients", "2").ports["ahnlich-db"]
    with Client(port) as first:
        with Client(port) as second:
            for client in (first, second):
                client.call("ping", query.Ping())
            assert len(second.call("list_clients", query.ListClients()).clients) == 2
            third = Client(port)
            with pytest.raises((GRPCError, StreamTerminatedError, ConnectionError, OSError)):
                third.call("ping", query.Ping(), timeout=5)
            third.close()
            assert len(first.call("list_clients", query.ListClients()).clients) == 2
        fourth = eventually(lambda: connected(port))
        assert len(fourth.call("list_clients", query.ListClients()).clients) == 2
        fourth.close()


def connected(port: int) -> Client | None:
    client = Client(port)
    try:
        client.call("ping", query.Ping(), timeout=5)
        return client
    except (GRPCError, StreamTerminatedError, OSError):
        client.close()
        return None


def eventually(attempt: Callable[[], Client | None]) -> Client:
    end = time.monotonic() + 20
    while time.monotonic() < end:
        found = attempt()
        if found is not None:
            return found
        time.sleep(0.05)
    raise AssertionError("not within 20 s")


def test_limits_of_the_original(run) -> None:
    kith = run("--message-size", "1000", "--allocator-size", "10485760", "--threadpool-size", "3", "--log-level", "info,x=warn", "--enable-mmap")
    assert "--enable-mmap is without effect: " in kith.log_text()
    with Client(kith.ports["ahnlich-db"]) as client:
        info = client.call("info_server", query.InfoServer()).info
        assert info.limit == 10_485_760
        refused = client.refused("get_store", query.GetStore(store="x" * 2000))
        assert refused.status in (Status.RESOURCE_EXHAUSTED, Status.OUT_OF_RANGE)
    with Client(kith.ports["ahnlich-db"]) as client:
        client.call("ping", query.Ping())


def test_memory_budget_is_refused_in_the_originals_words(run) -> None:
    port = run("--allocator-size", "10485760").ports["ahnlich-db"]
    with Client(port) as client:
        client.create("s", 1000)
        rows = [([float(i)] * 1000, {}) for i in range(1, 501)]
        with pytest.raises(GRPCError) as full:
            for batch in range(20):
                client.set("s", [([x + batch * 1000 for x in row], pairs) for row, pairs in rows])
        assert full.value.status == Status.RESOURCE_EXHAUSTED
        assert full.value.message.startswith("allocation error CapacityOverflow")
        assert client.call("get_store", query.GetStore(store="s")).len % len(rows) == 0


@pytest.mark.parametrize("clean", [True, False])
def test_persistence_keeps_what_was_acknowledged(run, tmp_path: Path, clean: bool) -> None:
    location = str(tmp_path / "db.dat")
    flags = ("--enable-persistence", "--persist-location", location, "--persistence-interval", "300000")
    entries = [([1.0, 2.0], {"a": "x", "image": b"\x00\x01"}), ([3.0, 4.0], {"a": "y"})]
    kith = run(*flags)
    with Client(kith.ports["ahnlich-db"]) as client:
        client.create("s", 2, create_predicates=["a"])
        client.set("s", entries)
        client.call("del_key", query.DelKey(store="s", keys=[query.__keyval__.StoreKey(key=[3.0, 4.0])]))
    kith.stop() if clean else kith.kill()
    kith = run(*flags)
    with Client(kith.ports["ahnlich-db"]) as client:
        again = query.CreateStore(store="s", dimension=2, error_if_exists=True)
        assert client.refused("create_store", again).status == Status.ALREADY_EXISTS
        assert client.get("s", [1, 2], [3, 4]) == entries[:1]


@pytest.mark.alone
def test_sigint_ends_it_within_five_seconds(run) -> None:
    kith = run()
    with Client(kith.ports["ahnlich-db"]) as client:
        client.call("ping", query.Ping())
        process = kith.process
        began = time.monotonic()
        process.send_signal(2)
        assert process.wait(5) == 0
        assert time.monotonic() - began < 5
    kith.process = None
    said = kith.log_text().lower()
    assert "error:" not in said and "panicked" not in said


@pytest.mark.parametrize(
    ("flags", "said"),
    [
        (["--enable-auth"], "--auth-config"),
        (["--auth-config", "none.toml"], "--auth-config: cannot be read"),
        (["--tls-cert", TLS[1]], "go together"),
        (["--cluster-addr", "127.0.0.1:1"], "no cluster"),
        (["--maximum-clients", "0"], "outside 1 to"),
        (["--what"], "--what"),
    ],
)
def test_command_lines_that_cannot_be(tmp_path: Path, flags: list[str], said: str) -> None:
    refused = Kith(["ahnlich-db", "run", "--port", "0", *flags], tmp_path / "kith.log").refuse()
    assert refused.status == 2
    assert said in refused.said


def test_snapshots_of_the_original_are_not_passed_over(tmp_path: Path) -> None:
    snapshot = tmp_path / "db.dat"
    snapshot.write_text("{}")
    flags = ["--persist-location", str(snapshot)]
    refused = Kith(["ahnlich-db", "run", "--port", "0", *flags], tmp_path / "kith.log").refuse()
    assert refused.status == 2
    assert "import it first" in refused.said


def test_one_data_set_two_doors(launch) -> None:
    kith = launch()
    rows = gaussian(300, 16, 41)
    queries = gaussian(20, 16, 42)
    with remote(kith) as faissx, Client(kith.ports["ahnlich-db"]) as ahnlich:
        vectors = client_module.get_client()
        ahnlich.create("docs", 16, create_predicates=["half"], non_linear_indices=[NonLinearIndex(hnsw=HnswConfig())])
        assert ahnlich.set("docs", [(row, {"half": str(i % 2)}) for i, row in enumerate(rows[:200])]) == (200, 0)
        stats = vectors.get_index_stats("public/docs")
        assert (stats["ntotal"], stats["dimension"]) == (200, 16)
        found = vectors.search("public/docs", queries, 5)["results"]
        assert_nearest(Content.dense(rows[:200]), queries, 5, [f["distances"] for f in found], [f["indices"] for f in found])
        assert same_bits(np.array(vectors.reconstruct("public/docs", 7)["vector"]), rows[7])

        index = faissx.IndexFlatL2(16)
        index.add(rows)
        (info,) = ahnlich.call("list_stores", query.ListStores(schema="faissx")).stores
        assert (info.name, info.len, info.dimension) == (index.index_id, 300, 16)
        listed = [(e["index_id"], e["vector_count"]) for e in vectors.list_indexes()["indexes"]]
        assert listed == [(index.index_id, 300), ("public/docs", 200)]
        for asked, (distances, ids) in zip(queries, zip(*index.search(queries, 5), strict=True), strict=True):
            for name, schema in ((index.index_id, "faissx"), (f"faissx/{index.index_id}", None)):
                near = ahnlich.nearest(name, asked, 5, 0, schema=schema)
                assert same_bits(np.array([key for key, _ in near]), rows[ids])
                assert_close([distance**2 for _, distance in near], distances)

        # What one changes, the other sees; entries without keys are not changed by keys.
        gone = ahnlich.call("del_pred", query.DelPred(store="docs", condition=equals("half", "1")))
        assert gone.deleted_count == 100 == vectors.get_index_stats("public/docs")["ntotal"]
        index.add(rows[:1])
        assert ahnlich.call("get_store", query.GetStore(store=index.index_id, schema="faissx")).len == 301
        refused = ahnlich.refused("set", query.Set(store=index.index_id, schema="faissx", inputs=[entry(rows[0], {})]))
        assert refused.status == Status.FAILED_PRECONDITION

        # Whoever deletes all that is listed deletes his own. A vector is a store's key, so it can be added; one that
        # is there keeps its value.
        with Raw(kith.endpoint) as raw:
            added = raw.ok("add_vectors", index_id="public/docs", vectors=rows[[0, 250]].tolist())
            assert added["ntotal"] == 101
            assert {name: raw.call("delete_index", index_id=name)["success"] for name in raw.listing()} == {
                index.index_id: True,
                "public/docs": False,
            }
            assert "another door" in raw.error("delete_index", index_id="public/docs")
        assert ahnlich.call("get_store", query.GetStore(store="docs")).len == 101
        kept = ahnlich.call("get_pred", query.GetPred(store="docs", condition=equals("half", "0")))
        assert len(kept.entries) == 100
