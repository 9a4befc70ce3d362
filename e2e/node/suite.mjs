// Every rpc of the database through Ahnlich's Node client. Each case finds an empty server.

import { Code } from "@connectrpc/connect";
import { compressionBrotli, compressionGzip } from "@connectrpc/connect-node";
import assert from "node:assert/strict";
import {
  KDTREE,
  among,
  both,
  createDbClient,
  either,
  entry,
  equals,
  hnsw,
  keys,
  notAmong,
  notEquals,
  plain,
  refused,
  value,
} from "./client.mjs";
import { Algorithm, DistanceMetric } from "./generated/algorithm/algorithm_pb.js";
import { NonLinearAlgorithm } from "./generated/algorithm/nonlinear_pb.js";
import { CreateStore, ListStores, Ping } from "./generated/db/query_pb.js";
import { NodeHealthStatus, NodeRole } from "./generated/shared/cluster_pb.js";
import { ServerType } from "./generated/server_types_pb.js";

const MEDALS = [
  entry([1.2, 1.3, 1.4], { medal: "silver" }),
  entry([2.0, 2.1, 2.2], { medal: "gold" }),
  entry([5.0, 5.1, 5.2], { medal: "bronze" }),
];
const MISSING = 'Store StoreName { value: "none" } not found';
const WRONG_DIMENSION = "Store dimension is [2], input dimension of [1] was specified";

async function pairs(db, store = "s") {
  await db.createStore({ store, dimension: 2, createPredicates: ["n"], errorIfExists: true });
  await db.set({ store, inputs: [0, 1, 2].map((i) => entry([i, i], { n: String(i) })) });
}

async function nearest(db, vector, count, algorithm, more = {}) {
  const found = await db.getSimN({ store: "m", searchInput: { key: vector }, closestN: count, algorithm, ...more });
  return found.entries.map((e) => [e.value.value.medal.value.value, e.similarity.value]);
}

async function medals(db) {
  await db.createStore({ store: "m", dimension: 3, nonLinearIndices: [KDTREE, hnsw()], errorIfExists: true });
  const { upsert } = await db.set({ store: "m", inputs: MEDALS });
  assert.deepEqual([upsert.inserted, upsert.updated], [3n, 0n]);
}

function ranked(found, ...expected) {
  assert.deepEqual(found.map(([medal]) => medal), expected.map(([medal]) => medal));
  found.forEach(([, similarity], i) => {
    const wanted = expected[i][1];
    assert.ok(Math.abs(similarity - wanted) <= 2e-7 * wanted, `${similarity} is not ${wanted}`);
  });
}

export async function messages_of_the_clients_classes(db) {
  assert.equal((await db.ping(new Ping())).getType().typeName, "db.server.Pong");
  const made = await db.createStore(new CreateStore({ store: "s", dimension: 3, createPredicates: ["label"] }));
  assert.equal(made.getType().typeName, "db.server.Unit");
  const [store] = (await db.listStores(new ListStores())).stores;
  assert.deepEqual([store.name, store.dimension, store.predicateIndices], ["s", 3, ["label"]]);
}

export async function create_store(db) {
  await db.createStore({ store: "s", dimension: 3, errorIfExists: true });
  await refused(
    db.createStore({ store: "s", dimension: 2, errorIfExists: true }),
    Code.AlreadyExists,
    'Store StoreName { value: "s" } already exists',
  );
  await db.createStore({ store: "s", dimension: 2 });
  const info = await db.getStore({ store: "s" });
  assert.deepEqual([info.dimension, info.len, info.sizeInBytes], [3, 0n, 1056n]);
  await refused(db.createStore({ store: "z" }), Code.InvalidArgument, "dimension must be greater than 0");
}

