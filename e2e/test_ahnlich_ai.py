"""The AI proxy through its published client, with the text model that is shipped: every rpc, and what may go wrong.

Which tests hold the acceptance cases of the AI wire, here and in test_ahnlich_ai_models.py (M) and _run.py (R). Cases
101 to 108 are asked of stand-ins, since the weights are not to be had; with these, what is alike would be real.

| case | what | test |
| --- | --- | --- |
| 83, 84 | create, list, create again | a_new_store_names_models_and_what_the_database_has |
| 85, 87, 88, 89 | originals: predicates, search, keys, deletion | originals_come_back_as_keys |
| 86, 90 | without originals; deletion by predicate | without_originals_there_are_no_keys |
| 91 | predicate and other indexes | indexes_come_and_go |
| 92, 99 | drop, purge, schemas, fifteen commands | schemas_keep_stores_apart, a_pipeline_of_every_command_stays_in_its_schema |
| 93 | restart | R a_killed_server_loses_nothing, the_original_command_line |
| 94 | kinds of input | inputs_that_cannot_be_taken_store_nothing |
| 95 | models that are not loaded, or do not fit | R the_original_command_line, M models_of_other_sizes_make_no_store |
| 96 | images that are not prepared | M images_of_the_size_go_in_unprepared |
| 97 | conversion by all models, with and without a database | M two_inputs_are_converted_by_every_model |
| 98 | upsert | upsert_changes_one_entry |
| 100 | convert, clients, purge, a missing store | conversion_needs_no_store, the_server_says_what_it_is, schemas_keep_stores_apart |
| 101, 102, 103, 105 | faces: counts, queries, faceless photos, metadata | M faces_are_entries, a_surer_set_replaces… |
| 104 | faces: thresholds | M a_surer_threshold_finds_no_more_faces |
| 106, 107 | sounds and words; lengths | M words_search_sounds_and_words, sounds |
| 108 | code | M code_finds_the_same_in_another_language |
"""

from __future__ import annotations

import math
from collections.abc import Iterator

import betterproto
import pytest
from ahnlich_client_py.grpc.ai import pipeline, query
from ahnlich_client_py.grpc.ai.models import AiModel
from ahnlich_client_py.grpc.algorithm.nonlinear import HnswConfig, KdTreeConfig, NonLinearAlgorithm, NonLinearIndex
from ahnlich_client_py.grpc.db import query as db_query
from ahnlich_client_py.grpc.server_types import ServerType
from grpclib import GRPCError, Status

from ahnlich import Client, Refused, equals, not_equals, value
from ahnlich_ai import MINILM, PREPARED, UNPREPARED, AiClient, filled, given, plain, wanted
from kith_server import Kith

SHOES = [
    ("Air Jordan 1", {"Brand": "Nike", "Vintage": "1985"}),
    ("Yeezy", {"Brand": "Adidas"}),
    ("Air Force 1", {"Brand": "Nike"}),
]


@pytest.fixture
def kith(fleet) -> Kith:
    return fleet.server("memory", secured=False)


@pytest.fixture
def client(kith: Kith) -> Iterator[AiClient]:
    """A connection to a shared server, whose stores are purged afterwards."""
    with AiClient(kith.ports["ahnlich-ai"]) as client:
        yield client
        client.call("purge_stores", query.PurgeStores())


@pytest.fixture
def db(kith: Kith) -> Iterator[Client]:
    with Client(kith.ports["ahnlich-db"]) as db:
        yield db


@pytest.fixture
def shoes(client: AiClient) -> AiClient:
    client.create("shoes", predicates=["Brand"])
    assert client.set("shoes", SHOES) == (3, 0)
    return client


def stores(client: AiClient, schema: str | None = None):
    return client.call("list_stores", query.ListStores(schema=schema)).stores


