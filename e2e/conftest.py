"""Fixtures: shared servers for suites that leave nothing behind, and launchers for those that need their own."""

from __future__ import annotations

import fcntl
import itertools
import os
from collections.abc import Callable, Generator, Iterator
from pathlib import Path
from typing import IO

import pytest

import kith_server
import pictures
from kith_server import Kith
from raw import Raw

KEYS = {"key-of-one": "one", "key-of-two": "two", "other-key-of-one": "one"}


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--kill-rounds", type=int, default=50, help="rounds of kill -9 in test_kill_loop")
    parser.addoption("--kill-seed", type=int, default=None, help="seed of test_kill_loop; random and printed if absent")
    parser.addoption("--pictures", default=None, help="folder in which the browser tests leave what they have seen")


# The lock of this process, where two share the tests: on its own for a test marked `alone`, together for the others.
TURN: list[IO[str]] = []


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_protocol(item: pytest.Item, nextitem: pytest.Item | None) -> Generator[None, object, object]:
    """A test that is marked `alone` waits for the other process's to end, and holds it up until the next that is not."""
    if "PYTEST_XDIST_WORKER" not in os.environ:
        return (yield)
    alone = item.get_closest_marker("alone") is not None
    if not TURN:
        # The folder above is one for the processes of a run.
        TURN.append(_turn(item.config._tmp_path_factory.getbasetemp().parent, alone))
    try:
        return (yield)
    finally:
        if not (alone and nextitem is not None and nextitem.get_closest_marker("alone")):
            TURN.pop().close()


def _turn(folder: Path, alone: bool) -> IO[str]:
    turn = (folder / "turn.lock").open("w")
    # Who waits keeps the other from taking another turn before, else it might wait for ever.
    with (folder / "next.lock").open("w") as next_in_line:
        fcntl.flock(next_in_line, fcntl.LOCK_EX)
        fcntl.flock(turn, fcntl.LOCK_EX if alone else fcntl.LOCK_SH)
    return turn


class Fleet:
    """Servers that many tests share, started when first asked for."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.running: dict[str, Kith] = {}

    def server(self, store: str, secured: bool) -> Kith:
        name = f"{store}-{'keys' if secured else 'open'}"
        if name not in self.running:
            home = self.folder / name
            data = home / "data" if store == "disk" else None
            kith = kith_server.serve(home, data=data, keys=KEYS if secured else None)
            self.running[name] = kith.start()
        return self.running[name]


@pytest.fixture(scope="session")
def fleet(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fleet]:
    fleet = Fleet(tmp_path_factory.mktemp("fleet"))
    yield fleet
    for kith in fleet.running.values():
        kith.stop()


@pytest.fixture
def server(fleet: Fleet) -> Iterator[Kith]:
    """A shared server in memory, without keys; indexes left behind are deleted."""
    kith = fleet.server("memory", secured=False)
    yield kith
    sweep(kith, None)


@pytest.fixture
def raw(server: Kith) -> Iterator[Raw]:
    with Raw(server.endpoint) as client:
        yield client


@pytest.fixture
def launch(tmp_path: Path) -> Iterator[Callable[..., Kith]]:
    """Starts servers of the test's own: launch(data=…, keys=…, "--flag"); they are ended afterwards."""
    yield from _starting(tmp_path)


@pytest.fixture(scope="module")
def launch_for_module(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., Kith]]:
    """The same for servers that the tests of a module share."""
    yield from _starting(tmp_path_factory.mktemp("module"))


def _starting(folder: Path) -> Iterator[Callable[..., Kith]]:
    started: list[Kith] = []
    numbers = itertools.count()

    def start(*extra: str, **options: object) -> Kith:
        kith = kith_server.serve(folder / f"server{next(numbers)}", *extra, **options)
        started.append(kith)
        return kith.start()

    yield start
    for kith in started:
        kith.end()


@pytest.fixture(scope="module")
def host() -> Iterator[pictures.Host]:
    """A host on this machine that serves pictures."""
    with pictures.host() as serving:
        yield serving


def sweep(kith: Kith, key: str | None) -> None:
    """Deletes every index of the key's tenant; the server must be in good health for that."""
    assert kith.alive(), f"the server ended; log:\n{kith.log_text()[-4000:]}"
    with Raw(kith.endpoint, key) as client:
        for name in client.listing():
            client.ok("delete_index", index_id=name)
        assert client.listing() == {}