export async function set_counts_and_updates(db) {
  await pairs(db);
  const { upsert } = await db.set({ store: "s", inputs: [entry([1, 1], { n: "x" }), entry([9, 9]), entry([9, 9])] });
  assert.deepEqual([upsert.inserted, upsert.updated], [1n, 2n]);
  assert.deepEqual(plain((await db.getKey({ store: "s", keys: keys([1, 1]) })).entries), [[[1, 1], { n: "x" }]]);
  const nothing = (await db.set({ store: "s" })).upsert;
  assert.deepEqual([nothing.inserted, nothing.updated], [0n, 0n]);
  await refused(
    db.set({ store: "s", inputs: [entry([8, 8]), entry([8])] }),
    Code.InvalidArgument,
    WRONG_DIMENSION,
  );
  assert.equal((await db.getStore({ store: "s" })).len, 4n);
  await refused(db.set({ store: "none" }), Code.NotFound, MISSING);
}

export async function get_key_in_the_order_of_the_request(db) {
  await pairs(db);
  const { entries } = await db.getKey({ store: "s", keys: keys([2, 2], [7, 7], [0, 0], [2, 2]) });
  assert.deepEqual(plain(entries).map(([, { n }]) => n), ["2", "0", "2"]);
  assert.deepEqual((await db.getKey({ store: "s" })).entries, []);
  await refused(db.getKey({ store: "s", keys: keys([0, 0], [1]) }), Code.InvalidArgument, WRONG_DIMENSION);
  await refused(db.getKey({ store: "none" }), Code.NotFound, MISSING);
}

export async function keys_are_their_float32_bits(db) {
  await db.createStore({ store: "s", dimension: 2 });
  await db.set({ store: "s", inputs: [entry([0, 0.1], { z: "plus" }), entry([-0, 0.1], { z: "minus" })] });
  const { entries } = await db.getKey({ store: "s", keys: keys([-0, 0.1], [0, 0.1]) });
  assert.deepEqual(plain(entries), [
    [[-0, Math.fround(0.1)], { z: "minus" }],
    [[0, Math.fround(0.1)], { z: "plus" }],
  ]);
}

export async function metadata_keeps_its_kinds(db) {
  await db.createStore({ store: "s", dimension: 1 });
  const bytes = new Uint8Array([0, 97, 255]);
  const audio = { case: "audio", value: bytes };
  const kindless = { case: undefined };
  await db.set({ store: "s", inputs: [entry([1], { text: "ä\0😀", image: bytes, audio, kindless })] });
  const [[, found]] = plain((await db.getKey({ store: "s", keys: keys([1]) })).entries);
  assert.deepEqual(found, { text: "ä\0😀", image: bytes, audio, kindless });
  for (const [name, content] of [["text", "ä\0😀"], ["image", bytes], ["audio", audio]]) {
    for (const other of ["text", "image", "audio"]) {
      const { entries } = await db.getPred({ store: "s", condition: equals(other, content) });
      assert.equal(entries.length, name === other ? 1 : 0, `${name} as ${other}`);
    }
  }
}

export async function get_pred_with_and_without_an_index(db) {
  await db.createStore({ store: "s", dimension: 1 });
  const rows = [entry([1], { medal: "silver", form: "human" }), entry([2], { medal: "bronze" }), entry([3])];
  await db.set({ store: "s", inputs: rows });
  const expected = [
    [equals("medal", "silver"), [1]],
    [notEquals("medal", "silver"), [2, 3]],
    [among("medal", "gold", "bronze"), [2]],
    [among("medal"), []],
    [notAmong("medal", "bronze", "gold"), [1, 3]],
    [both(notEquals("medal", "bronze"), equals("form", "human")), [1]],
    [either(equals("medal", "bronze"), equals("form", "human")), [1, 2]],
    [both(either(equals("medal", "bronze"), equals("form", "human")), notEquals("medal", "bronze")), [1]],
  ];
  for (const indexed of [false, true]) {
    for (const [condition, wanted] of expected) {
      const { entries } = await db.getPred({ store: "s", condition });
      assert.deepEqual(entries.map((e) => e.key.key[0]).sort(), wanted, `indexed: ${indexed}`);
    }
    await db.createPredIndex({ store: "s", predicates: ["medal"] });
  }
  await refused(db.getPred({ store: "s" }), Code.InvalidArgument, "Condition is required");
  await refused(db.getPred({ store: "none", condition: equals("a", "b") }), Code.NotFound, MISSING);
}