def test_a_new_store_names_models_and_what_the_database_has(client: AiClient) -> None:
    client.create("s", predicates=["author"], non_linear_indices=[NonLinearIndex(hnsw=HnswConfig())])
    (store,) = stores(client)
    assert (store.name, store.query_model, store.index_model, store.schema) == ("s", MINILM, MINILM, "public")
    assert (store.embedding_size, store.dimension, store.predicate_indices) == (384, 384, ["author"])
    assert (store.db_info.name, store.db_info.dimension, store.db_info.len) == ("s", 384, 0)
    assert client.call("get_store", query.GetStore(store="s")) == store
    assert client.refused("get_store", query.GetStore(store="t")).status == Status.NOT_FOUND
    again = client.refused("create_store", query.CreateStore(store="s", error_if_exists=True))
    assert (again.status, again.message) == (Status.ALREADY_EXISTS, 'Store StoreName { value: "s" } already exists')


def test_originals_come_back_as_keys(shoes: AiClient, db: Client) -> None:
    assert sorted(shoes.where("shoes", equals("Brand", "Nike"))) == [SHOES[2], SHOES[0]]
    ((key, similarity),) = shoes.nearest("shoes", "Yeezy")
    assert key == "Yeezy" and similarity == pytest.approx(1.0, abs=5e-5)
    assert shoes.get("shoes", "Yeezy", "none") == [SHOES[1]]
    assert shoes.set("shoes", [("Yeezy", {"Brand": "Kith"})]) == (0, 1)
    assert shoes.get("shoes", "Yeezy") == [("Yeezy", {"Brand": "Kith"})]
    ((vector, pairs),) = db.where("shoes", equals("Brand", "Kith"))
    assert math.fsum(x * x for x in vector) == pytest.approx(1, abs=1e-5)
    assert pairs == {"Brand": "Kith", "_ahnlich_input_key": "Yeezy"}
    assert shoes.call("del_key", query.DelKey(store="shoes", keys=[given("Yeezy")])).deleted_count == 1
    assert shoes.get("shoes", "Yeezy") == []


def test_without_originals_there_are_no_keys(client: AiClient) -> None:
    client.create("s", store_original=False)
    assert client.set("s", SHOES) == (3, 0)
    assert [key for key, _ in client.where("s", equals("Brand", "Nike"))] == [None, None]
    refused = client.refused("del_key", query.DelKey(store="s", keys=[given("Yeezy")]))
    assert refused.status == Status.FAILED_PRECONDITION
    assert refused.message == "Cannot call DelKey on store with `store_original` as false"
    deletion = query.DelPred(store="s", condition=equals("Brand", "Nike"))
    assert client.call("del_pred", deletion).deleted_count == 2
    assert client.call("del_pred", deletion).deleted_count == 0


def test_sentences_find_what_means_the_same(client: AiClient) -> None:
    client.create("s")
    texts = ["A man is eating food.", "The girl is carrying a baby.", "A cheetah chases its prey.", "Stocks fell again."]
    client.set("s", [(text, {}) for text in texts])
    for asked, expected in (("Someone has a meal", 0), ("A mother with her infant", 1), ("a big cat hunts", 2)):
        assert client.nearest("s", asked)[0][0] == texts[expected]
    mine = client.nearest("s", "a big cat hunts", 4, condition=not_equals("kind", "x"))
    assert len(mine) == 4 and mine == sorted(mine, key=lambda found: -found[1])


def test_indexes_come_and_go(shoes: AiClient) -> None:
    created = shoes.call("create_pred_index", query.CreatePredIndex(store="shoes", predicates=["Brand", "Vintage"]))
    assert created.created_indexes == 1
    drop = query.DropPredIndex(store="shoes", predicates=["Vintage", "_ahnlich_input_key"], error_if_not_exists=True)
    assert shoes.call("drop_pred_index", drop).deleted_count == 1
    assert shoes.refused("drop_pred_index", drop).status == Status.NOT_FOUND
    trees = [NonLinearIndex(kdtree=KdTreeConfig())]
    create = query.CreateNonLinearAlgorithmIndex(store="shoes", non_linear_indices=trees)
    assert shoes.call("create_non_linear_algorithm_index", create).created_indexes == 1
    gone = query.DropNonLinearAlgorithmIndex(
        store="shoes", non_linear_indices=[NonLinearAlgorithm.KDTree], error_if_not_exists=True
    )
    assert shoes.call("drop_non_linear_algorithm_index", gone).deleted_count == 1
    assert shoes.refused("drop_non_linear_algorithm_index", gone).status == Status.NOT_FOUND


