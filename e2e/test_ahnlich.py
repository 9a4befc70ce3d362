"""The Ahnlich door through its published client: every rpc, and what the original's own tests assert."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator

import betterproto
import pytest
from ahnlich_client_py.grpc.algorithm.algorithms import Algorithm, DistanceMetric
from ahnlich_client_py.grpc.algorithm.nonlinear import HnswConfig, KdTreeConfig, NonLinearAlgorithm, NonLinearIndex
from ahnlich_client_py.grpc.db import pipeline, query
from ahnlich_client_py.grpc.shared import cluster
from ahnlich_client_py.grpc.server_types import ServerType
from grpclib import Status

from ahnlich import Client, both, either, among, entry, equals, key, not_among, not_equals, value
from kith_server import Kith

KDTREE = NonLinearIndex(kdtree=KdTreeConfig())
MEDALS = [
    ([1.2, 1.3, 1.4], {"medal": "silver"}),
    ([2.0, 2.1, 2.2], {"medal": "gold"}),
    ([5.0, 5.1, 5.2], {"medal": "bronze"}),
]


def hnsw(**config: object) -> NonLinearIndex:
    return NonLinearIndex(hnsw=HnswConfig(**config))


@pytest.fixture
def client(fleet) -> Iterator[Client]:
    """A connection to a shared server, whose stores are dropped afterwards."""
    kith = fleet.server("memory", secured=False)
    with Client(kith.ports["ahnlich-db"]) as client:
        yield client
        for schema in (None, "custom", "other"):
            for store in stores(client, schema):
                client.call("drop_store", query.DropStore(store=store.name, schema=schema))


@pytest.fixture
def medals(client: Client) -> Client:
    client.create("m", 3, create_predicates=["medal"], non_linear_indices=[KDTREE])
    assert client.set("m", MEDALS) == (3, 0)
    return client


def stores(client: Client, schema: str | None = None):
    return client.call("list_stores", query.ListStores(schema=schema)).stores


def store(client: Client, name: str, schema: str | None = None):
    return client.call("get_store", query.GetStore(store=name, schema=schema))


def ranked(found, *expected) -> None:
    assert len(found) == len(expected), found
    for (vector, similarity), (row, wanted) in zip(found, expected):
        assert vector == pytest.approx(MEDALS[row][0])
        assert similarity == pytest.approx(wanted, rel=2e-7)


def test_linear_searches_rank_and_number_as_the_original(medals: Client) -> None:
    a, b, c = 0, 1, 2
    cosine, product, euclid = Algorithm.CosineSimilarity, Algorithm.DotProductSimilarity, Algorithm.EuclideanDistance
    gold = equals("medal", "gold")
    ranked(medals.nearest("m", [5.0, 2.1, 2.2], 2, cosine, condition=gold), (b, 0.9036339))
    ranked(medals.nearest("m", [1.0, 2.1, 2.2], 2, product), (c, 27.149998), (b, 11.25))
    ranked(medals.nearest("m", [1.0, 2.1, 2.2], 2, euclid), (b, 1.0), (a, 1.1489125))
    ranked(medals.nearest("m", [5.0, 2.1, 2.2], 1, cosine, condition=not_equals("medal", "gold")), (c, 0.91193724))


def test_kdtree_searches_are_exact_and_squared(medals: Client) -> None:
    ranked(medals.nearest("m", [1.1, 2.0, 3.0], 2, Algorithm.KDTree), (1, 1.4599998), (0, 3.0600002))
    gold = equals("medal", "gold")
    ranked(medals.nearest("m", [5.0, 2.1, 2.2], 2, Algorithm.KDTree, condition=gold), (1, 9.0))


def test_searches_that_cannot_be(medals: Client) -> None:
    def search(name: str, vector: list[float], algorithm=Algorithm.EuclideanDistance):
        return query.GetSimN(store=name, search_input=key(vector), closest_n=2, algorithm=algorithm)

    absent = medals.refused("get_sim_n", search("m", [1, 2, 3], Algorithm.HNSW))
    assert (absent.status, absent.message) == (
        Status.NOT_FOUND,
        "Non linear algorithm Hnsw not found in store, create store with support",
    )
    wrong = medals.refused("get_sim_n", search("m", [1, 2]))
    assert (wrong.status, wrong.message) == (
        Status.INVALID_ARGUMENT,
        "Store dimension is [3], input dimension of [2] was specified",
    )
    missing = medals.refused("get_sim_n", search('no "such"\n', []))
    assert missing.status == Status.NOT_FOUND
    assert missing.message == 'Store StoreName { value: "no \\"such\\"\\n" } not found'


def test_set_counts_and_checks_every_vector_first(client: Client) -> None:
    client.create("s", 3, create_predicates=["role"])
    assert client.set("s", [([1.23, 1.0, 0.2], {})]) == (1, 0)
    wrong = query.Set(store="s", inputs=[entry([9, 9, 9], {}), entry([2.1], {}), entry([8, 8, 8], {})])
    refused = client.refused("set", wrong)
    assert (refused.status, refused.message) == (
        Status.INVALID_ARGUMENT,
        "Store dimension is [3], input dimension of [1] was specified",
    )
    assert client.get("s", [9, 9, 9], [8, 8, 8]) == []
    assert client.set("s", [([1.23, 1.0, 0.2], {"role": "x"}), ([0.03, 5.1, 3.23], {"role": "y"})]) == (1, 1)
    listed = stores(client)[0]
    assert (listed.len, listed.dimension, listed.predicate_indices) == (2, 3, ["role"])
    assert client.refused("set", query.Set(store="missing")).status == Status.NOT_FOUND
    assert client.set("s", []) == (0, 0)
    assert client.set("s", [([7, 7, 7], {"n": "1"}), ([7, 7, 7], {"n": "2"})]) == (1, 1)
    assert client.get("s", [7, 7, 7]) == [([7, 7, 7], {"n": "2"})]
    inputs = [query.__keyval__.DbStoreEntry(value=value({})), query.__keyval__.DbStoreEntry(key=key([6, 6, 6]))]
    upsert = client.call("set", query.Set(store="s", inputs=inputs)).upsert
    assert (upsert.inserted, upsert.updated) == (1, 0)
    assert client.get("s", [6, 6, 6]) == [([6, 6, 6], {})]


def test_keys_are_known_by_their_bits(client: Client) -> None:
    client.create("s", 2)
    assert client.set("s", [([0.0, 1.0], {"z": "plus"}), ([-0.0, 1.0], {"z": "minus"})]) == (2, 0)
    found = client.get("s", [-0.0, 1.0], [3, 3], [0.0, 1.0], [-0.0, 1.0])
    assert [pairs["z"] for _, pairs in found] == ["minus", "plus", "minus"]
    assert math.copysign(1, found[0][0][0]) == -1
    assert client.get("s") == []
    refused = client.refused("get_key", query.GetKey(store="s", keys=[key([0, 1]), key([0, 1, 2])]))
    assert refused.status == Status.INVALID_ARGUMENT


def test_metadata_keeps_its_kinds(client: Client) -> None:
    client.create("s", 1)
    pairs = {"text": "a", "image": b"a", "audio": ("audio", b"a"), "none": "x"}
    assert client.set("s", [([1.0], pairs)]) == (1, 0)
    assert client.get("s", [1.0]) == [([1.0], pairs)]
    for name in ("text", "image", "audio"):
        for other in ("text", "image", "audio"):
            assert len(client.where("s", equals(name, pairs[other]))) == (name == other)
    kindless = query.__keyval__.DbStoreEntry(key=key([2.0]), value=value({}))
    kindless.value.value["k"] = query.__keyval__._metadata__.MetadataValue()
    client.call("set", query.Set(store="s", inputs=[kindless]))
    assert client.get("s", [2.0]) == [([2.0], {"k": ("", None)})]


def test_create_twice(client: Client) -> None:
    client.create("Main", 3)
    again = client.refused("create_store", query.CreateStore(store="Main", dimension=2, error_if_exists=True))
    assert (again.status, again.message) == (
        Status.ALREADY_EXISTS,
        'Store StoreName { value: "Main" } already exists',
    )
    client.call("create_store", query.CreateStore(store="Main", dimension=2))
    (only,) = stores(client)
    assert (only.name, only.dimension, only.len, only.size_in_bytes) == ("Main", 3, 0, 1056)


def test_sizes_are_the_originals(client: Client) -> None:
    client.create("plain", 3)
    client.set("plain", [([1, 1, 1], {"a": "1"}), ([2, 2, 2], {"b": "2"})])
    assert store(client, "plain").size_in_bytes == 1264
    client.create("indexed", 3, create_predicates=["a"])
    client.set("indexed", [([1, 1, 1], {}), ([2, 2, 2], {})])
    assert store(client, "indexed").size_in_bytes == 1176


def test_deletes(client: Client) -> None:
    planets = [([1.0, 2.0], {"planet": "jupiter"}), ([3.0, 4.0], {"planet": "mars"})]
    condition = equals("planet", "mars")
    assert client.refused("del_pred", query.DelPred(store="s", condition=condition)).status == Status.NOT_FOUND
    assert client.refused("del_key", query.DelKey(store="s")).status == Status.NOT_FOUND
    client.create("s", 2, create_predicates=["planet"])
    assert client.call("del_pred", query.DelPred(store="s", condition=condition)).deleted_count == 0
    assert client.call("del_key", query.DelKey(store="s", keys=[key([1, 2])])).deleted_count == 0
    client.set("s", planets)
    others = query.DelPred(store="s", condition=not_equals("planet", "mars"))
    assert client.call("del_pred", others).deleted_count == 1
    assert client.get("s", [1, 2], [3, 4]) == planets[1:]
    assert client.refused("del_key", query.DelKey(store="s", keys=[key([1])])).status == Status.INVALID_ARGUMENT
    client.set("s", planets)
    assert client.call("del_key", query.DelKey(store="s", keys=[key([1, 2]), key([9, 9])])).deleted_count == 1
    assert stores(client)[0].len == 1
    assert client.call("del_pred", query.DelPred(store="s", condition=condition)).deleted_count == 1
    assert stores(client)[0].len == 0


def test_predicates_mean_the_same_with_and_without_an_index(client: Client) -> None:
    client.create("s", 1, create_predicates=["medal"])
    rows = [([1.0], {"medal": "silver", "life-form": "human"}), ([2.0], {"medal": "bronze"}), ([3.0], {})]
    client.set("s", rows)

    def answers() -> list[list[float]]:
        conditions = [
            among("medal", "gold"),
            not_equals("medal", "silver"),
            not_among("medal", "bronze"),
            among("medal"),
            not_among("medal"),
            equals("life-form", "human"),
            both(not_equals("medal", "bronze"), equals("life-form", "human")),
            either(equals("medal", "bronze"), equals("life-form", "human")),
        ]
        return [[vector[0] for vector, _ in client.where("s", condition)] for condition in conditions]

    expected = [[], [2, 3], [1, 3], [], [1, 2, 3], [1], [1], [1, 2]]
    assert answers() == expected
    created = client.call("create_pred_index", query.CreatePredIndex(store="s", predicates=["medal"]))
    assert created.created_indexes == 0
    more = query.CreatePredIndex(store="s", predicates=["technology", "life-form", "medal", "technology"])
    assert client.call("create_pred_index", more).created_indexes == 2
    assert answers() == expected
    client.set("s", [([1.0], {"medal": "gold"})])
    assert client.where("s", equals("medal", "silver")) == []
    missing = query.CreatePredIndex(store="none", predicates=["x"])
    assert client.refused("create_pred_index", missing).status == Status.NOT_FOUND


def test_dropping_predicate_indexes(client: Client) -> None:
    client.create("s", 1, create_predicates=["galaxy"])

    def drop(name: str, flagged: bool) -> query.DropPredIndex:
        return query.DropPredIndex(store="s", predicates=[name], error_if_not_exists=flagged)

    assert client.call("drop_pred_index", drop("planet", False)).deleted_count == 0
    refused = client.refused("drop_pred_index", drop("planet", True))
    assert (refused.status, refused.message) == (
        Status.NOT_FOUND,
        "Predicate planet not found in store, attempt CREATEPREDINDEX with predicate",
    )
    assert client.call("drop_pred_index", drop("galaxy", True)).deleted_count == 1
    assert store(client, "s").predicate_indices == []


def test_dropping_stores(client: Client) -> None:
    assert client.call("drop_store", query.DropStore(store="s")).deleted_count == 0
    client.create("s", 1)
    assert client.call("drop_store", query.DropStore(store="s", error_if_not_exists=True)).deleted_count == 1
    refused = client.refused("drop_store", query.DropStore(store="s", error_if_not_exists=True))
    assert refused.status == Status.NOT_FOUND
    assert stores(client) == []


def test_non_linear_indexes_come_and_go(client: Client) -> None:
    client.create("s", 1, non_linear_indices=[hnsw(), NonLinearIndex()])

    def create(*indexes: NonLinearIndex) -> int:
        asked = query.CreateNonLinearAlgorithmIndex(store="s", non_linear_indices=list(indexes))
        return client.call("create_non_linear_algorithm_index", asked).created_indexes

    def drop(algorithm: int, flagged: bool) -> query.DropNonLinearAlgorithmIndex:
        return query.DropNonLinearAlgorithmIndex(
            store="s", non_linear_indices=[algorithm], error_if_not_exists=flagged
        )

    assert create(hnsw(ef_construction=7, maximum_connections=5)) == 0
    (config,) = [index.hnsw for index in store(client, "s").non_linear_indices]
    assert (config.distance, config.ef_construction) == (DistanceMetric.Euclidean, 100)
    assert (config.maximum_connections, config.maximum_connections_zero) == (16, 32)
    assert (config.extend_candidates, config.keep_pruned_connections) == (False, False)
    assert create(KDTREE) == 1
    assert create(KDTREE, hnsw()) == 0
    kdtree = NonLinearAlgorithm.KDTree
    assert client.call("drop_non_linear_algorithm_index", drop(kdtree, False)).deleted_count == 1
    refused = client.refused("drop_non_linear_algorithm_index", drop(kdtree, True))
    assert (refused.status, refused.message) == (
        Status.NOT_FOUND,
        "Non linear algorithm KdTree not found in store, create store with support",
    )
    assert client.call("drop_non_linear_algorithm_index", drop(77, True)).deleted_count == 0
    assert create(KDTREE) == 1
    assert client.call("drop_non_linear_algorithm_index", drop(NonLinearAlgorithm.HNSW, True)).deleted_count == 1


def test_hnsw_configurations_are_reported_as_given(client: Client) -> None:
    given = dict(
        ef_construction=200,
        maximum_connections=32,
        maximum_connections_zero=64,
        extend_candidates=True,
        keep_pruned_connections=False,
    )
    client.create("s", 4, non_linear_indices=[hnsw(distance=DistanceMetric.Euclidean, **given)])
    client.set("s", [([1, 0, 0, 0], {}), ([0.9, 0.1, 0, 0], {}), ([0, 0, 1, 0], {})])
    found = client.nearest("s", [1, 0, 0, 0], 2, Algorithm.HNSW)
    assert [vector for vector, _ in found] == [[1, 0, 0, 0], pytest.approx([0.9, 0.1, 0, 0])]
    (index,) = store(client, "s").non_linear_indices
    assert {name: getattr(index.hnsw, name) for name in given} == given
    client.create("c", 3, non_linear_indices=[hnsw(distance=DistanceMetric.Cosine, maximum_connections=24), KDTREE])
    client.set("c", [([1, 0, 0], {}), ([2, 1, 0], {}), ([0, 5, 0], {})])
    assert [v for _, v in client.nearest("c", [3, 0, 0], 3, Algorithm.HNSW)] == pytest.approx(
        [1.0, 2 / math.sqrt(5), 0.0], abs=1e-6
    )
    assert len(store(client, "c").non_linear_indices) == 2


def test_hnsw_is_never_worse_than_its_poor_configuration(client: Client) -> None:
    rows = [[round(math.sin(i * 7 + j * 3), 3) for j in range(16)] for i in range(200)]
    client.create("s", 16, non_linear_indices=[hnsw(ef_construction=5, maximum_connections=2)])
    client.set("s", [(row, {}) for row in rows])
    asked = [x + 0.01 for x in rows[17]]
    exact = [tuple(v) for v, _ in client.nearest("s", asked, 10, Algorithm.EuclideanDistance)]

    def recall() -> float:
        return len(set(exact) & {tuple(v) for v, _ in client.nearest("s", asked, 10, Algorithm.HNSW)}) / 10

    before = recall()
    drop = query.DropNonLinearAlgorithmIndex(store="s", non_linear_indices=[NonLinearAlgorithm.HNSW])
    client.call("drop_non_linear_algorithm_index", drop)
    better = hnsw(ef_construction=100, maximum_connections=48, maximum_connections_zero=96)
    client.call(
        "create_non_linear_algorithm_index",
        query.CreateNonLinearAlgorithmIndex(store="s", non_linear_indices=[better]),
    )
    assert recall() >= max(0.9, before)


def test_get_store(client: Client) -> None:
    assert client.refused("get_store", query.GetStore(store="s")).status == Status.NOT_FOUND
    client.create("s", 5, create_predicates=["category", "author"], non_linear_indices=[hnsw()])
    client.set("s", [([1, 2, 3, 4, 5], {"author": "x"})])
    info = store(client, "s")
    assert (info.len, info.dimension, info.predicate_indices) == (1, 5, ["author", "category"])
    assert len(info.non_linear_indices) == 1
    assert info.size_in_bytes > 0


@pytest.fixture
def people(client: Client) -> Client:
    client.create("u", 2, create_predicates=["id"])
    client.set("u", [([1, 1], {"id": "123", "age": "5", "name": "old"}), ([2, 2], {"id": "4"}), ([3, 3], {"id": "4"})])
    return client


def upsert(client: Client, name: str = "123", **more: object):
    return client.call("upsert", query.Upsert(store="u", condition=equals("id", name), **more)).upsert


def test_upsert_of_key_and_value(people: Client) -> None:
    reply = upsert(people, new_key=key([7, 7]))
    assert (reply.inserted, reply.updated) == (0, 1)
    assert people.get("u", [1, 1]) == []
    assert people.get("u", [7, 7])[0][1] == {"id": "123", "age": "5", "name": "old"}
    upsert(people, new_value=value({"name": "new"}), merge_metadata=True)
    assert people.get("u", [7, 7])[0][1] == {"id": "123", "age": "5", "name": "new"}
    upsert(people, new_value=value({"id": "9"}))
    assert people.get("u", [7, 7])[0][1] == {"id": "9"}
    assert people.where("u", equals("id", "123")) == []
    upsert(people, "9", new_key=key([8, 8]), new_value=value({"id": "10"}))
    assert people.get("u", [7, 7], [8, 8]) == [([8, 8], {"id": "10"})]


def test_upsert_changes_nothing_where_it_is_refused(people: Client) -> None:
    before = people.where("u", not_among("id"))
    one, four, none = equals("id", "123"), equals("id", "4"), equals("id", "0")
    expected = [
        (query.Upsert(condition=one), "UPSERT requires at least one of new_key or new_value"),
        (query.Upsert(new_key=key([1, 2])), "Condition is required for UPSERT"),
        (
            query.Upsert(condition=none, new_value=value({})),
            "Predicate condition found 0 entries, expected exactly 1 for UPSERT",
        ),
        (
            query.Upsert(condition=four, new_value=value({})),
            "Predicate condition found 2 entries, expected exactly 1 for UPSERT",
        ),
        (
            query.Upsert(condition=one, new_key=key([1, 2, 3])),
            "Store dimension is [2], input dimension of [3] was specified",
        ),
        (query.Upsert(condition=one, new_key=key([2, 2])), ""),
    ]
    for asked, message in expected:
        asked.store = "u"
        refused = people.refused("upsert", asked)
        assert refused.status == Status.INVALID_ARGUMENT
        assert refused.message == message or not message
    assert people.where("u", not_among("id")) == before


def test_schemas_are_apart(client: Client) -> None:
    client.create("p", 1)
    client.create("a", 1, schema="custom")
    client.create("b", 1, schema="custom")
    assert [s.name for s in stores(client)] == ["p"]
    assert [s.name for s in stores(client, "public")] == ["p"]
    assert [s.name for s in stores(client, "")] == ["p"]
    assert [s.name for s in stores(client, "custom")] == ["a", "b"]
    assert stores(client, "nowhere") == []
    assert store(client, "a", "custom").name == "a"
    assert client.refused("get_store", query.GetStore(store="a")).status == Status.NOT_FOUND
    assert client.set("a", [([1], {})], schema="custom") == (1, 0)
    client.call("drop_store", query.DropStore(store="a", schema="custom", error_if_not_exists=True))
    assert client.refused("get_store", query.GetStore(store="a", schema="custom")).status == Status.NOT_FOUND
    client.create("a", 1, schema="custom")
    assert client.call("drop_schema", query.DropSchema(schema="custom")).deleted_count == 2
    assert client.call("drop_schema", query.DropSchema(schema="custom")).deleted_count == 0
    assert stores(client, "custom") == []
    assert [s.name for s in stores(client)] == ["p"]
    for schema, said in (("public", "Cannot drop the default 'public' schema"), ("", "Schema name cannot be empty")):
        refused = client.refused("drop_schema", query.DropSchema(schema=schema))
        assert (refused.status, refused.message) == (Status.INVALID_ARGUMENT, said)
    for asked in (query.DropSchema(schema="faissx"), query.CreateStore(store="x", dimension=1, schema="faissx")):
        rpc = "drop_schema" if isinstance(asked, query.DropSchema) else "create_store"
        assert client.refused(rpc, asked).status == Status.INVALID_ARGUMENT


def test_pipeline_of_everything(client: Client) -> None:
    Q = pipeline.DbQuery
    at = {"store": "s", "schema": "other"}
    condition = equals("n", "1")
    queries = [
        Q(create_store=query.CreateStore(dimension=2, **at)),
        Q(get_store=query.GetStore(**at)),
        Q(list_stores=query.ListStores()),
        Q(create_pred_index=query.CreatePredIndex(predicates=["n"], **at)),
        Q(create_non_linear_algorithm_index=query.CreateNonLinearAlgorithmIndex(non_linear_indices=[KDTREE], **at)),
        Q(set=query.Set(inputs=[entry([i, i], {"n": str(i)}) for i in range(5)], **at)),
        Q(get_key=query.GetKey(keys=[key([1, 1])], **at)),
        Q(get_pred=query.GetPred(condition=condition, **at)),
        Q(get_sim_n=query.GetSimN(search_input=key([0, 0]), closest_n=3, condition=condition, **at)),
        Q(upsert=query.Upsert(condition=condition, new_value=value({"n": "1"}), **at)),
        Q(list_store_entries=query.ListStoreEntries(limit=2, **at)),
        Q(del_key=query.DelKey(keys=[key([0, 0])], **at)),
        Q(del_pred=query.DelPred(condition=condition, **at)),
        Q(get_store=query.GetStore(store="missing")),
        Q(clear_store=query.ClearStore(**at)),
        Q(drop_pred_index=query.DropPredIndex(predicates=["n"], **at)),
        Q(drop_non_linear_algorithm_index=query.DropNonLinearAlgorithmIndex(non_linear_indices=[0], **at)),
        Q(drop_store=query.DropStore(**at)),
        Q(drop_schema=query.DropSchema(schema="other")),
        Q(list_stores=query.ListStores(schema="other")),
        Q(ping=query.Ping()),
        Q(info_server=query.InfoServer()),
        Q(list_clients=query.ListClients()),
        Q(cluster_info=cluster.ClusterInfoQuery()),
    ]
    replies = client.call("pipeline", pipeline.DbRequestPipeline(queries=queries)).responses
    kinds = [kind_of(reply) for reply in replies]
    assert kinds == (
        "unit store_info store_list create_index create_index set get get get_sim_n set list_store_entries del_ del_"
        " error del_ del_ del_ del_ del_ store_list pong info_server client_list cluster_info"
    ).split()
    assert replies[2].store_list.stores == [] and replies[19].store_list.stores == []
    assert (replies[5].set.upsert.inserted, replies[12].del_.deleted_count) == (5, 1)
    assert (replies[13].error.code, replies[13].error.message) == (
        Status.NOT_FOUND.value,
        'Store StoreName { value: "missing" } not found',
    )
    assert [r.del_.deleted_count for r in replies[14:19]] == [3, 1, 1, 1, 0]
    assert client.call("pipeline", pipeline.DbRequestPipeline()).responses == []
    half = [Q(create_store=query.CreateStore(store="not made", dimension=1)), Q()]
    refused = client.refused("pipeline", pipeline.DbRequestPipeline(queries=half))
    assert (refused.status, refused.message) == (Status.INVALID_ARGUMENT, "query is required")
    assert stores(client) == []


def kind_of(reply: object) -> str:
    return betterproto.which_one_of(reply, "response")[0]


def test_pages_of_a_store(client: Client) -> None:
    client.create("s", 1)
    client.set("s", [([float(i)], {"even": str(i % 2 == 0)}) for i in range(250)])

    def pages(**more: object) -> list[list[float]]:
        seen, cursor = [], None
        while True:
            page = client.call("list_store_entries", query.ListStoreEntries(store="s", cursor=cursor, **more))
            seen.append([e.key.key[0] for e in page.entries])
            cursor = page.next_cursor
            if cursor is None:
                return seen

    assert [len(page) for page in pages()] == [100, 100, 50]
    assert sorted(sum(pages(limit=33), [])) == [float(i) for i in range(250)]
    assert [len(page) for page in pages(limit=125)] == [125, 125]
    assert sum(map(len, pages(limit=50, condition=equals("even", "True")))) == 125
    assert client.call("clear_store", query.ClearStore(store="s")).deleted_count == 250
    assert pages() == [[]]
    assert store(client, "s").dimension == 1
    assert client.refused("clear_store", query.ClearStore(store="none")).status == Status.NOT_FOUND


def test_server_and_clients(client: Client, fleet) -> None:
    port = fleet.server("memory", secured=False).ports["ahnlich-db"]
    info = client.call("info_server", query.InfoServer()).info
    assert (info.address, info.type) == (f"127.0.0.1:{port}", ServerType.Database)
    assert re.fullmatch(r"\d+\.\d+\.\d+", info.version)
    assert 0 < info.remaining <= info.limit
    before = client.call("list_clients", query.ListClients()).clients
    with Client(port) as other:
        other.call("ping", query.Ping())
        listed = client.call("list_clients", query.ListClients()).clients
        assert len(listed) == len(before) + 1
        assert all(re.fullmatch(r"127\.0\.0\.1:\d+", c.address) for c in listed)
    (node,) = client.call("cluster_info", cluster.ClusterInfoQuery()).nodes
    assert (node.node_id, node.addr) == (1, f"127.0.0.1:{port}")
    assert (node.role, node.health) == (cluster.NodeRole.LEADER, cluster.NodeHealthStatus.HEALTHY)
    assert (node.term, node.commit_index) == (None, None)