export async function get_sim_n_linear(db) {
  await medals(db);
  const { CosineSimilarity, DotProductSimilarity, EuclideanDistance } = Algorithm;
  const gold = { condition: equals("medal", "gold") };
  ranked(await nearest(db, [5, 2.1, 2.2], 2n, CosineSimilarity, gold), ["gold", 0.9036339]);
  ranked(await nearest(db, [1, 2.1, 2.2], 2n, DotProductSimilarity), ["bronze", 27.149998], ["gold", 11.25]);
  ranked(await nearest(db, [1, 2.1, 2.2], 2n, EuclideanDistance), ["gold", 1], ["silver", 1.1489125]);
  const others = { condition: notEquals("medal", "gold") };
  ranked(await nearest(db, [5, 2.1, 2.2], 1n, CosineSimilarity, others), ["bronze", 0.91193724]);
}

export async function get_sim_n_kdtree_and_hnsw(db) {
  await medals(db);
  const gold = { condition: equals("medal", "gold") };
  ranked(await nearest(db, [1.1, 2, 3], 2n, Algorithm.KDTree), ["gold", 1.4599998], ["silver", 3.0600002]);
  ranked(await nearest(db, [5, 2.1, 2.2], 2n, Algorithm.KDTree, gold), ["gold", 9]);
  const found = await nearest(db, [1, 2.1, 2.2], 2n, Algorithm.HNSW);
  assert.deepEqual(found.map(([medal]) => medal), ["gold", "silver"]);
  const one = await nearest(db, [1, 2.1, 2.2], 2n, Algorithm.HNSW, gold);
  assert.deepEqual(one.map(([medal]) => medal), ["gold"]);
}

export async function get_sim_n_counts_are_bigints(db) {
  await medals(db);
  for (const count of [3n, 4n, 2n ** 32n, 2n ** 63n, 2n ** 64n - 1n]) {
    for (const algorithm of [0, 1, 2, 3, 4]) {
      assert.equal((await nearest(db, [1, 2, 3], count, algorithm)).length, 3, `${count} by ${algorithm}`);
    }
  }
}

export async function get_sim_n_refusals(db) {
  const ask = (more) =>
    db.getSimN({ store: "p", searchInput: { key: [1, 2] }, closestN: 1n, ...more });
  await pairs(db, "p");
  const absent = (name) => `Non linear algorithm ${name} not found in store, create store with support`;
  await refused(ask({ algorithm: Algorithm.HNSW }), Code.NotFound, absent("Hnsw"));
  await refused(ask({ algorithm: Algorithm.KDTree }), Code.NotFound, absent("KdTree"));
  await refused(ask({ algorithm: 77 }), Code.InvalidArgument, "Invalid algorithm");
  await refused(ask({ closestN: 0n }), Code.InvalidArgument, "closest_n must be > 0");
  await refused(ask({ searchInput: undefined }), Code.InvalidArgument, "Search input is required");
  await refused(ask({ searchInput: { key: [1] } }), Code.InvalidArgument, WRONG_DIMENSION);
  await refused(ask({ searchInput: { key: [NaN, 1] } }), Code.InvalidArgument);
  await refused(ask({ store: "none", searchInput: { key: [1] } }), Code.NotFound, MISSING);
  await refused(ask({ store: 'ä "\n' }), Code.NotFound, 'Store StoreName { value: "ä \\"\\n" } not found');
}

export async function upsert(db) {
  await pairs(db);
  const one = equals("n", "1");
  const { upsert } = await db.upsert({
    store: "s",
    condition: one,
    newKey: { key: [5, 5] },
    newValue: value({ b: "2" }),
    mergeMetadata: true,
  });
  assert.deepEqual([upsert.inserted, upsert.updated], [0n, 1n]);
  const moved = await db.getKey({ store: "s", keys: keys([1, 1], [5, 5]) });
  assert.deepEqual(plain(moved.entries), [[[5, 5], { n: "1", b: "2" }]]);
  await db.upsert({ store: "s", condition: one, newValue: value({ n: "1" }) });
  assert.deepEqual(plain((await db.getPred({ store: "s", condition: one })).entries), [[[5, 5], { n: "1" }]]);
}

