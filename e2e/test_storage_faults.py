"""Damaged files, cut tails, lost files, a full disk: said clearly, confined to one collection, never invented data."""

from __future__ import annotations

import os
import resource
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

import kith_server
from kith_server import Kith
from oracle import gaussian
from raw import Raw, floats, same_bits

D = 16
BATCHES = 6
ROWS = 20
NAMES = ("left", "hurt", "right")


def rows_of(name: str) -> np.ndarray:
    return gaussian(BATCHES * ROWS, D, seed=sum(map(ord, name)))


def fill(raw: Raw) -> None:
    for name in NAMES:
        raw.create(name, D)
        for batch in np.split(rows_of(name), BATCHES):
            raw.ok("add_vectors", index_id=name, vectors=batch.tolist())


def place_of(data: Path, row: np.ndarray) -> tuple[Path, int]:
    """The one file that holds this vector, and at which byte."""
    wanted = floats(row)
    places = [(p, p.read_bytes().find(wanted)) for p in sorted(data.rglob("*")) if p.is_file()]
    found = [(path, at) for path, at in places if at >= 0]
    assert len(found) == 1, f"the vector is in {found}"
    return found[0]


def flip(path: Path, at: int, bit: int = 0) -> None:
    with path.open("r+b") as file:
        file.seek(at)
        byte = file.read(1)[0]
        file.seek(at)
        file.write(bytes([byte ^ (1 << bit)]))


@pytest.fixture
def stored(launch: Callable[..., Kith], tmp_path: Path) -> Path:
    """A data folder with three collections, its server stopped cleanly."""
    kith = launch(data=tmp_path / "data")
    with Raw(kith.endpoint) as raw:
        fill(raw)
    kith.stop()
    return tmp_path / "data"


def untouched(raw: Raw, *names: str) -> None:
    """These collections serve every bit, and take new vectors."""
    for name in names:
        assert same_bits(raw.vectors(name)[: BATCHES * ROWS], rows_of(name)), name
        raw.ok("add_vectors", index_id=name, vectors=gaussian(1, D, 99).tolist())


def writes_refused(raw: Raw, name: str) -> list[str]:
    return [
        raw.error("add_vectors", index_id=name, vectors=gaussian(1, D, 98).tolist()),
        raw.error("reset", index_id=name),
        raw.error("clear", index_id=name),
    ]


def test_flipped_bit_quarantines_one_collection(launch: Callable[..., Kith], stored: Path) -> None:
    path, at = place_of(stored, rows_of("hurt")[2 * ROWS + 3])
    flip(path, at)
    damaged = path.read_bytes()
    kith = launch(data=stored)
    with Raw(kith.endpoint) as raw:
        untouched(raw, "left", "right")
        errors = writes_refused(raw, "hurt")
        assert set(raw.listing()) == set(NAMES)
        # What is still given is what was stored before the damage, and nothing else.
        reply = raw.call("get_vectors", index_id="hurt")
        if reply["success"]:
            assert same_bits(np.array(reply["vectors"]).reshape(-1, D), rows_of("hurt")[: len(reply["vectors"])])
            assert len(reply["vectors"]) <= 2 * ROWS
        status = raw.call("get_index_status", index_id="hurt")
        listed = raw.listing()["hurt"]
    said = [line for line in kith.log_text().splitlines() if path.name in line]
    assert any(any(word.strip(".,:;").isdigit() for word in line.split()) for line in said), kith.log_text()[-2000:]
    assert status["success"], "what is before the damage can be read"
    assert all(path.parent.name in text for text in (listed["damage"], status["status"]["damage"])), listed
    assert all("quarantine" in error and path.parent.name in error for error in errors), errors
    kith.stop()
    assert path.read_bytes() == damaged, "a damaged file is evidence"
    again = launch(data=stored)
    with Raw(again.endpoint) as raw:
        writes_refused(raw, "hurt")
        untouched(raw, "left", "right")
        raw.ok("delete_index", index_id="hurt")
        raw.create("hurt", D)
        raw.ok("add_vectors", index_id="hurt", vectors=gaussian(3, D, 1).tolist())


def test_any_flipped_bit_is_found(stored: Path, tmp_path: Path) -> None:
    random, noticed = np.random.default_rng(11), 0
    files = [p.relative_to(stored) for p in sorted(stored.rglob("*")) if p.is_file() and p.stat().st_size]
    for number in range(14):
        name = files[number % len(files)]
        copy = tmp_path / f"flip{number}"
        shutil.copytree(stored, copy)
        used = np.flatnonzero(np.frombuffer((copy / name).read_bytes(), np.uint8))
        at = int(random.choice(used)) if len(used) else 0
        flip(copy / name, at, int(random.integers(8)))
        noticed += check_after_damage(tmp_path / f"server{number}", copy, f"bit flip in {name} at {at}")
    assert noticed > 5, "flips that nobody notices prove nothing"