def test_upsert_changes_one_entry(shoes: AiClient) -> None:
    def upsert(brand: str, **new: object):
        return query.Upsert(store="shoes", condition=equals("Brand", brand), preprocess_action=PREPARED, **new)

    counts = shoes.call("upsert", upsert("Adidas", new_value=value({"Year": "2015"}))).upsert
    assert (counts.inserted, counts.updated) == (0, 1)
    assert shoes.get("shoes", "Yeezy") == [("Yeezy", {"Brand": "Adidas", "Year": "2015"})]
    shoes.call("upsert", upsert("Adidas", new_input=given("Superstar")))
    assert shoes.get("shoes", "Yeezy") == []
    assert shoes.get("shoes", "Superstar") == [("Superstar", {"Brand": "Adidas", "Year": "2015"})]
    shoes.call("upsert", upsert("Adidas", new_input=given("Gazelle"), new_value=value({"Year": "1966", "Sole": "gum"})))
    assert shoes.get("shoes", "Superstar") == []
    assert shoes.get("shoes", "Gazelle") == [("Gazelle", {"Brand": "Adidas", "Year": "1966", "Sole": "gum"})]
    refusals = {
        "UPSERT requires at least one of new_input or new_value": upsert("Adidas"),
        "Predicate condition found 2 entries, expected exactly 1 for UPSERT": upsert("Nike", new_value=value({})),
    }
    for message, request in refusals.items():
        assert shoes.refused("upsert", request) == Refused(Status.INVALID_ARGUMENT, message)


def test_schemas_keep_stores_apart(client: AiClient, db: Client) -> None:
    client.create("s")
    client.create("s", schema="other")
    client.create("t", schema="other")
    client.set("s", SHOES, schema="other")
    assert [store.name for store in stores(client)] == ["s"]
    assert [store.name for store in stores(client, "other")] == ["s", "t"]
    assert client.call("get_store", query.GetStore(store="s", schema="other")).db_info.len == 3
    assert client.get("s", "Yeezy") == []
    assert client.call("drop_store", query.DropStore(store="t", schema="other")).deleted_count == 1
    assert client.call("drop_schema", query.DropSchema(schema="other")).deleted_count == 1
    assert stores(client, "other") == []
    refused = client.refused("drop_schema", query.DropSchema(schema="public"))
    assert refused.status == Status.INVALID_ARGUMENT and "public" in refused.message
    client.create("u", schema="third")
    assert client.call("purge_stores", query.PurgeStores()).deleted_count == 2
    assert db.call("list_stores", db_query.ListStores(schema="third")).stores == []
    assert client.call("drop_store", query.DropStore(store="s")).deleted_count == 0
    missing = query.DropStore(store="s", error_if_not_exists=True)
    assert client.refused("drop_store", missing).status == Status.NOT_FOUND


def test_pages_and_clearing(shoes: AiClient) -> None:
    first = shoes.call("list_store_entries", query.ListStoreEntries(store="shoes", limit=2))
    rest = shoes.call("list_store_entries", query.ListStoreEntries(store="shoes", cursor=first.next_cursor))
    assert (len(first.entries), len(rest.entries), rest.next_cursor) == (2, 1, None)
    assert {entry.key.raw_string for entry in first.entries + rest.entries} == {name for name, _ in SHOES}
    assert shoes.call("clear_store", query.ClearStore(store="shoes")).deleted_count == 3


