"""./kith shell against the packaged server: the text language, its replies, its exit codes, and a terminal."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import select
import socket
import struct
import subprocess
import termios
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from ahnlich_client_py.grpc.db import query

import kith_server
from ahnlich import Client
from kith_server import KITH, Kith
from shell import json_of, kith, shell

TERMINAL_SECONDS = 120.0


@pytest.fixture
def server(fleet) -> Iterator[Kith]:
    """A shared server, whose stores are dropped afterwards."""
    server = fleet.server("memory", secured=False)
    yield server
    with Client(server.ports["ahnlich-db"]) as client:
        for schema in ("public", "analytics"):
            for store in client.call("list_stores", query.ListStores(schema=schema)).stores:
                client.call("drop_store", query.DropStore(store=store.name, schema=schema))


@pytest.mark.parametrize(("line", "names"), [("PING", ["Pong"]), ("INFOSERVER", ["InfoServer"]),
    ("LISTSTORES", ["StoreList"]), ("PING; INFOSERVER", ["Pong", "InfoServer"])])
def test_scripts_print_what_the_original_names(server: Kith, line: str, names: list[str]) -> None:
    ended = shell(server, "--agent", "db", "--host", "http://127.0.0.1", "--no-interactive", stdin=line)
    assert ended.status == 0
    assert [found for found in re.findall(r"^\w+", ended.out, re.M) if found in names] == names
    assert "\x1b" not in ended.out
    assert ended.err == ""


def test_a_port_where_nobody_listens_is_a_failure_with_a_reason() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    ended = kith("shell", "--port", str(port), "--no-interactive", stdin="PING")
    assert ended.status == 1
    assert "no connection to 127.0.0.1" in ended.err


def test_a_server_of_the_other_kind_is_refused(server: Kith) -> None:
    ended = shell(server, "--agent", "ai", "--no-interactive", stdin="PING")
    assert ended.status == 1
    assert "is not a valid AI server" in ended.err


def test_garbage_and_nothing_are_failures(server: Kith) -> None:
    garbage = shell(server, "--no-interactive", stdin="PING; random")
    assert (garbage.status, garbage.out) == (1, "")
    assert "line 1, column 7: expected a statement" in garbage.err
    nothing = shell(server, "--no-interactive", stdin=" \n")
    assert nothing.status == 1
    assert "No input provided" in nothing.err


def test_refusals_are_printed_and_end_only_strict_scripts(server: Kith, tmp_path: Path) -> None:
    script = tmp_path / "script"
    script.write_text("# comment\nGETSTORE none\nPING\n")
    ended = shell(server, "-f", script)
    assert ended.status == 0
    assert 'Error: Store StoreName { value: "none" } not found' in ended.out
    assert "Pong" in ended.out
    strict = shell(server, "-f", script, "--strict")
    assert strict.status == 1
    assert "Pong" not in strict.out


def test_every_statement_does_what_it_says(server: Kith) -> None:
    replies = json_of(
        server,
        "CREATESTORE IF NOT EXISTS articles DIMENSION 2 PREDICATES (author) NONLINEARALGORITHMINDEX (hnsw)",
        "CREATESTORE IF NOT EXISTS articles DIMENSION 3; CREATESTORE articles DIMENSION 2",
        "SET (([0.1, 0.2], {author: dickens, cover: /x00ff}), ([-1, 2.5e-1], {author: 'hugo, victor'})) IN articles",
        "GETKEY ([-1, 0.25]) IN articles; GETPRED (author = 'hugo, victor') IN articles",
        "GETSIMN 1 WITH [0.1, 0.2] USING euclideandistance IN articles WHERE ((author = dickens) OR (author = x))",
        "GETSIMN 2 WITH [-1, 0.2] USING hnsw IN articles; GETSIMN 1 WITH [1, 1] USING kdtree IN articles",
        "UPSERT (NONE, {year: 1862}) WHERE (author != dickens) IN articles MERGE; GETPRED (year IN (1862)) IN articles",
        "CREATENONLINEARALGORITHMINDEX (kdtree) IN articles; GETSIMN 1 WITH [0, 0] USING kdtree IN articles",
        "DROPNONLINEARALGORITHMINDEX IF EXISTS (kdtree, hnsw) IN articles",
        "CREATEPREDINDEX (author, year) IN articles; DROPPREDINDEX IF EXISTS (year, none) IN articles",
        "LISTSTOREENTRIES articles LIMIT 1",
        "DELPRED (author = dickens) IN articles; DELKEY ([7, 7]) IN articles; CLEARSTORE articles; GETSTORE articles",
        "CREATESTORE t DIMENSION 1 SCHEMA analytics; LISTSTORES SCHEMA analytics; DROPSCHEMA analytics",
        "DROPSTORE articles; DROPSTORE articles; DROPSTORE articles IF EXISTS; LISTCLIENTS; CLUSTERINFO",
    )
    hugo = {"key": [-1.0, 0.25], "value": {"author": "hugo, victor"}}
    told = iter(replies)
    assert next(told) == {"reply": "Unit"}
    assert next(told) == {"reply": "Unit"}
    assert next(told) == {"error": 'Store StoreName { value: "articles" } already exists', "code": 6}
    assert next(told) == {"reply": "Set", "inserted": 2, "updated": 0}
    assert next(told) == {"reply": "Get", "rows": [hugo]}
    assert next(told) == {"reply": "Get", "rows": [hugo]}
    [found] = next(told)["rows"]
    assert found == {"key": [0.1, 0.2], "value": {"author": "dickens", "cover": {"image": "AP8="}}, "similarity": 0.0}
    assert [row["value"]["author"] for row in next(told)["rows"]] == ["hugo, victor", "dickens"]
    assert next(told)["code"] == 5
    assert next(told) == {"reply": "Set", "inserted": 0, "updated": 1}
    assert next(told)["rows"] == [{"key": [-1.0, 0.25], "value": {"author": "hugo, victor", "year": "1862"}}]
    assert next(told) == {"reply": "CreateIndex", "created_indexes": 1}
    assert next(told)["rows"][0]["key"] == [0.1, 0.2]
    assert next(told) == {"reply": "Del", "deleted_count": 2}
    assert next(told) == {"reply": "CreateIndex", "created_indexes": 1}
    assert next(told) == {"reply": "Del", "deleted_count": 1}
    page = next(told)
    assert len(page["rows"]) == 1 and page["next_cursor"]
    assert [next(told)["deleted_count"] for _ in range(3)] == [1, 0, 1]
    info = next(told)
    assert (info["reply"], info["len"], info["predicate_indices"]) == ("StoreInfo", 0, ["author"])
    assert next(told) == {"reply": "Unit"}
    assert [row["name"] for row in next(told)["rows"]] == ["t"]
    assert next(told) == {"reply": "Del", "deleted_count": 1}
    assert next(told) == {"reply": "Del", "deleted_count": 1}
    assert next(told)["code"] == 5
    assert next(told) == {"reply": "Del", "deleted_count": 0}
    assert len(next(told)["rows"]) == 1
    assert next(told)["rows"][0]["role"] == "NODE_ROLE_LEADER"
    assert next(told, None) is None


def test_texts_of_all_scripts_are_whole_in_any_locale(server: Kith) -> None:
    lines = "CREATESTORE s DIMENSION 1\nSET (([1], {name: Ærøskøbing, 'ключ': '検索 🔎'})) IN s; GETKEY ([1]) IN s\n"
    ended = shell(server, "--json", stdin=lines, environment={"LC_ALL": "C"})
    assert ended.replies[2]["rows"][0]["value"] == {"name": "Ærøskøbing", "ключ": "検索 🔎"}


def test_a_cursor_leads_through_all_entries(server: Kith) -> None:
    entries = ", ".join(f"([{n}], {{n: {n}}})" for n in range(7))
    json_of(server, "CREATESTORE s DIMENSION 1", f"SET ({entries}) IN s")
    seen: list[float] = []
    cursor = ""
    while True:
        [page] = json_of(server, f"LISTSTOREENTRIES s LIMIT 3{cursor}")
        seen += [row["key"][0] for row in page["rows"]]
        if "next_cursor" not in page:
            break
        cursor = f" CURSOR '{page['next_cursor']}'"
    assert sorted(seen) == list(range(7))


def test_keys_are_sent_and_wrong_ones_refused(launch) -> None:
    server = launch(keys={"key-of-one": "one"})
    assert shell(server, "-c", "PING").status == 1
    wrong = shell(server, "--token", "nonsense", "-c", "PING")
    assert wrong.status == 1
    assert "UNAUTHENTICATED" in wrong.err
    assert shell(server, "--user", "me", "-c", "PING").status == 2
    assert "Pong" in shell(server, "--token", "key-of-one", "-c", "PING").out
    assert "Pong" in shell(server, "-c", "PING", environment={"KITH_SHELL_TOKEN": "key-of-one"}).out


class Terminal:
    """The shell as a person sees it."""

    def __init__(self, server: Kith, home: Path) -> None:
        self.master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 120, 0, 0))
        environment = kith_server.clean_environment({"HOME": str(home), "TERM": "xterm"})
        command = [str(KITH), "shell", "--port", str(server.ports["ahnlich-db"])]
        self.process = subprocess.Popen(command, stdin=slave, stdout=slave, stderr=slave, env=environment,
            start_new_session=True)
        os.close(slave)
        self.printed = b""
        self.seen = 0

    def __enter__(self) -> Terminal:
        return self

    def __exit__(self, *_: object) -> None:
        self.process.kill()
        os.close(self.master)

    def type(self, text: str) -> None:
        os.write(self.master, text.encode())

    def wait_for(self, text: str) -> None:
        """Reads on until the text has come; escape sequences do not count."""
        deadline = time.monotonic() + TERMINAL_SECONDS
        while True:
            plain = re.sub(rb"\x1b(\[[?0-9;]*[a-zA-Z]|[=>])", b"", self.printed).decode(errors="replace")
            at = plain.find(text, self.seen)
            if at >= 0:
                self.seen = at + len(text)
                return
            ready, _, _ = select.select([self.master], [], [], max(0.0, deadline - time.monotonic()))
            assert ready, f"{text!r} did not come; after {plain[:self.seen]!r} there is {plain[self.seen:]!r}"
            self.printed += os.read(self.master, 65536)

    def status(self) -> int:
        return self.process.wait(TERMINAL_SECONDS)


def test_a_terminal_has_completion_help_history_and_forgives(server: Kith, tmp_path: Path) -> None:
    json_of(server, "CREATESTORE articles DIMENSION 2")
    with Terminal(server, tmp_path) as terminal:
        terminal.wait_for("> ")
        terminal.type("nonsense\r")
        terminal.wait_for("Error: column 1: expected a statement")
        terminal.wait_for("> ")
        terminal.type("getst\tart\t\r")
        terminal.wait_for("StoreInfo")
        terminal.wait_for("> ")
        terminal.type("help set\r")
        terminal.wait_for("SET (([0.1, -2e-3], {key: value, ..}), ..)")
        terminal.wait_for("> ")
        terminal.type("exit\r")
        assert terminal.status() == 0
    assert "help set" in (tmp_path / ".kith_history").read_text()
    with Terminal(server, tmp_path) as again:
        again.wait_for("> ")
        again.type("\x10\x10\r")
        again.wait_for("SET (([0.1")
        again.wait_for("> ")
        again.type("\x04")
        assert again.status() == 0
