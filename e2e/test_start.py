"""What the launcher keeps so that starts are fast: classes as the JVM has loaded and linked them once. Whatever is in that
file, a start says and does the same."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from kith_server import KITH, clean_environment

CACHE = Path("app/target/kith/start.aot")


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A checkout of its own with the jars of this one, whose paths therefore are others."""
    root, here = tmp_path / "kith", KITH.parent
    root.joinpath(CACHE).parent.mkdir(parents=True)
    shutil.copy(KITH, root / "kith")
    root.joinpath("app/launch").symlink_to(here / "app/launch")
    root.joinpath("app/target/kith/lib").symlink_to(here / "app/target/kith/lib")
    root.joinpath("app/target/kith/built").touch()
    return root


def version(root: Path, options: str = "") -> tuple[int, str, str]:
    environment = clean_environment({"KITH_JAVA_OPTIONS": options} if options else {})
    done = subprocess.run([str(root / "kith"), "version"], env=environment, capture_output=True, text=True, timeout=60, check=False)
    return done.returncode, done.stdout, done.stderr


def test_classes_come_from_what_a_first_start_left(tmp_path: Path) -> None:
    """Where the JVM could make such a file; where not, they come from the jars."""
    log = tmp_path / "classes.log"
    assert version(KITH.parent, f"-Xlog:class+load:file={log}")[0] == 0
    (line,) = [line for line in log.read_text().splitlines() if " dev.kith.app.Cli " in line]
    assert ("shared objects file" in line) == (KITH.parent / CACHE).exists(), line


def test_a_file_that_is_damaged_or_another_s_changes_nothing(copy: Path) -> None:
    without = version(copy)
    assert without[0] == 0 and without[1].startswith("kith ")
    own = KITH.parent / CACHE
    head = own.open("rb").read(1 << 20) if own.exists() else bytes(1 << 20)
    for content in (b"", b"no cache at all" * 1000, head, head[:4096] + bytes(4096) + head[8192:]):
        copy.joinpath(CACHE).write_bytes(content)
        assert version(copy) == without
    copy.joinpath(CACHE).unlink()
    copy.joinpath(CACHE).symlink_to(own)
    assert version(copy) == without
    assert version(KITH.parent, "-XX:+UseSerialGC -Xmx512m") == without