def test_conversion_needs_no_store(client: AiClient) -> None:
    inputs = [given("one"), given("two")]
    asked = query.ConvertStoreInputToEmbeddings(store_inputs=inputs, preprocess_action=PREPARED, model=MINILM)
    values = client.call("convert_store_input_to_embeddings", asked).values
    assert [v.input for v in values] == inputs
    assert [len(v.single.embedding.key) for v in values] == [384, 384]
    absent = query.ConvertStoreInputToEmbeddings(store_inputs=inputs, model=MINILM)
    assert client.refused("convert_store_input_to_embeddings", absent).message == (
        "Preprocess Action Value input not specified"
    )
    asked.store_inputs = [given(b"no text")]
    refused = client.refused("convert_store_input_to_embeddings", asked)
    assert (refused.status, refused.message) == (
        Status.FAILED_PRECONDITION,
        "Store input type and AI model type don't match",
    )


def test_the_server_says_what_it_is(client: AiClient, kith: Kith) -> None:
    assert client.call("ping", query.Ping()) is not None
    info = client.call("info_server", query.InfoServer()).info
    assert (info.type, info.address) == (ServerType.AI, f"Ok(127.0.0.1:{kith.ports['ahnlich-ai']})")
    clients = client.call("list_clients", query.ListClients()).clients
    assert len(clients) == 1 and clients[0].time_connected.startswith("SystemTime {")


def test_inputs_that_cannot_be_taken_store_nothing(client: AiClient) -> None:
    client.create("s")
    long = "word " * 600
    refusals = [
        (filled("s", [("a", {}), (b"x", {})]), Status.INVALID_ARGUMENT, "Cannot index Input. Store expects [RawString]"),
        (filled("s", [("a", {"_ahnlich_input_key": "b"})]), Status.INVALID_ARGUMENT, "Reserved key _ahnlich_input_key"),
        (filled("s", [("a", {}), (long, {})], preprocess_action=UNPREPARED), Status.OUT_OF_RANGE, "Max Token Exceeded."),
        (filled("none", [("a", {})]), Status.NOT_FOUND, 'Store StoreName { value: "none" } not found'),
    ]
    for request, status, message in refusals:
        refused = client.refused("set", request)
        assert refused.status == status and refused.message.startswith(message), refused
    assert client.set("s", [(long, {})]) == (1, 0)
    assert client.call("get_store", query.GetStore(store="s")).db_info.len == 1
    assert client.set("s", []) == (0, 0)
    missing = client.refused("get_sim_n", query.GetSimN(store="s", closest_n=1, preprocess_action=PREPARED))
    assert missing.message == "Search input not specified"
    assert client.refused("get_sim_n", wanted("s", "x", 0)).message == "closest_n must be > 0"
    assert client.refused("get_sim_n", wanted("none", "x")).status == Status.NOT_FOUND


def test_models_that_are_not_here_make_no_store(client: AiClient, db: Client) -> None:
    absent = client.refused("create_store", query.CreateStore(store="c", index_model=AiModel.BGE_LARGE_EN_V15))
    assert absent.status == Status.FAILED_PRECONDITION
    assert "kith models pull bge-large-en-v1.5" in absent.message
    assert stores(client) == [] and db.call("list_stores", db_query.ListStores()).stores == []


def test_pipelines_answer_each_query(client: AiClient) -> None:
    queries = [
        pipeline.AiQuery(create_store=query.CreateStore(store="p", store_original=True, error_if_exists=True)),
        pipeline.AiQuery(set=filled("p", SHOES)),
        pipeline.AiQuery(get_store=query.GetStore(store="none")),
        pipeline.AiQuery(get_sim_n=wanted("p", "Yeezy")),
        pipeline.AiQuery(purge_stores=query.PurgeStores()),
        pipeline.AiQuery(list_stores=query.ListStores()),
    ]
    replies = client.call("pipeline", pipeline.AiRequestPipeline(queries=queries)).responses
    assert replies[1].set.upsert.inserted == 3
    assert replies[2].error.code == Status.NOT_FOUND.value
    assert replies[3].get_sim_n.entries[0].key.raw_string == "Yeezy"
    assert (replies[4].del_.deleted_count, replies[5].store_list.stores) == (1, [])