export async function upsert_refusals(db) {
  await pairs(db);
  const condition = equals("n", "1");
  const expected = (count) => `Predicate condition found ${count} entries, expected exactly 1 for UPSERT`;
  for (const [asked, message] of [
    [{ condition }, "UPSERT requires at least one of new_key or new_value"],
    [{ newKey: { key: [4, 4] } }, "Condition is required for UPSERT"],
    [{ condition: equals("n", "7"), newValue: value({}) }, expected(0)],
    [{ condition: notEquals("n", "1"), newValue: value({}) }, expected(2)],
    [{ condition, newKey: { key: [4] } }, WRONG_DIMENSION],
    [{ condition, newKey: { key: [2, 2] } }, undefined],
  ]) {
    await refused(db.upsert({ store: "s", ...asked }), Code.InvalidArgument, message);
  }
  const { entries } = await db.getKey({ store: "s", keys: keys([0, 0], [1, 1], [2, 2]) });
  assert.deepEqual(plain(entries).map(([, { n }]) => n), ["0", "1", "2"]);
}

export async function predicate_indexes(db) {
  await pairs(db);
  const created = await db.createPredIndex({ store: "s", predicates: ["n", "a", "b", "a"] });
  assert.equal(created.createdIndexes, 2n);
  assert.deepEqual((await db.getStore({ store: "s" })).predicateIndices, ["a", "b", "n"]);
  await refused(
    db.dropPredIndex({ store: "s", predicates: ["a", "x"], errorIfNotExists: true }),
    Code.NotFound,
    "Predicate x not found in store, attempt CREATEPREDINDEX with predicate",
  );
  assert.equal((await db.dropPredIndex({ store: "s", predicates: ["a", "x"] })).deletedCount, 1n);
  const dropped = await db.dropPredIndex({ store: "s", predicates: ["n", "b"], errorIfNotExists: true });
  assert.equal(dropped.deletedCount, 2n);
  assert.equal((await db.getPred({ store: "s", condition: equals("n", "1") })).entries.length, 1);
  await refused(db.createPredIndex({ store: "none", predicates: ["a"] }), Code.NotFound, MISSING);
}

export async function non_linear_indexes(db) {
  await pairs(db);
  const create = async (...nonLinearIndices) =>
    (await db.createNonLinearAlgorithmIndex({ store: "s", nonLinearIndices })).createdIndexes;
  const drop = (algorithm, errorIfNotExists) =>
    db.dropNonLinearAlgorithmIndex({ store: "s", nonLinearIndices: [algorithm], errorIfNotExists });
  assert.equal(await create(KDTREE, hnsw()), 2n);
  assert.equal(await create(KDTREE, hnsw({ efConstruction: 7 })), 0n);
  const [defaults] = (await db.getStore({ store: "s" })).nonLinearIndices.filter((i) => i.index.case === "hnsw");
  assert.deepEqual({ ...defaults.index.value }, {
    distance: DistanceMetric.Euclidean,
    efConstruction: 100,
    maximumConnections: 16,
    maximumConnectionsZero: 32,
    extendCandidates: false,
    keepPrunedConnections: false,
  });
  assert.equal((await drop(NonLinearAlgorithm.KDTree, true)).deletedCount, 1n);
  assert.equal((await drop(NonLinearAlgorithm.KDTree, false)).deletedCount, 0n);
  await refused(
    drop(NonLinearAlgorithm.KDTree, true),
    Code.NotFound,
    "Non linear algorithm KdTree not found in store, create store with support",
  );
  assert.equal((await drop(NonLinearAlgorithm.HNSW, true)).deletedCount, 1n);
  await refused(
    db.getSimN({ store: "s", searchInput: { key: [1, 1] }, closestN: 1n, algorithm: Algorithm.HNSW }),
    Code.NotFound,
  );
}

