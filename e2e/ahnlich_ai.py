"""The AI half of the published Ahnlich client: texts, images and sounds instead of vectors."""

from __future__ import annotations

from collections.abc import Sequence

import betterproto
from ahnlich_client_py.grpc import keyval, predicates
from ahnlich_client_py.grpc.ai import query
from ahnlich_client_py.grpc.ai.models import AiModel
from ahnlich_client_py.grpc.ai.preprocess import PreprocessAction
from ahnlich_client_py.grpc.algorithm.algorithms import Algorithm
from ahnlich_client_py.grpc.services.ai_service import AiServiceStub

from ahnlich import Client, Pairs, value

MINILM = AiModel.ALL_MINI_LM_L6_V2
PREPARED = PreprocessAction.ModelPreprocessing
UNPREPARED = PreprocessAction.NoPreprocessing
Plain = tuple[object, dict]


class AiClient(Client):
    """A connection to the proxy."""

    service = AiServiceStub

    def create(self, store: str, model: AiModel = MINILM, query_model: AiModel | None = None, **more: object):
        asked = {"store_original": True, "error_if_exists": True, **more}
        search = model if query_model is None else query_model
        return self.call("create_store", query.CreateStore(store=store, index_model=model, query_model=search, **asked))

    def set(self, store: str, entries: Sequence[tuple[object, Pairs]], **more: object) -> tuple[int, int]:
        upsert = self.call("set", filled(store, entries, **more)).upsert
        return upsert.inserted, upsert.updated

    def get(self, store: str, *inputs: object, schema: str | None = None) -> list[Plain]:
        reply = self.call("get_key", query.GetKey(store=store, keys=[given(i) for i in inputs], schema=schema))
        return [plain(e) for e in reply.entries]

    def where(self, store: str, condition: predicates.PredicateCondition, schema: str | None = None) -> list[Plain]:
        reply = self.call("get_pred", query.GetPred(store=store, condition=condition, schema=schema))
        return [plain(e) for e in reply.entries]

    def nearest(self, store: str, content: object, count: int = 1, **more: object) -> list[tuple[object, float]]:
        reply = self.call("get_sim_n", wanted(store, content, count, **more))
        return [(plain(e)[0], e.similarity.value) for e in reply.entries]


def filled(store: str, entries: Sequence[tuple[object, Pairs]], **more: object) -> query.Set:
    inputs = [keyval.AiStoreEntry(key=given(content), value=value(pairs)) for content, pairs in entries]
    return query.Set(store=store, inputs=inputs, **{"preprocess_action": PREPARED, **more})


def wanted(store: str, content: object, count: int = 1, **more: object) -> query.GetSimN:
    usual = {"preprocess_action": PREPARED, "algorithm": Algorithm.DotProductSimilarity}
    return query.GetSimN(store=store, search_input=given(content), closest_n=count, **{**usual, **more})


def given(content: object) -> keyval.StoreInput:
    """Text as text, bytes as an image, a pair as what its first part says."""
    if isinstance(content, tuple):
        return keyval.StoreInput(**{content[0]: content[1]})
    return keyval.StoreInput(image=content) if isinstance(content, bytes) else keyval.StoreInput(raw_string=content)


def plain(found: object) -> Plain:
    """The original, None where there is none, and the value."""
    kind, key = betterproto.which_one_of(found.key, "value") if found.key is not None else ("", None)
    pairs = {name: betterproto.which_one_of(held, "value")[1] for name, held in found.value.value.items()}
    return (("audio", key) if kind == "audio" else key), pairs
