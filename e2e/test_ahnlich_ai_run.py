"""The AI proxy as processes: killed, in front of a database elsewhere, with keys, and by its own command line."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from ahnlich_client_py.grpc.ai import query
from ahnlich_client_py.grpc.db import query as db_query
from grpclib import Status

import kith_server
import shell
from ahnlich import Client, equals
from ahnlich_ai import AiClient, wanted
from kith_server import Kith
from test_ahnlich_access import TLS

TEXTS = [("A man is eating food.", {"kind": "man"}), ("A cheetah chases its prey.", {"kind": "cat"})]
KEYS = {"key-of-one": "one", "key-of-two": "two"}


@pytest.fixture
def run(tmp_path: Path) -> Iterator[Callable[..., Kith]]:
    """Command lines that start on any free port, once started or not; what still runs is ended afterwards."""
    made: list[Kith] = []
    numbers = itertools.count()

    def make(*arguments: str) -> Kith:
        kith = Kith(list(arguments), tmp_path / f"kith{next(numbers)}.log")
        made.append(kith)
        return kith

    yield make
    for kith in made:
        kith.end()


def proxy(run, database: Kith, *flags: str) -> Kith:
    where = ("--db-host", "127.0.0.1", "--db-port", str(database.ports["ahnlich-db"]))
    return run("ahnlich-ai", "run", "--port", "0", *where, *flags)


def names(client: AiClient) -> list[str]:
    return [store.name for store in client.call("list_stores", query.ListStores()).stores]


def fill(client: AiClient) -> None:
    client.create("s", predicates=["kind"])
    assert client.set("s", TEXTS) == (2, 0)


def holds(client: AiClient) -> None:
    (store,) = client.call("list_stores", query.ListStores()).stores
    assert (store.name, store.embedding_size, store.predicate_indices, store.db_info.len) == ("s", 384, ["kind"], 2)
    assert client.where("s", equals("kind", "cat")) == [TEXTS[1]]
    assert client.nearest("s", "a big cat hunts")[0][0] == TEXTS[1][0]


def test_a_killed_server_loses_nothing(launch, tmp_path: Path) -> None:
    kith = launch(data=tmp_path / "data")
    with AiClient(kith.ports["ahnlich-ai"]) as client:
        fill(client)
        client.create("dropped")
        client.call("drop_store", query.DropStore(store="dropped"))
    kith.kill()
    kith.restart_same_ports()
    with AiClient(kith.ports["ahnlich-ai"]) as client:
        holds(client)
    with Client(kith.ports["ahnlich-db"]) as db:
        assert db.call("drop_store", db_query.DropStore(store="s")).deleted_count == 1
    with AiClient(kith.ports["ahnlich-ai"]) as client:
        assert names(client) == []


def test_tenants_do_not_see_each_other(fleet) -> None:
    port = fleet.server("memory", secured=True).ports["ahnlich-ai"]
    with AiClient(port, "key-of-one") as one, AiClient(port, "key-of-two") as two:
        fill(one)
        assert names(two) == []
        assert two.refused("get_sim_n", wanted("s", "x")).status == Status.NOT_FOUND
        assert two.call("purge_stores", query.PurgeStores()).deleted_count == 0
        holds(one)
        one.call("purge_stores", query.PurgeStores())
    with AiClient(port, "no-key") as nobody, AiClient(port) as silent:
        assert nobody.refused("ping", query.Ping()).status == Status.UNAUTHENTICATED
        assert silent.refused("set", query.Set(store="s")).message == "Missing authorization header"


def test_a_database_elsewhere_keeps_the_entries_and_we_the_records(launch, run, tmp_path: Path) -> None:
    keys = {"key-of-the-proxy": "one"}
    database = launch(*TLS, "--doors", "ahnlich-db", data=tmp_path / "db", keys=keys)
    flags = ("--db-https", "--db-auth-key", "key-of-the-proxy", "--persist-location", str(tmp_path / "proxy"))
    refusal = proxy(run, database, *flags).refuse()
    assert refusal.status == 1 and "does not answer" in refusal.err and "UNAVAILABLE" in refusal.err
    elsewhere = ["serve", "--doors", "ahnlich-ai", "--ahnlich-ai-port", "0", "--data-dir", str(tmp_path / "proxy.kith")]
    trusted = ("--ahnlich-ai-db-tls", "--ahnlich-ai-db-ca", TLS[1], "--ahnlich-ai-db-key", "key-of-the-proxy")
    where = ("--ahnlich-ai-db", f"localhost:{database.ports['ahnlich-db']}")
    kith = run(*elsewhere, *where, *trusted).start()
    assert list(kith.ports) == ["ahnlich-ai"]
    with AiClient(kith.ports["ahnlich-ai"]) as client:
        fill(client)
        kith.kill()
    database.kill()
    database.restart_same_ports()
    kith.restart_same_ports()
    with AiClient(kith.ports["ahnlich-ai"]) as client:
        holds(client)
        database.kill()
        (store,) = client.call("list_stores", query.ListStores()).stores
        assert (store.name, store.db_info) == ("s", None)
        assert client.refused("get_store", query.GetStore(store="s")).status == Status.UNAVAILABLE
        database.restart_same_ports()
        assert client.call("drop_store", query.DropStore(store="s")).deleted_count == 1
        assert names(client) == []


def test_the_original_command_line(run, launch, tmp_path: Path) -> None:
    database = launch("--doors", "ahnlich-db")
    flags = ("--supported-models", "all-minilm-l6-v2", "--persist-location", str(tmp_path / "snap"))
    kith = proxy(run, database, *flags, "--enable-streaming", "--ai-model-idle-time", "60").start()
    assert list(kith.ports) == ["ahnlich-ai"]
    with AiClient(kith.ports["ahnlich-ai"]) as client:
        fill(client)
    kith.stop()
    kith.restart_same_ports()
    with AiClient(kith.ports["ahnlich-ai"]) as client:
        holds(client)
        absent = client.refused("create_store", query.CreateStore(store="t", index_model=1, query_model=1))
        assert (absent.status, absent.message) == (
            Status.INTERNAL,
            "index_model or query_model not selected or loaded during aiproxy startup",
        )
    alone = run("ahnlich-ai", "run", "--port", "0", "--without-db").start()
    with AiClient(alone.ports["ahnlich-ai"]) as client:
        refused = client.refused("create_store", query.CreateStore(store="t"))
        assert (refused.status, refused.message) == (Status.FAILED_PRECONDITION, "No DB client available")


@pytest.mark.parametrize(
    ("flags", "said"),
    [
        (["--db-port", "1"], "does not answer"),
        (["--without-db", "--db-host", "127.0.0.1"], "exclude each other"),
        (["--session-profiling"], "--session-profiling"),
        (["--without-db", "--supported-models", "gpt"], "gpt is no model"),
        (["--without-db", "--supported-models", "resnet-50"], "kith models pull resnet-50"),
    ],
)
def test_starts_that_are_refused(run, flags: list[str], said: str) -> None:
    refusal = run("ahnlich-ai", "run", "--port", "0", *flags).refuse()
    assert refusal.status != 0 and said in refusal.err


def test_keys_of_several_tenants_do_not_share_a_database_elsewhere(tmp_path: Path) -> None:
    refusal = kith_server.serve(tmp_path, "--ahnlich-ai-db", "127.0.0.1:1369", keys=KEYS).refuse()
    assert refusal.status == 2 and "would mix the 2 tenants" in refusal.err


def test_the_shell_speaks_to_the_proxy(fleet) -> None:
    port = str(fleet.server("memory", secured=False).ports["ahnlich-ai"])
    lines = (
        "CREATESTORE books QUERYMODEL all-minilm-l6-v2 INDEXMODEL all-minilm-l6-v2 PREDICATES (author) STOREORIGINAL",
        "SET (([a tale of two cities], {author: dickens}), ([les miserables], {author: hugo})) IN books"
        " PREPROCESSACTION modelpreprocessing",
        "GETSIMN 1 WITH [two towns] USING cosinesimilarity PREPROCESSACTION modelpreprocessing IN books;"
        " GETKEY ([les miserables]) IN books; GETPRED (author = hugo) IN books; LISTCLIENTS; INFOSERVER",
        "UPSERT ([notre dame], NONE) WHERE (author = hugo) IN books PREPROCESSACTION modelpreprocessing"
        " EXECUTIONPROVIDER cuda",
        "DELKEY ([notre dame]) IN books; LISTSTORES; PURGESTORES; GETSTORE books",
    )
    ended = shell.kith("shell", "--agent", "ai", "--port", port, "--json", stdin="\n".join(lines))
    assert ended.status == 0, ended.err
    replies = ended.replies
    assert replies[1] == {"reply": "Set", "inserted": 2, "updated": 0}
    assert replies[2]["rows"][0]["key"] == "a tale of two cities"
    assert replies[3]["rows"] == replies[4]["rows"] == [{"key": "les miserables", "value": {"author": "hugo"}}]
    assert replies[6]["type"] == "AI"
    assert replies[7] == {"reply": "Set", "inserted": 0, "updated": 1}
    assert [reply.get("deleted_count") for reply in (replies[8], replies[10])] == [1, 1]
    assert replies[9]["rows"][0]["query_model"] == "ALL_MINI_LM_L6_V2"
    assert replies[11]["code"] == Status.NOT_FOUND.value
