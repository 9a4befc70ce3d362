"""Ten thousand small collections in a process of less than 2 GiB, before and after a restart."""

from __future__ import annotations

import random
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from kith_server import Kith
from oracle import gaussian
from raw import Pipeline, Raw, floats

COLLECTIONS = 10_000
D = 16
ROWS = 8
PROCESS_MIB_MAX = 2048
CLIENTS = 8
VECTORS = gaussian(ROWS, D, 1)


def fill(kith: Kith, names: list[str]) -> None:
    with Pipeline(kith.endpoint) as dealer:
        for action, fields in (
            ("create_index", {"dimension": D, "index_type": "L2"}),
            ("add_vectors", {"vectors": floats(VECTORS)}),
        ):
            replies = dealer.ask_all(action, [{"index_id": name, **fields} for name in names])
            assert all(reply["success"] for reply in replies)


def resident_mib(kith: Kith) -> int:
    """The launcher becomes the server, so that its process is the server's."""
    with open(f"/proc/{kith.pid}/status", encoding="ascii") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("VmRSS:")) >> 10


def answers(kith: Kith, names: list[str]) -> None:
    with Raw(kith.endpoint) as raw:
        for name in names:
            reply = raw.ok("search", index_id=name, query_vectors=floats(VECTORS[3:4]), k=1)
            assert reply["results"][0]["indices"] == [3]


@pytest.mark.alone
@pytest.mark.timeout(600)
def test_ten_thousand_small_collections(launch: Callable[..., Kith], tmp_path: Path) -> None:
    kith = launch("--doors", "faissx", data=tmp_path / "data", environment={"KITH_JAVA_OPTIONS": "-Xmx1g"})
    names = [f"small-{number}" for number in range(COLLECTIONS)]
    with ThreadPoolExecutor(CLIENTS) as pool:
        list(pool.map(lambda at: fill(kith, names[at::CLIENTS]), range(CLIENTS)))
    some = random.Random(2).sample(names, 500)
    answers(kith, some)
    assert resident_mib(kith) < PROCESS_MIB_MAX
    kith.kill()
    kith.restart_same_ports()
    answers(kith, some)
    with Raw(kith.endpoint) as raw:
        assert raw.counts() == dict.fromkeys(names, ROWS)
    assert resident_mib(kith) < PROCESS_MIB_MAX
