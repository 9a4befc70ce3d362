"""What a collection may look like after a kill: the state before the operation in flight, or the state after it.

One worker owns one scope (a collection, or its own range of ids in a shared one) and has at most one request under
way, so two states are always enough. An acknowledged request leaves one.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from oracle import clustered
from raw import floats

# id (or position) → bytes of its float32 vector; None: the collection does not exist.
State = dict[int, bytes] | None
# No scope ever uses it.
ABSENT = 10**9


@dataclass(frozen=True)
class Step:
    """A request, and the state that it leaves when it is done."""

    action: str
    fields: dict[str, Any]
    after: State


@dataclass
class Scope:
    """What is known of one scope. `ids` bounds the ids that its owner uses."""

    name: str
    dimension: int
    kind: str
    ids: range
    shared: bool = False
    states: list[State] = field(default_factory=lambda: [None])
    acknowledged: int = 0

    @property
    def known(self) -> State:
        assert len(self.states) == 1, "an operation is in flight"
        return self.states[0]

    def begin(self, step: Step) -> None:
        self.states = [self.known, step.after]

    def acknowledge(self) -> None:
        self.states = [self.states[1]]
        self.acknowledged += 1

    def settle(self, actual: State) -> str | None:
        """Takes what a restarted server shows as the truth, or says what is wrong with it."""
        if actual in self.states:
            self.states = [actual]
            return None
        return "; ".join(_difference(state, actual) for state in self.states)


def _difference(wanted: State, actual: State) -> str:
    if wanted is None or actual is None:
        return f"wanted {_brief(wanted)}, found {_brief(actual)}"
    missing = sorted(wanted.keys() - actual.keys())
    extra = sorted(actual.keys() - wanted.keys())
    changed = sorted(i for i in wanted.keys() & actual.keys() if wanted[i] != actual[i])
    return (
        f"wanted {_brief(wanted)}, found {_brief(actual)}: {len(missing)} missing {missing[:9]}, "
        f"{len(extra)} unexpected {extra[:9]}, {len(changed)} with other bits {changed[:9]}"
    )


def _brief(state: State) -> str:
    return "no collection" if state is None else f"{len(state)} vectors"


class Planner:
    """Chooses steps for one scope from a seeded generator."""

    MOST_ROWS = 800

    def __init__(self, scope: Scope, seed: str) -> None:
        self.scope = scope
        self.random = random.Random(seed)
        self.numbers = np.random.default_rng(self.random.getrandbits(63))

    def next(self) -> Step:
        state = self.scope.known
        if state is None:
            fields = {"index_id": self.scope.name, "dimension": self.scope.dimension, "index_type": self.scope.kind}
            return Step("create_index", fields, {})
        plans = self._map_plans(state) if self.scope.kind.startswith("IDMap") else self._flat_plans(state)
        weights = [weight for weight, _ in plans]
        _, plan = self.random.choices(plans, weights)[0]
        return plan()

    def vectors(self, count: int) -> np.ndarray:
        """Ordinary numbers, with a few that are easily damaged: negative zero and denormals."""
        rows = self.numbers.standard_normal((count, self.scope.dimension)).astype(np.float32)
        odd = np.array([-0.0, 1e-45, -3e-39, 1e18], dtype=np.float32)
        rows[:, 0] = np.where(self.numbers.random(count) < 0.2, self.numbers.choice(odd, count), rows[:, 0])
        return rows

    def _flat_plans(self, state: dict[int, bytes]) -> list[tuple[int, Callable[[], Step]]]:
        if len(state) > self.MOST_ROWS:
            return [(1, self._empty)]
        return [(20, lambda: self._append(self.random.randint(1, 80))), (1, self._empty), (1, self._drop)]

    def _map_plans(self, state: dict[int, bytes]) -> list[tuple[int, Callable[[], Step]]]:
        plans = [(10, lambda: self._put("add_with_ids", self.random.randint(1, 60)))]
        plans += [(3, lambda: self._put("batch_add_with_ids", self.random.randint(1, 60)))]
        if state:
            plans += [(6, self._replace_one), (6, self._remove), (6, self._rewrite)]
        if not self.scope.shared:
            plans += [(1, self._empty), (1, self._drop)]
        return plans

    def _append(self, count: int) -> Step:
        state, rows = self.scope.known or {}, self.vectors(count)
        after = state | {len(state) + i: row.tobytes() for i, row in enumerate(rows)}
        return Step("add_vectors", {"index_id": self.scope.name, "vectors": self._encoded(rows)}, after)

    def _put(self, action: str, count: int, ids: list[int] | None = None) -> Step:
        """Stores under random ids of the range; those that are there already are replaced."""
        state, rows = self.scope.known or {}, self.vectors(count)
        ids = ids or self.random.sample(self.scope.ids, count)
        after = state | {i: row.tobytes() for i, row in zip(ids, rows, strict=True)}
        fields = {"index_id": self.scope.name, "vectors": self._encoded(rows), "ids": ids}
        return Step(action, fields, after)

    def _rewrite(self) -> Step:
        """New vectors for ids that are all there: half of them old and half new would be a torn batch."""
        present = sorted(self.scope.known or {})
        ids = self.random.sample(present, min(len(present), 60))
        return self._put("add_with_ids", len(ids), ids)

    def _replace_one(self) -> Step:
        state = self.scope.known or {}
        row, chosen = self.vectors(1)[0], self.random.choice(sorted(state))
        fields = {"index_id": self.scope.name, "id": chosen, "vector": row.tolist()}
        return Step("replace_vector", fields, state | {chosen: row.tobytes()})

    def _remove(self) -> Step:
        state = self.scope.known or {}
        ids = self.random.sample(sorted(state), self.random.randint(1, min(30, len(state))))
        after = {i: v for i, v in state.items() if i not in set(ids)}
        return Step("remove_ids", {"index_id": self.scope.name, "ids": [*ids, ABSENT]}, after)

    def _empty(self) -> Step:
        return Step(self.random.choice(["reset", "clear"]), {"index_id": self.scope.name}, {})

    def _drop(self) -> Step:
        return Step("delete_index", {"index_id": self.scope.name}, None)

    def _encoded(self, rows: np.ndarray) -> Any:
        return floats(rows) if self.random.random() < 0.3 else rows.tolist()


class GraphPlanner(Planner):
    """Enough components for a graph, as embeddings are, under about the same ids all the while.

    The first batch, and every batch of a planner for large ones, is above 4 MiB: the log keeps it in several parts
    under one sequence.
    """

    ROWS = 2_200

    def __init__(self, scope: Scope, seed: str, large: bool = False) -> None:
        super().__init__(scope, seed)
        self.large = large

    def vectors(self, count: int) -> np.ndarray:
        return clustered(count, self.scope.dimension, self.random.getrandbits(32))

    def _map_plans(self, state: dict[int, bytes]) -> list[tuple[int, Callable[[], Step]]]:
        if self.large or not state:
            return [(1, lambda: self._put("add_with_ids", self.ROWS))]
        return [(4, lambda: self._put("add_with_ids", self.random.randint(1, 150))), (2, self._replace_one), (2, self._remove), (2, self._rewrite)]

    def _encoded(self, rows: np.ndarray) -> Any:
        return floats(rows)