def test_a_pipeline_of_every_command_stays_in_its_schema(client: AiClient) -> None:
    """Fifteen commands, each in the schema that it names; the default one sees nothing of them."""
    there = {"schema": "seasonal"}
    trees = [NonLinearIndex(kdtree=KdTreeConfig())]
    creation = query.CreateStore(store="s", store_original=True, error_if_exists=True, **there)
    new_index = query.CreateNonLinearAlgorithmIndex(store="s", non_linear_indices=trees, **there)
    old_index = query.DropNonLinearAlgorithmIndex(store="s", non_linear_indices=[NonLinearAlgorithm.KDTree], **there)
    queries = [
        pipeline.AiQuery(create_store=creation),
        pipeline.AiQuery(get_store=query.GetStore(store="s", **there)),
        pipeline.AiQuery(list_stores=query.ListStores()),
        pipeline.AiQuery(create_pred_index=query.CreatePredIndex(store="s", predicates=["Brand"], **there)),
        pipeline.AiQuery(create_non_linear_algorithm_index=new_index),
        pipeline.AiQuery(set=filled("s", SHOES, **there)),
        pipeline.AiQuery(get_key=query.GetKey(store="s", keys=[given("Yeezy")], **there)),
        pipeline.AiQuery(get_pred=query.GetPred(store="s", condition=equals("Brand", "Nike"), **there)),
        pipeline.AiQuery(get_sim_n=wanted("s", "Yeezy", 3, condition=equals("Brand", "Nike"), **there)),
        pipeline.AiQuery(del_key=query.DelKey(store="s", keys=[given("Yeezy")], **there)),
        pipeline.AiQuery(del_pred=query.DelPred(store="s", condition=equals("Vintage", "1985"), **there)),
        pipeline.AiQuery(drop_pred_index=query.DropPredIndex(store="s", predicates=["Brand"], **there)),
        pipeline.AiQuery(drop_non_linear_algorithm_index=old_index),
        pipeline.AiQuery(drop_store=query.DropStore(store="s", **there)),
        pipeline.AiQuery(list_stores=query.ListStores(**there)),
    ]
    replies = client.call("pipeline", pipeline.AiRequestPipeline(queries=queries)).responses
    kinds = [betterproto.which_one_of(reply, "response")[0] for reply in replies]
    assert kinds == [
        "unit", "store_info", "store_list", "create_index", "create_index", "set", "get", "get", "get_sim_n", "del_",
        "del_", "del_", "del_", "del_", "store_list",
    ]
    assert (replies[1].store_info.schema, replies[1].store_info.db_info.len) == ("seasonal", 0)
    assert replies[2].store_list.stores == replies[14].store_list.stores == []
    assert [replies[at].create_index.created_indexes for at in (3, 4)] == [1, 1]
    assert replies[5].set.upsert.inserted == 3
    assert [plain(entry) for entry in replies[6].get.entries] == [SHOES[1]]
    assert sorted(plain(entry)[0] for entry in replies[7].get.entries) == ["Air Force 1", "Air Jordan 1"]
    assert {plain(entry)[0] for entry in replies[8].get_sim_n.entries} == {"Air Force 1", "Air Jordan 1"}
    assert [replies[at].del_.deleted_count for at in range(9, 14)] == [1] * 5


def test_a_call_that_nobody_waits_for_stores_nothing(client: AiClient) -> None:
    client.create("s")
    many = filled("s", [(f"text number {i} " * 20, {}) for i in range(3_000)])
    with pytest.raises((GRPCError, TimeoutError)):
        client.call("set", many, timeout=0.2)
    assert client.set("s", [("after", {})]) == (1, 0)
    assert client.call("get_store", query.GetStore(store="s")).db_info.len == 1