export async function hnsw_configurations(db) {
  const given = {
    distance: DistanceMetric.Cosine,
    efConstruction: 200,
    maximumConnections: 24,
    maximumConnectionsZero: 64,
    extendCandidates: true,
    keepPrunedConnections: true,
  };
  await db.createStore({ store: "s", dimension: 2, nonLinearIndices: [hnsw(given)] });
  await db.set({ store: "s", inputs: [entry([1, 0]), entry([2, 1]), entry([0, 5])] });
  const [index] = (await db.getStore({ store: "s" })).nonLinearIndices;
  assert.deepEqual({ ...index.index.value }, given);
  const found = await db.getSimN({ store: "s", searchInput: { key: [3, 0] }, closestN: 3n, algorithm: Algorithm.HNSW });
  assert.deepEqual(found.entries.map((e) => e.key.key), [[1, 0], [2, 1], [0, 5]]);
  await refused(
    db.createStore({ store: "t", dimension: 2, nonLinearIndices: [hnsw({ maximumConnections: 1 })] }),
    Code.InvalidArgument,
  );
}

export async function del_key_and_del_pred(db) {
  await pairs(db);
  assert.equal((await db.delKey({ store: "s", keys: keys([0, 0], [7, 7]) })).deletedCount, 1n);
  assert.equal((await db.delKey({ store: "s" })).deletedCount, 0n);
  assert.equal((await db.delPred({ store: "s", condition: equals("n", "0") })).deletedCount, 0n);
  assert.equal((await db.delPred({ store: "s", condition: notEquals("n", "1") })).deletedCount, 1n);
  assert.equal((await db.getStore({ store: "s" })).len, 1n);
  await refused(db.delKey({ store: "s", keys: keys([1]) }), Code.InvalidArgument, WRONG_DIMENSION);
  await refused(db.delPred({ store: "s" }), Code.InvalidArgument, "Predicate Condition is required");
  await refused(db.delKey({ store: "none" }), Code.NotFound, MISSING);
  await refused(db.delPred({ store: "none", condition: equals("n", "1") }), Code.NotFound, MISSING);
}

export async function drop_store(db) {
  await pairs(db);
  assert.equal((await db.dropStore({ store: "s", errorIfNotExists: true })).deletedCount, 1n);
  assert.equal((await db.dropStore({ store: "s" })).deletedCount, 0n);
  await refused(db.dropStore({ store: "none", errorIfNotExists: true }), Code.NotFound, MISSING);
}

export async function schemas_and_drop_schema(db) {
  const names = async (schema) => (await db.listStores({ schema })).stores.map(({ name }) => name);
  await db.createStore({ store: "p", dimension: 1 });
  await db.createStore({ store: "b", dimension: 1, schema: "custom" });
  await db.createStore({ store: "a", dimension: 1, schema: "custom", errorIfExists: true });
  assert.deepEqual([await names(), await names("custom"), await names("nowhere")], [["p"], ["a", "b"], []]);
  assert.equal((await db.getStore({ store: "a", schema: "custom" })).name, "a");
  assert.equal((await db.dropSchema({ schema: "custom" })).deletedCount, 2n);
  assert.equal((await db.dropSchema({ schema: "custom" })).deletedCount, 0n);
  assert.deepEqual([await names(), await names("custom")], [["p"], []]);
  await refused(
    db.dropSchema({ schema: "public" }),
    Code.InvalidArgument,
    "Cannot drop the default 'public' schema",
  );
  await refused(db.dropSchema({}), Code.InvalidArgument, "Schema name cannot be empty");
}

export async function list_stores_and_get_store(db) {
  for (const store of ["b", "a", "B"]) {
    await db.createStore({ store, dimension: 4, createPredicates: ["y", "x"], nonLinearIndices: [KDTREE] });
  }
  const { stores } = await db.listStores({});
  assert.deepEqual(stores.map(({ name }) => name), ["B", "a", "b"]);
  const info = await db.getStore({ store: "a" });
  assert.ok(info.equals(stores[1]), info.toJsonString());
  assert.deepEqual([info.dimension, info.predicateIndices], [4, ["x", "y"]]);
  assert.deepEqual(info.nonLinearIndices.map((i) => i.index.case), ["kdtree"]);
  await refused(db.getStore({ store: "none" }), Code.NotFound, MISSING);
}

export async function list_clients_counts_connections(db, address) {
  const before = (await db.listClients({})).clients.length;
  const other = createDbClient(address);
  await other.ping({});
  await other.ping({});
  const { clients } = await db.listClients({});
  assert.equal(clients.length, before + 1);
  clients.forEach((client) => assert.match(client.address, /^127\.0\.0\.1:\d+$/));
}