def check_after_damage(home: Path, data: Path, what: str) -> bool:
    """Either a clear refusal to start, or at most one collection is not whole, and it gives a prefix or an error.

    Answers whether the damage was noticed at all.
    """
    kith = kith_server.serve(home, data=data)
    try:
        try:
            kith.start()
        except AssertionError:
            assert "\tat " not in kith.log_text() and kith.log_text().strip(), f"{what}: {kith.log_text()}"
            return True
        partial = []
        with Raw(kith.endpoint) as raw:
            for name in NAMES:
                reply = raw.call("get_vectors", index_id=name)
                if not reply["success"]:
                    partial.append(name)
                    continue
                got = np.array(reply["vectors"], dtype=np.float32).reshape(-1, D)
                assert same_bits(got, rows_of(name)[: len(got)]), f"{what}: {name} gives what was never stored"
                if len(got) < BATCHES * ROWS:
                    partial.append(name)
                    writes_refused(raw, name)
        assert len(partial) <= 1, f"{what}: {partial}"
        return bool(partial)
    finally:
        kith.end()
        shutil.rmtree(data, ignore_errors=True)


def test_cut_tail_loses_only_the_last_record(launch: Callable[..., Kith], tmp_path: Path) -> None:
    kith = launch(data=tmp_path / "data")
    with Raw(kith.endpoint) as raw:
        fill(raw)
    kith.kill()
    path, at = place_of(tmp_path / "data", rows_of("hurt")[-ROWS])
    for number, keep in enumerate((at - 1, at, at + 5, at + 700, at + ROWS * D * 4 - 1)):
        copy = tmp_path / f"cut{number}"
        shutil.copytree(tmp_path / "data", copy)
        cut_file = copy / path.relative_to(tmp_path / "data")
        size = cut_file.stat().st_size
        os.truncate(cut_file, keep)
        if number % 2:
            # As a file system leaves it when the size was written and the data were not.
            os.truncate(cut_file, size)
        started = launch(data=copy)
        with Raw(started.endpoint) as raw:
            untouched(raw, "left", "right")
            assert same_bits(raw.vectors("hurt"), rows_of("hurt")[:-ROWS]), f"cut at {keep}"
            raw.ok("add_vectors", index_id="hurt", vectors=rows_of("hurt")[-ROWS:].tolist())
            assert same_bits(raw.vectors("hurt"), rows_of("hurt"))
        assert "\tat " not in started.log_text(), "no stack trace for an ordinary crash"
        started.end()


def test_lost_file_is_never_taken_for_empty(launch: Callable[..., Kith], stored: Path) -> None:
    path, _ = place_of(stored, rows_of("hurt")[0])
    path.unlink()
    kith = launch(data=stored)
    with Raw(kith.endpoint) as raw:
        untouched(raw, "left", "right")
        writes_refused(raw, "hurt")
        never_shown_as_empty(raw, "hurt", path.parent.name)
    told = path.name in kith.log_text() or path.parent.name in kith.log_text()
    assert told, f"nothing says what is missing: {kith.log_text()[-2000:]}"


def never_shown_as_empty(raw: Raw, name: str, place: str) -> None:
    """Every action says what is wrong, and where; the list has the index, and no count of vectors."""
    one = rows_of(name)[:1].tolist()
    for action in ("get_vectors", "reconstruct_n", "get_index_stats", "get_index_status", "get_index_info"):
        assert place in raw.error(action, index_id=name), action
    assert place in raw.error("search", index_id=name, query_vectors=one)
    entry = raw.listing()[name]
    assert entry["vector_count"] is None and place in entry["unavailable"], entry


def test_wrong_manifest_is_never_taken_for_empty(launch: Callable[..., Kith], stored: Path) -> None:
    folder = place_of(stored, rows_of("hurt")[0])[0].parent
    flip(folder / "manifest", 20)
    kith = launch(data=stored)
    with Raw(kith.endpoint) as raw:
        untouched(raw, "left", "right")
        never_shown_as_empty(raw, "hurt", folder.name)
        lines = kith.log_text().count("cannot be opened")
        for _ in range(20):
            raw.error("get_index_stats", index_id="hurt")
        assert kith.log_text().count("cannot be opened") == lines == 1, "one attempt is enough"
        raw.ok("delete_index", index_id="hurt")
        raw.create("hurt", D)
        assert raw.counts()["hurt"] == 0


def test_too_little_memory_is_never_taken_for_empty(launch: Callable[..., Kith], tmp_path: Path) -> None:
    kith = launch(data=tmp_path / "data")
    rows = gaussian(42_000, 64, 7)
    with Raw(kith.endpoint) as raw:
        for name in ("one", "two"):
            raw.create(name, 64)
            for batch in np.split(rows, 6):
                raw.ok("add_vectors", index_id=name, vectors=floats(batch))
    kith.stop()
    # One of the two has 12 MB.
    small = launch("--memory", "16M", data=tmp_path / "data")
    with Raw(small.endpoint) as raw:
        counts = raw.counts()
        assert sorted(counts) == ["one", "two"] and sorted(map(str, counts.values())) == ["42000", "None"], counts
        [shut] = [name for name, count in counts.items() if count is None]
        assert "Memory budget" in raw.error("get_index_stats", index_id=shut)
        assert "Memory budget" in raw.listing()[shut]["unavailable"]
    small.stop()
    whole = launch(data=tmp_path / "data")
    with Raw(whole.endpoint) as raw:
        assert raw.counts() == {"one": 42_000, "two": 42_000}


