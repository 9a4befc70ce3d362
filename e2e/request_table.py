"""One valid request for every action, and which kinds of value each of its fields takes."""

from __future__ import annotations

from typing import Any

import msgpack

from raw import Raw

D = 3
ROWS = [[0.5, 1.0, 2.0], [1.5, -1.0, 0.25], [3.0, 2.0, 1.0], [0.0, 4.0, -2.0], [7.0, 8.0, 9.0]]
IDS = [10, 11, 12, 13, 14]

# Values of every msgpack kind. None of them is right for a field unless FIELDS says that the field takes the kind.
VALUES: dict[str, list[Any]] = {
    "nil": [None],
    "bool": [True, False],
    "int": [3],
    "huge": [2**64 - 1, -(2**63)],
    "float": [2.5],
    "nonfinite": [float("nan"), float("inf"), float("-inf")],
    "str": ["flat-but-unknown", ""],
    "bin": [b"abc"],
    "ext": [msgpack.ExtType(5, b"x" * 8), msgpack.Timestamp(1, 2)],
    "map": [{}, {"a": 1}],
    "empty": [[]],
    "texts": [["a", "b", "c"], [["a", "b", "c"]]],
    "bools": [[[True, False, True]]],
    "nils": [[None, None, None], [[None, None, None]]],
    "maps": [[{}], [[{}, {}, {}]]],
    "ragged": [[[1.0, 2.0, 3.0], [1.0, 2.0]], [[1.0, 2.0, 3.0], 4.0, 5.0], [1.0, [2.0], 3.0]],
    "narrow": [[[1.0, 2.0]], [[]], [[1.0, 2.0, 3.0, 4.0]]],
    "deep": [[[[1.0, 2.0, 3.0]]]],
    "rows with nan": [[[1.0, float("nan"), 3.0]], [[float("inf"), 1.0, 2.0]], [[1e39, 0.0, 0.0]]],
    "fractions": [[1.5], [1e300]],
}

# field: (required, kinds that it takes). `nil` stands for absence, so an optional field takes it.
NAME = (True, frozenset())
TEXT = (False, frozenset({"nil"}))
WHOLE = (False, frozenset({"nil", "int"}))
# Where the right answer is a matter of taste, both are allowed: whole numbers as real ones.
REAL = (False, frozenset({"nil", "int", "float", "huge"}))
VECTORS = (True, frozenset())
# No vectors at all are as good as some: there is just nothing to do.
ANY_VECTORS = (True, frozenset({"empty"}))
IDENTITIES = (True, frozenset())
OPTIONS = (False, frozenset({"nil", "map"}))

FIELDS: dict[str, dict[str, tuple[bool, frozenset[str]]]] = {
    "get_index_stats": {"index_id": NAME},
    "get_index_status": {"index_id": NAME},
    "get_index_info": {"index_id": NAME},
    "create_index": {"index_id": NAME, "dimension": (True, frozenset({"int"})), "index_type": TEXT},
    "delete_index": {"index_id": NAME},
    "reset": {"index_id": NAME},
    "clear": {"index_id": NAME},
    "set_parameter": {"index_id": NAME, "parameter": NAME, "value": (True, frozenset({"int"}))},
    "get_parameter": {"index_id": NAME, "parameter": NAME},
    "add_vectors": {"index_id": NAME, "vectors": ANY_VECTORS},
    "add_with_ids": {"index_id": NAME, "vectors": VECTORS, "ids": IDENTITIES},
    "batch_add_with_ids": {"index_id": NAME, "vectors": VECTORS, "ids": IDENTITIES, "batch_size": WHOLE},
    "remove_ids": {"index_id": NAME, "ids": (True, frozenset({"empty"}))},
    "replace_vector": {"index_id": NAME, "id": (True, frozenset()), "vector": VECTORS},
    "search": {"index_id": NAME, "query_vectors": ANY_VECTORS, "k": WHOLE, "params": OPTIONS},
    "search_and_reconstruct": {"index_id": NAME, "query_vectors": ANY_VECTORS, "k": WHOLE, "params": OPTIONS},
    "hybrid_search": {
        "index_id": NAME,
        "query_vectors": ANY_VECTORS,
        "k": WHOLE,
        "params": OPTIONS,
        "vector_weight": REAL,
        "metadata_filter": (False, frozenset({"nil"})),
    },
    "range_search": {"index_id": NAME, "query_vectors": ANY_VECTORS, "radius": REAL},
    "reconstruct": {"index_id": NAME, "id": WHOLE},
    "reconstruct_n": {"index_id": NAME, "start_idx": WHOLE, "num_vectors": WHOLE},
    "get_vectors": {"index_id": NAME, "start_idx": WHOLE, "limit": WHOLE},
    "train_index": {"index_id": NAME, "training_vectors": VECTORS},
    "merge_indices": {"target_index_id": NAME, "source_index_ids": IDENTITIES},
    "compute_clustering": {
        "vectors": (True, frozenset({"narrow"})),
        "n_clusters": (True, frozenset({"int"})),
        "metric_type": TEXT,
        "niter": WHOLE,
    },
    "recluster_index": {"index_id": NAME, "n_clusters": (True, frozenset({"int"})), "sample_ratio": REAL},
    "optimize_index": {"index_id": NAME, "optimization_level": WHOLE},
    "get_transform_info": {"index_id": NAME},
    "apply_transform": {"index_id": NAME, "vectors": VECTORS},
}

