"""Client objects that outlive their server: kill -9 or a clean stop, a new start, and everything is found again."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from conftest import KEYS
from kinds import CLASSES, DIMENSION, FACTORY, FIRST, Live, remote
from kith_server import Kith
from oracle import Content, assert_nearest, gaussian
from raw import Raw, same_bits


@pytest.mark.timeout(300)
@pytest.mark.parametrize("secured", [False, True], ids=["open", "keys"])
def test_every_index_kind_survives_kills(launch: Callable[..., Kith], tmp_path: Path, secured: bool) -> None:
    kith = launch(data=tmp_path / "data", keys=KEYS if secured else None)
    key = "key-of-one" if secured else None
    with remote(kith, key) as fx, Raw(kith.endpoint, key) as raw:
        lives = [Live(kind, fx) for kind in [*CLASSES, *FACTORY]]
        for live in lives:
            live.add("first", FIRST)
        # A clean stop between two kills, the second of them further below; kills in a row are for the kill loop.
        for round_number, end in enumerate((kith.kill, kith.stop)):
            before = raw.listing()
            end()
            kith.restart_same_ports()
            assert raw.listing() == before
            counts = raw.counts()
            for live in lives:
                live.check(counts)
                order = np.argsort(live.content.ids)
                assert same_bits(raw.vectors(live.index.index_id), live.content.vectors[order])
                live.add(f"after restart {round_number}", 11)
        resettable = [live for live in lives if live.kind.resettable]
        for live in resettable:
            live.reset()
        kith.kill()
        kith.restart_same_ports()
        counts = raw.counts()
        for live in resettable:
            assert counts[live.index.index_id] == 0
            live.add("after all", 5)
        counts = raw.counts()
        for live in resettable:
            live.check(counts)


def test_id_map_removals_and_replacements_survive_a_kill(launch: Callable[..., Kith], tmp_path: Path) -> None:
    kith = launch(data=tmp_path / "data")
    with remote(kith) as fx:
        index = fx.IndexIDMap2(fx.IndexFlatL2(DIMENSION))
        vectors, ids = gaussian(100, DIMENSION, 1), np.arange(100, dtype=np.int64) * 3
        index.add_with_ids(vectors, ids)
        index.remove_ids(ids[40:60])
        vectors[0] = gaussian(1, DIMENSION, 2)[0]
        index.replace_vector(int(ids[0]), vectors[0])
        vectors[90:] = gaussian(10, DIMENSION, 3)
        index.add_with_ids(vectors[90:], ids[90:])
        kith.kill()
        kith.restart_same_ports()
        left = np.r_[0:40, 60:100]
        queries = gaussian(6, DIMENSION, 4)
        assert_nearest(Content(ids[left], vectors[left]), queries, 80, *index.search(queries, 80))
        index._vectors_by_id = {}
        assert all(same_bits(index.reconstruct(int(ids[i])), vectors[i]) for i in left)
        with pytest.raises((RuntimeError, ValueError)):
            index.reconstruct(int(ids[45]))


def test_training_and_parameters_survive_a_kill(launch: Callable[..., Kith], tmp_path: Path) -> None:
    kith = launch(data=tmp_path / "data")
    with Raw(kith.endpoint) as raw:
        raw.create("ivf", 8, "IVF4,PQ2x4")
        raw.ok("train_index", index_id="ivf", training_vectors=gaussian(60, 8, 1).tolist())
        raw.ok("set_parameter", index_id="ivf", parameter="nprobe", value=3)
        raw.create("pca", 8, "PCA3,L2")
        raw.ok("train_index", index_id="pca", training_vectors=gaussian(60, 8, 2).tolist())
        raw.ok("add_vectors", index_id="pca", vectors=gaussian(20, 8, 3).tolist())
        query = gaussian(1, 8, 4).tolist()
        before = raw.ok("search", index_id="pca", query_vectors=query, k=20)["results"]
        moved = raw.ok("apply_transform", index_id="pca", vectors=query)["transformed_vectors"]
        kith.kill()
        kith.restart_same_ports()
        assert raw.ok("get_index_status", index_id="ivf")["is_trained"] is True
        assert raw.ok("get_parameter", index_id="ivf", parameter="nprobe")["param_value"] == 3
        assert raw.ok("search", index_id="pca", query_vectors=query, k=20)["results"] == before
        assert raw.ok("apply_transform", index_id="pca", vectors=query)["transformed_vectors"] == moved


def test_dropped_indexes_stay_dropped_and_names_are_free(launch: Callable[..., Kith], tmp_path: Path) -> None:
    kith = launch(data=tmp_path / "data")
    with Raw(kith.endpoint) as raw:
        for name, dimension in (("gone", 3), ("again", 3)):
            raw.create(name, dimension)
            raw.ok("add_vectors", index_id=name, vectors=gaussian(5, dimension, 1).tolist())
            raw.ok("delete_index", index_id=name)
        raw.create("again", 4)
        raw.ok("add_vectors", index_id="again", vectors=gaussian(2, 4, 2).tolist())
        kith.kill()
        kith.restart_same_ports()
        assert raw.counts() == {"again": 2}
        assert same_bits(raw.vectors("again"), gaussian(2, 4, 2))
        raw.create("gone", 9)


def test_merges_and_clears_survive_a_kill(launch: Callable[..., Kith], tmp_path: Path) -> None:
    kith = launch(data=tmp_path / "data")
    vectors = gaussian(30, DIMENSION, 7)
    with Raw(kith.endpoint) as raw:
        for name, rows in (("source", vectors[:10]), ("target", vectors[10:]), ("cleared", vectors)):
            raw.create(name, DIMENSION)
            raw.ok("add_vectors", index_id=name, vectors=rows.tolist())
        raw.create("map", DIMENSION, "IDMap2:L2")
        raw.ok("batch_add_with_ids", index_id="map", vectors=vectors.tolist(), ids=list(range(30)), batch_size=4)
        raw.ok("merge_indices", target_index_id="target", source_index_ids=["source"])
        raw.ok("clear", index_id="cleared")
        kith.kill()
        kith.restart_same_ports()
        assert raw.counts() == {"source": 10, "target": 30, "cleared": 0, "map": 30}
        assert same_bits(raw.vectors("target"), np.vstack([vectors[10:], vectors[:10]]))
        assert same_bits(raw.vectors("map"), vectors)


def test_ten_starts_without_load_change_nothing(launch: Callable[..., Kith], tmp_path: Path) -> None:
    kith = launch(data=tmp_path / "data")
    vectors = gaussian(300, DIMENSION, 5)
    with Raw(kith.endpoint) as raw:
        raw.create("kept", DIMENSION)
        raw.ok("add_vectors", index_id="kept", vectors=vectors.tolist())
        answer = raw.ok("search", index_id="kept", query_vectors=vectors[:5].tolist(), k=300)["results"]
        size = _bytes_in(tmp_path / "data")
        for number in range(10):
            kith.kill() if number % 2 else kith.stop()
            kith.restart_same_ports()
            assert raw.ok("search", index_id="kept", query_vectors=vectors[:5].tolist(), k=300)["results"] == answer
        assert _bytes_in(tmp_path / "data") <= 2 * size + (1 << 20), "starts leave files behind"


def _bytes_in(folder: Path) -> int:
    """Bytes that the files of a folder take on disk."""
    return sum(p.stat().st_blocks * 512 for p in folder.rglob("*") if p.is_file())