export async function info_server_and_cluster_info(db, address) {
  const { info } = await db.infoServer({});
  assert.deepEqual([info.address, info.type], [address, ServerType.Database]);
  assert.match(info.version, /^\d+\.\d+\.\d+$/);
  assert.ok(info.remaining > 0n && info.remaining <= info.limit, `${info.remaining} of ${info.limit}`);
  const { nodes } = await db.clusterInfo({});
  assert.deepEqual(nodes.map((n) => [n.nodeId, n.addr, n.role, n.health]), [
    [1n, address, NodeRole.LEADER, NodeHealthStatus.HEALTHY],
  ]);
}

export async function pipeline_with_an_error_in_its_place(db) {
  const at = { store: "s", schema: "custom" };
  const condition = equals("n", "1");
  const expected = [
    ["createStore", { dimension: 2, ...at }, "unit"],
    ["getStore", at, "storeInfo"],
    ["listStores", {}, "storeList"],
    ["createPredIndex", { predicates: ["n"], ...at }, "createIndex"],
    ["createNonLinearAlgorithmIndex", { nonLinearIndices: [KDTREE], ...at }, "createIndex"],
    ["set", { inputs: [0, 1, 2].map((i) => entry([i, i], { n: String(i) })), ...at }, "set"],
    ["getKey", { keys: keys([1, 1]), ...at }, "get"],
    ["getPred", { condition, ...at }, "get"],
    ["getSimN", { searchInput: { key: [0, 0] }, closestN: 3n, ...at }, "getSimN"],
    ["upsert", { condition, newValue: value({ n: "1" }), ...at }, "set"],
    ["getStore", { store: "none" }, "error"],
    ["delKey", { keys: keys([0, 0]), ...at }, "del"],
    ["delPred", { condition, ...at }, "del"],
    ["dropPredIndex", { predicates: ["n"], ...at }, "del"],
    ["dropNonLinearAlgorithmIndex", { nonLinearIndices: [NonLinearAlgorithm.KDTree], ...at }, "del"],
    ["dropStore", at, "del"],
    ["dropSchema", { schema: "custom" }, "del"],
    ["ping", {}, "pong"],
    ["infoServer", {}, "infoServer"],
    ["listClients", {}, "clientList"],
    ["clusterInfo", {}, "clusterInfo"],
  ];
  const queries = expected.map(([name, asked]) => ({ query: { case: name, value: asked } }));
  const { responses } = await db.pipeline({ queries });
  assert.deepEqual(responses.map((r) => r.response.case), expected.map(([, , kind]) => kind));
  const error = responses[10].response.value;
  assert.deepEqual([error.code, error.message], [Code.NotFound, MISSING]);
  assert.equal(responses[5].response.value.upsert.inserted, 3n);
  assert.deepEqual(responses.slice(11, 17).map((r) => r.response.value.deletedCount), [1n, 1n, 1n, 1n, 1n, 0n]);
  assert.deepEqual((await db.pipeline({})).responses, []);
  await refused(db.pipeline({ queries: [{}] }), Code.InvalidArgument, "query is required");
}

export async function list_store_entries_and_clear_store(db) {
  await db.createStore({ store: "s", dimension: 1 });
  const inputs = Array.from({ length: 250 }, (_, i) => entry([i], { even: String(i % 2 === 0) }));
  await db.set({ store: "s", inputs });
  const pages = async (more) => {
    const sizes = [];
    const seen = new Set();
    let cursor;
    do {
      const page = await db.listStoreEntries({ store: "s", cursor, ...more });
      sizes.push(page.entries.length);
      page.entries.forEach((e) => seen.add(e.key.key[0]));
      cursor = page.nextCursor;
    } while (cursor !== undefined);
    return [sizes, seen.size];
  };
  assert.deepEqual(await pages({}), [[100, 100, 50], 250]);
  assert.deepEqual(await pages({ limit: 100, condition: equals("even", "true") }), [[100, 25], 125]);
  assert.equal((await db.clearStore({ store: "s" })).deletedCount, 250n);
  assert.deepEqual(await pages({}), [[0], 0]);
  await refused(db.clearStore({ store: "none" }), Code.NotFound, MISSING);
  await refused(db.listStoreEntries({ store: "none" }), Code.NotFound, MISSING);
}