VALID: dict[str, dict[str, Any]] = {
    "get_index_stats": {"index_id": "flat"},
    "get_index_status": {"index_id": "flat"},
    "get_index_info": {"index_id": "flat"},
    "create_index": {"index_id": "fresh", "dimension": D, "index_type": "L2"},
    "delete_index": {"index_id": "flat"},
    "reset": {"index_id": "flat"},
    "clear": {"index_id": "flat"},
    "set_parameter": {"index_id": "ivf", "parameter": "nprobe", "value": 2},
    "get_parameter": {"index_id": "ivf", "parameter": "nprobe"},
    "add_vectors": {"index_id": "flat", "vectors": ROWS},
    "add_with_ids": {"index_id": "map", "vectors": ROWS, "ids": [20, 21, 22, 23, 24]},
    "batch_add_with_ids": {"index_id": "map", "vectors": ROWS, "ids": [30, 31, 32, 33, 34], "batch_size": 2},
    "remove_ids": {"index_id": "map", "ids": [10, 11]},
    "replace_vector": {"index_id": "map", "id": 12, "vector": [1.0, 2.0, 3.0]},
    "search": {"index_id": "flat", "query_vectors": ROWS, "k": 2, "params": {"nprobe": 1}},
    "search_and_reconstruct": {"index_id": "flat", "query_vectors": ROWS, "k": 2, "params": {"nprobe": 1}},
    "hybrid_search": {
        "index_id": "flat",
        "query_vectors": ROWS,
        "k": 2,
        "params": {},
        "vector_weight": 0.5,
        "metadata_filter": None,
    },
    "range_search": {"index_id": "flat", "query_vectors": ROWS, "radius": 4.0},
    "reconstruct": {"index_id": "flat", "id": 1},
    "reconstruct_n": {"index_id": "flat", "start_idx": 1, "num_vectors": 2},
    "get_vectors": {"index_id": "flat", "start_idx": 1, "limit": 2},
    "train_index": {"index_id": "ivf", "training_vectors": ROWS},
    "merge_indices": {"target_index_id": "flat", "source_index_ids": ["other"]},
    "compute_clustering": {"vectors": ROWS, "n_clusters": 2, "metric_type": "L2", "niter": 5},
    "recluster_index": {"index_id": "ivf", "n_clusters": 2, "sample_ratio": 0.5},
    "optimize_index": {"index_id": "ivf", "optimization_level": 2},
    "get_transform_info": {"index_id": "pca"},
    "apply_transform": {"index_id": "pca", "vectors": ROWS},
}
WITHOUT_FIELDS = ["ping", "list_indices", "list_indexes"]


def build(raw: Raw) -> None:
    """The indexes that the valid requests name."""
    for name, index_type in (
        ("flat", "L2"),
        ("other", "L2"),
        ("map", "IDMap2:L2"),
        ("ivf", "IVF4"),
        ("pca", "PCA2,L2"),
    ):
        raw.create(name, D, index_type)
    raw.ok("train_index", index_id="pca", training_vectors=ROWS)
    for name in ("flat", "other", "ivf", "pca"):
        raw.ok("add_vectors", index_id=name, vectors=ROWS)
    raw.ok("add_with_ids", index_id="map", vectors=ROWS, ids=IDS)


def state(raw: Raw) -> dict[str, Any]:
    """All that a client can see of what is stored; times are left out."""
    seen: dict[str, Any] = {}
    for name, entry in raw.listing().items():
        status = raw.ok("get_index_status", index_id=name)["status"]
        seen[name] = (entry, status, raw.ok("get_vectors", index_id=name)["vectors"])
    return seen


def wrong_values(action: str, field: str) -> list[tuple[str, Any]]:
    """(kind, value) of everything that the field must refuse."""
    _, allowed = FIELDS[action][field]
    wrong = [(kind, value) for kind, values in VALUES.items() if kind not in allowed for value in values]
    return [(kind, value) for kind, value in wrong if not _harmless(action, field, kind, value)]


def _harmless(action: str, field: str, kind: str, value: Any) -> bool:
    """Values of the table that happen to be right for this field."""
    if (action, field, kind) == ("create_index", "index_id", "str"):
        return value != ""
    if field in ("id", "limit", "start_idx", "num_vectors", "k", "n_clusters", "dimension") and kind == "int":
        return True
    # The infinities are numbers, and a radius or a share of that size takes in everything or nothing; NaN says nothing.
    return field in ("radius", "vector_weight", "sample_ratio") and kind == "nonfinite" and value == value