def test_unknown_files_are_left_alone(launch: Callable[..., Kith], stored: Path) -> None:
    strangers = [stored / "notes.txt", stored / "lost+found" / "#123", stored / "left" / "x.log"]
    strangers += [folder / "stranger" for folder in stored.rglob("*") if folder.is_dir()]
    for stranger in strangers:
        stranger.parent.mkdir(exist_ok=True, parents=True)
        stranger.write_text("mine")
    kith = launch(data=stored)
    with Raw(kith.endpoint) as raw:
        untouched(raw, *NAMES)
    kith.stop()
    # Whoever puts a file into a collection's own folder has to expect that it goes; at the top it stays.
    assert all(s.exists() for s in strangers[:2])


class Disk:
    """A small file system of its own, or, where mounting is not allowed, a limit on the size of any file."""

    BYTES = 64 << 20

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir()
        command = ["mount", "-t", "tmpfs", "-o", f"size={self.BYTES}", "tmpfs", str(folder)]
        self.mounted = os.geteuid() == 0 and subprocess.run(command, capture_output=True).returncode == 0

    def use_up(self, kith: Kith) -> None:
        if not self.mounted:
            biggest = max(p.stat().st_size for p in (self.folder / "data").rglob("*") if p.is_file())
            resource.prlimit(kith.pid, resource.RLIMIT_FSIZE, (biggest, resource.RLIM_INFINITY))
            return
        with (self.folder / "ballast").open("wb", buffering=0) as ballast:
            try:
                while True:
                    ballast.write(bytes(4096))
            except OSError:
                pass

    def give_back(self, kith: Kith) -> None:
        if self.mounted:
            (self.folder / "ballast").unlink()
        else:
            unlimited = (resource.RLIM_INFINITY, resource.RLIM_INFINITY)
            resource.prlimit(kith.pid, resource.RLIMIT_FSIZE, unlimited)

    def close(self) -> None:
        if self.mounted:
            subprocess.run(["umount", "-l", str(self.folder)], check=True)


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Disk]:
    disk = Disk(tmp_path / "disk")
    yield disk
    disk.close()


def test_full_disk_refuses_writes_and_recovers(launch: Callable[..., Kith], disk: Disk) -> None:
    data = disk.folder / "data"
    kith = launch(data=data)
    with Raw(kith.endpoint) as raw:
        fill(raw)
        raw.create("map", D, "IDMap2:L2")
        raw.ok("add_with_ids", index_id="map", vectors=gaussian(9, D, 1).tolist(), ids=list(range(9)))
        disk.use_up(kith)
        stored = [*np.split(rows_of("hurt"), BATCHES)]
        for number in range(100_000):
            batch = gaussian(500, D, 1000 + number)
            reply = raw.call("add_vectors", index_id="hurt", vectors=floats(batch))
            if not reply["success"]:
                break
            stored.append(batch)
        assert not reply["success"], "the disk never filled up"
        assert any(word in reply["error"].lower() for word in ("disk", "space", "full")), reply["error"]
        raw.error("add_vectors", index_id="hurt", vectors=floats(gaussian(5000, D, 1)))
        for _ in range(3):
            raw.ping()
            assert same_bits(raw.vectors("hurt"), np.vstack(stored))
            assert same_bits(raw.vectors("left"), rows_of("left"))
            raw.ok("search", index_id="right", query_vectors=rows_of("right")[:3].tolist(), k=5)
        made = raw.call("create_index", index_id="new", dimension=D)
        assert ("new" in raw.listing()) == made["success"], "half-made"
        disk.give_back(kith)
        wait_until(lambda: raw.call("add_vectors", index_id="hurt", vectors=floats(stored[-1]))["success"])
        stored.append(stored[-1])
        raw.ok("replace_vector", index_id="map", id=3, vector=[1.0] * D)
        if not made["success"]:
            raw.create("new", D)
        kith.kill()
        kith.restart_same_ports()
        assert same_bits(raw.vectors("hurt"), np.vstack(stored))
        assert raw.counts() == {**dict.fromkeys(("left", "right"), BATCHES * ROWS), "hurt": len(np.vstack(stored)),
                                "map": 9, "new": 0}  # fmt: skip
        kith.stop()


def test_full_disk_stops_and_starts_again(launch: Callable[..., Kith], disk: Disk) -> None:
    kith = launch(data=disk.folder / "data")
    with Raw(kith.endpoint) as raw:
        fill(raw)
        disk.use_up(kith)
        kith.stop()
        if disk.mounted:
            kith.restart_same_ports()
            assert all(same_bits(raw.vectors(name), rows_of(name)) for name in NAMES)
            kith.kill()
            disk.give_back(kith)
        kith.restart_same_ports()
        untouched(raw, *NAMES)
        kith.stop()


def wait_until(condition: Callable[[], bool], seconds: float = 15.0) -> None:
    """Asks again and again: recovery may take a moment, and nothing announces it."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"not within {seconds} s"
        time.sleep(0.05)