export async function compression_is_announced_and_understood(_, address) {
  const seen = [];
  const watch = (next) => async (request) => {
    const reply = await next(request);
    seen.push([request.header.get("grpc-accept-encoding"), reply.header.get("grpc-encoding") ?? "identity"]);
    return reply;
  };
  const inputs = Array.from({ length: 100 }, (_, i) => entry([i], { text: "again and ".repeat(100) }));
  for (const sendCompression of [undefined, compressionGzip]) {
    const db = createDbClient(address, { interceptors: [watch], sendCompression, compressMinBytes: 0 });
    await db.createStore({ store: "s", dimension: 1 });
    await db.set({ store: "s", inputs });
    const { entries } = await db.getKey({ store: "s", keys: inputs.map(({ key }) => key) });
    assert.deepEqual(plain(entries).map(([, { text }]) => text), Array(100).fill("again and ".repeat(100)));
  }
  assert.equal(seen.length, 6);
  for (const [announced, answered] of seen) {
    assert.equal(announced, "gzip,br");
    assert.ok(["identity", "gzip"].includes(answered), answered);
  }
  const brotli = createDbClient(address, { sendCompression: compressionBrotli, compressMinBytes: 0 });
  await refused(brotli.getStore({ store: "s" }), Code.Unimplemented);
}

export async function large_messages(db, address) {
  await db.createStore({ store: "s", dimension: 1 });
  const photo = (i) => entry([i], { photo: new Uint8Array(900_000).fill(i) });
  const inputs = Array.from({ length: 9 }, (_, i) => photo(i));
  assert.equal((await db.set({ store: "s", inputs })).upsert.inserted, 9n);
  const { entries } = await db.getKey({ store: "s", keys: inputs.map(({ key }) => key) });
  plain(entries).forEach(([, { photo }], i) => assert.deepEqual(photo, new Uint8Array(900_000).fill(i)));
  assert.equal(entries.length, 9);
  const tooLarge = Array.from({ length: 12 }, (_, i) => photo(i + 9));
  // The refusal comes before all is sent. Node by itself gives a connection 10 MB, what it has still to send included,
  // and resets streams whose answer finds no room in them.
  const patient = createDbClient(address, { nodeOptions: { maxSessionMemory: 100 } });
  await refused(patient.set({ store: "s", inputs: tooLarge }), Code.ResourceExhausted);
  assert.equal((await db.getStore({ store: "s" })).len, 9n);
}

export async function many_calls_at_once_over_one_connection(db) {
  await db.createStore({ store: "s", dimension: 1 });
  const before = (await db.listClients({})).clients.length;
  await Promise.all(Array.from({ length: 300 }, (_, i) => db.set({ store: "s", inputs: [entry([i])] })));
  assert.equal((await db.getStore({ store: "s" })).len, 300n);
  const found = await Promise.all(
    Array.from({ length: 300 }, (_, i) =>
      db.getSimN({ store: "s", searchInput: { key: [i + 0.25] }, closestN: 1n }),
    ),
  );
  assert.deepEqual(found.map(({ entries }) => entries[0].key.key[0]), Array.from({ length: 300 }, (_, i) => i));
  assert.equal((await db.listClients({})).clients.length, before);
}

export async function abandoned_calls_and_deadlines(db) {
  await pairs(db);
  const abandoned = new AbortController();
  const calls = Array.from({ length: 10 }, () => db.getStore({ store: "s" }, { signal: abandoned.signal }));
  abandoned.abort();
  for (const outcome of await Promise.allSettled(calls)) {
    assert.deepEqual([outcome.status, outcome.reason?.code], ["rejected", Code.Canceled]);
  }
  assert.equal((await db.getStore({ store: "s" }, { timeoutMs: 30_000 })).len, 3n);
}

export async function trace_ids_are_taken(db) {
  const headers = { "ahnlich-trace-id": "00-80e1afed08e019fc1110464cfa66635c-7a085853722dc6d2-01" };
  await db.ping({}, { headers });
  await db.ping({}, { headers: { "ahnlich-trace-id": "not a trace" } });
}
