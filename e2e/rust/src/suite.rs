//! Every rpc of the database through Ahnlich's Rust client. Each case finds an empty server.

use crate::client::{
    Db, among, both, either, entry, equals, equals_value, hnsw, hnsw_of, kdtree, key, many, not_among, not_equals,
    refused, store, text, text_of, value, vectors,
};
use ahnlich_types::algorithm::algorithms::{Algorithm, DistanceMetric};
use ahnlich_types::algorithm::nonlinear::{HnswConfig, NonLinearAlgorithm};
use ahnlich_types::db::pipeline::{DbServerResponse, db_query::Query, db_server_response::Response};
use ahnlich_types::db::query::{
    ClearStore, CreateNonLinearAlgorithmIndex, CreatePredIndex, CreateStore, DelKey, DelPred,
    DropNonLinearAlgorithmIndex, DropPredIndex, DropSchema, DropStore, GetKey, GetPred, GetSimN, GetStore, InfoServer,
    ListClients, ListStoreEntries, ListStores, Ping, Set, Upsert,
};
use ahnlich_types::keyval::{DbStoreEntry, StoreValue};
use ahnlich_types::metadata::{MetadataValue, metadata_value::Value};
use ahnlich_types::predicates::PredicateCondition;
use ahnlich_types::shared::cluster::{ClusterInfoQuery, NodeHealthStatus, NodeRole};
use tonic::Code;

const MISSING: &str = "Store StoreName { value: \"none\" } not found";
const WRONG_DIMENSION: &str = "Store dimension is [2], input dimension of [1] was specified";
const TRACE: &str = "00-80e1afed08e019fc1110464cfa66635c-7a085853722dc6d2-01";

crate::cases![
    create_store,
    set_counts_and_updates,
    get_key_in_the_order_of_the_request,
    keys_are_their_float32_bits,
    metadata_keeps_its_kinds,
    get_pred_with_and_without_an_index,
    get_sim_n_linear,
    get_sim_n_kdtree_and_hnsw,
    get_sim_n_counts_of_64_bits,
    get_sim_n_refusals,
    upsert,
    upsert_refusals,
    predicate_indexes,
    non_linear_indexes,
    hnsw_configurations,
    del_key_and_del_pred,
    drop_store,
    schemas_and_drop_schema,
    list_stores_and_get_store,
    list_store_entries_and_clear_store,
    list_clients_counts_connections,
    info_server_and_cluster_info,
    pipeline_by_its_methods,
    pipeline_of_every_query_with_an_error_in_its_place,
    replies_beyond_the_clients_own_limit,
    many_calls_at_once_over_one_connection,
    trace_ids_are_taken,
];

async fn pairs(db: &Db) {
    db.create(CreateStore { create_predicates: vec!["n".to_string()], ..store("s", 2) }).await;
    let inputs = (0u8..3).map(|i| entry(&[i.into(), i.into()], &[("n", &i.to_string())])).collect();
    assert_eq!(db.set("s", inputs).await, (3, 0));
}

async fn medals(db: &Db) {
    let non_linear_indices = vec![kdtree(), hnsw(HnswConfig::default())];
    db.create(CreateStore { non_linear_indices, ..store("m", 3) }).await;
    let inputs = vec![
        entry(&[1.2, 1.3, 1.4], &[("medal", "silver")]),
        entry(&[2.0, 2.1, 2.2], &[("medal", "gold")]),
        entry(&[5.0, 5.1, 5.2], &[("medal", "bronze")]),
    ];
    assert_eq!(db.set("m", inputs).await, (3, 0));
}

fn search(name: &str, vector: &[f32], closest_n: u64, algorithm: Algorithm) -> GetSimN {
    GetSimN {
        store: name.to_string(),
        search_input: Some(key(vector)),
        closest_n,
        algorithm: algorithm.into(),
        ..Default::default()
    }
}

/// The medals found must be these, with these numbers.
async fn ranked(db: &Db, query: GetSimN, expected: &[(&str, f32)]) {
    let found = db.client.get_sim_n(query, None).await.expect("entries").entries;
    let medals: Vec<_> = found.iter().map(|entry| text_of(&entry.value, "medal").expect("a medal")).collect();
    assert_eq!(medals, expected.iter().map(|(medal, _)| *medal).collect::<Vec<_>>());
    for (entry, (medal, wanted)) in found.iter().zip(expected) {
        let similarity = entry.similarity.expect("a number").value;
        assert!((similarity - wanted).abs() <= 2e-7 * wanted, "{medal}: {similarity} is not {wanted}");
    }
}

pub async fn create_store(db: Db) {
    db.create(store("s", 3)).await;
    let again = db.client.create_store(store("s", 2), None).await;
    refused(again, Code::AlreadyExists, "Store StoreName { value: \"s\" } already exists");
    db.create(CreateStore { error_if_exists: false, ..store("s", 2) }).await;
    let info = db.client.get_store("s".to_string(), None).await.expect("a store");
    assert_eq!((info.dimension, info.len, info.size_in_bytes), (3, 0, 1056));
    let flat = db.client.create_store(store("z", 0), None).await;
    refused(flat, Code::InvalidArgument, "dimension must be greater than 0");
}

pub async fn set_counts_and_updates(db: Db) {
    pairs(&db).await;
    let inputs = vec![entry(&[1.0, 1.0], &[("n", "x")]), entry(&[9.0, 9.0], &[]), entry(&[9.0, 9.0], &[])];
    assert_eq!(db.set("s", inputs).await, (1, 2));
    assert_eq!(db.get("s", &[&[1.0, 1.0]]).await, [entry(&[1.0, 1.0], &[("n", "x")])]);
    assert_eq!(db.set("s", vec![]).await, (0, 0));
    let inputs = vec![entry(&[8.0, 8.0], &[]), entry(&[8.0], &[])];
    let short = db.client.set(Set { store: "s".to_string(), inputs, schema: None }, None).await;
    refused(short, Code::InvalidArgument, WRONG_DIMENSION);
    assert_eq!(db.len("s").await, 4);
    let missing = db.client.set(Set { store: "none".to_string(), ..Default::default() }, None).await;
    refused(missing, Code::NotFound, MISSING);
}

pub async fn get_key_in_the_order_of_the_request(db: Db) {
    pairs(&db).await;
    let found = db.get("s", &[&[2.0, 2.0], &[7.0, 7.0], &[0.0, 0.0], &[2.0, 2.0]]).await;
    assert_eq!(found.iter().map(|entry| text_of(&entry.value, "n")).collect::<Vec<_>>(), [Some("2"), Some("0"), Some("2")]);
    assert!(db.get("s", &[]).await.is_empty());
    let ask = |name: &str, keys| GetKey { store: name.to_string(), keys, schema: None };
    let short = db.client.get_key(ask("s", many(&[&[0.0, 0.0], &[1.0]])), None).await;
    refused(short, Code::InvalidArgument, WRONG_DIMENSION);
    refused(db.client.get_key(ask("none", vec![]), None).await, Code::NotFound, MISSING);
}

pub async fn keys_are_their_float32_bits(db: Db) {
    db.create(store("s", 2)).await;
    let inputs = vec![entry(&[0.0, 0.1], &[("z", "plus")]), entry(&[-0.0, 0.1], &[("z", "minus")])];
    assert_eq!(db.set("s", inputs).await, (2, 0));
    let found = db.get("s", &[&[-0.0, 0.1], &[0.0, 0.1]]).await;
    let bits: Vec<_> = vectors(&found).iter().map(|vector| vector[0].to_bits()).collect();
    assert_eq!(bits, [(-0f32).to_bits(), 0]);
    assert_eq!(text_of(&found[0].value, "z"), Some("minus"));
}

pub async fn metadata_keeps_its_kinds(db: Db) {
    db.create(store("s", 1)).await;
    let bytes = vec![0, 97, 255];
    let kinds = [
        ("text", text("ä\0😀")),
        ("image", MetadataValue { value: Some(Value::Image(bytes.clone())) }),
        ("audio", MetadataValue { value: Some(Value::Audio(bytes)) }),
    ];
    let mut all = kinds.to_vec();
    all.push(("kindless", MetadataValue { value: None }));
    let given = DbStoreEntry { key: Some(key(&[1.0])), value: Some(value(&all)) };
    db.set("s", vec![given.clone()]).await;
    assert_eq!(db.get("s", &[&[1.0]]).await, [given]);
    for (name, content) in &kinds {
        for (other, _) in &kinds {
            let found = found_by(&db, equals_value(other, content.clone())).await;
            assert_eq!(found.len(), usize::from(name == other), "{name} as {other}");
        }
    }
}

async fn found_by(db: &Db, condition: PredicateCondition) -> Vec<f32> {
    let query = GetPred { store: "s".to_string(), condition: Some(condition), schema: None };
    let entries = db.client.get_pred(query, None).await.expect("entries").entries;
    let mut first: Vec<f32> = vectors(&entries).iter().map(|vector| vector[0]).collect();
    first.sort_by(f32::total_cmp);
    first
}

pub async fn get_pred_with_and_without_an_index(db: Db) {
    db.create(store("s", 1)).await;
    let silver = entry(&[1.0], &[("medal", "silver"), ("form", "human")]);
    db.set("s", vec![silver, entry(&[2.0], &[("medal", "bronze")]), entry(&[3.0], &[])]).await;
    let bronze_or_human = || either(equals("medal", "bronze"), equals("form", "human"));
    let expected: [(PredicateCondition, &[f32]); 8] = [
        (equals("medal", "silver"), &[1.0]),
        (not_equals("medal", "silver"), &[2.0, 3.0]),
        (among("medal", &["gold", "bronze"]), &[2.0]),
        (among("medal", &[]), &[]),
        (not_among("medal", &["bronze", "gold"]), &[1.0, 3.0]),
        (both(not_equals("medal", "bronze"), equals("form", "human")), &[1.0]),
        (bronze_or_human(), &[1.0, 2.0]),
        (both(bronze_or_human(), not_equals("medal", "bronze")), &[1.0]),
    ];
    for indexed in [false, true] {
        for (condition, wanted) in &expected {
            let found = found_by(&db, condition.clone()).await;
            assert_eq!(found, *wanted, "{condition:?}, indexed: {indexed}");
        }
        let index = CreatePredIndex { store: "s".to_string(), predicates: vec!["medal".to_string()], schema: None };
        db.client.create_pred_index(index, None).await.expect("an index");
    }
    let ask = |name: &str, condition| GetPred { store: name.to_string(), condition, schema: None };
    refused(db.client.get_pred(ask("s", None), None).await, Code::InvalidArgument, "Condition is required");
    let missing = db.client.get_pred(ask("none", Some(equals("a", "b"))), None).await;
    refused(missing, Code::NotFound, MISSING);
}

pub async fn get_sim_n_linear(db: Db) {
    medals(&db).await;
    let with = |condition, query| GetSimN { condition: Some(condition), ..query };
    let gold = with(equals("medal", "gold"), search("m", &[5.0, 2.1, 2.2], 2, Algorithm::CosineSimilarity));
    ranked(&db, gold, &[("gold", 0.9036339)]).await;
    let product = search("m", &[1.0, 2.1, 2.2], 2, Algorithm::DotProductSimilarity);
    ranked(&db, product, &[("bronze", 27.149998), ("gold", 11.25)]).await;
    let distance = search("m", &[1.0, 2.1, 2.2], 2, Algorithm::EuclideanDistance);
    ranked(&db, distance, &[("gold", 1.0), ("silver", 1.1489125)]).await;
    let others = with(not_equals("medal", "gold"), search("m", &[5.0, 2.1, 2.2], 1, Algorithm::CosineSimilarity));
    ranked(&db, others, &[("bronze", 0.91193724)]).await;
}

pub async fn get_sim_n_kdtree_and_hnsw(db: Db) {
    medals(&db).await;
    let near = search("m", &[1.1, 2.0, 3.0], 2, Algorithm::KdTree);
    ranked(&db, near, &[("gold", 1.4599998), ("silver", 3.0600002)]).await;
    for ef_search in [None, Some(1), Some(500)] {
        let query = GetSimN { ef_search, ..search("m", &[1.0, 2.1, 2.2], 2, Algorithm::Hnsw) };
        let found = db.client.get_sim_n(query, None).await.expect("entries").entries;
        let medals: Vec<_> = found.iter().map(|entry| text_of(&entry.value, "medal")).collect();
        assert_eq!(medals, [Some("gold"), Some("silver")], "{ef_search:?}");
    }
    let gold = |algorithm| GetSimN {
        condition: Some(equals("medal", "gold")),
        ..search("m", &[1.0, 2.1, 2.2], 2, algorithm)
    };
    for algorithm in [Algorithm::Hnsw, Algorithm::KdTree] {
        let found = db.client.get_sim_n(gold(algorithm), None).await.expect("entries").entries;
        assert_eq!(found.len(), 1);
    }
}

pub async fn get_sim_n_counts_of_64_bits(db: Db) {
    medals(&db).await;
    for count in [3, 4, 1 << 32, 1 << 63, u64::MAX] {
        for algorithm in 0..5 {
            let algorithm = Algorithm::try_from(algorithm).expect("five of them");
            let found = db.client.get_sim_n(search("m", &[1.0, 2.0, 3.0], count, algorithm), None).await;
            assert_eq!(found.expect("entries").entries.len(), 3, "{count} by {algorithm:?}");
        }
    }
}

pub async fn get_sim_n_refusals(db: Db) {
    pairs(&db).await;
    let plain = || search("s", &[1.0, 2.0], 1, Algorithm::EuclideanDistance);
    let hnsw = "Non linear algorithm Hnsw not found in store, create store with support";
    let kdtree = "Non linear algorithm KdTree not found in store, create store with support";
    let named = |name: &str| GetSimN { store: name.to_string(), ..plain() };
    let short = GetSimN { search_input: Some(key(&[1.0])), ..plain() };
    let odd = GetSimN { search_input: Some(key(&[f32::NAN, 1.0])), ..plain() };
    let invalid = Code::InvalidArgument;
    for (query, code, message) in [
        (GetSimN { algorithm: Algorithm::Hnsw.into(), ..plain() }, Code::NotFound, Some(hnsw)),
        (GetSimN { algorithm: Algorithm::KdTree.into(), ..plain() }, Code::NotFound, Some(kdtree)),
        (GetSimN { algorithm: 77, ..plain() }, invalid, Some("Invalid algorithm")),
        (GetSimN { closest_n: 0, ..plain() }, invalid, Some("closest_n must be > 0")),
        (GetSimN { search_input: None, ..plain() }, invalid, Some("Search input is required")),
        (short, invalid, Some(WRONG_DIMENSION)),
        (odd, invalid, None),
        (named("none"), Code::NotFound, Some(MISSING)),
        (named("ä \"\n"), Code::NotFound, Some("Store StoreName { value: \"ä \\\"\\n\" } not found")),
    ] {
        refused(db.client.get_sim_n(query, None).await, code, message);
    }
}

fn change(condition: Option<PredicateCondition>, new_key: Option<&[f32]>, new_value: Option<StoreValue>) -> Upsert {
    Upsert { store: "s".to_string(), condition, new_key: new_key.map(key), new_value, ..Default::default() }
}

pub async fn upsert(db: Db) {
    pairs(&db).await;
    let one = equals("n", "1");
    let merged = Upsert {
        merge_metadata: true,
        ..change(Some(one.clone()), Some(&[5.0, 5.0]), Some(value(&[("b", text("2"))])))
    };
    let counts = db.client.upsert(merged, None).await.expect("an upsert").upsert.expect("counts");
    assert_eq!((counts.inserted, counts.updated), (0, 1));
    let moved = db.get("s", &[&[1.0, 1.0], &[5.0, 5.0]]).await;
    assert_eq!(moved, [entry(&[5.0, 5.0], &[("n", "1"), ("b", "2")])]);
    let replaced = change(Some(one.clone()), None, Some(value(&[("n", text("1"))])));
    db.client.upsert(replaced, None).await.expect("an upsert");
    assert_eq!(db.get("s", &[&[5.0, 5.0]]).await, [entry(&[5.0, 5.0], &[("n", "1")])]);
}

pub async fn upsert_refusals(db: Db) {
    pairs(&db).await;
    let one = || Some(equals("n", "1"));
    let empty = || Some(StoreValue::default());
    let none = "Predicate condition found 0 entries, expected exactly 1 for UPSERT";
    let two = "Predicate condition found 2 entries, expected exactly 1 for UPSERT";
    for (asked, message) in [
        (change(one(), None, None), Some("UPSERT requires at least one of new_key or new_value")),
        (change(None, Some(&[4.0, 4.0]), None), Some("Condition is required for UPSERT")),
        (change(Some(equals("n", "7")), None, empty()), Some(none)),
        (change(Some(not_equals("n", "1")), None, empty()), Some(two)),
        (change(one(), Some(&[4.0]), None), Some(WRONG_DIMENSION)),
        (change(one(), Some(&[2.0, 2.0]), None), None),
    ] {
        refused(db.client.upsert(asked, None).await, Code::InvalidArgument, message);
    }
    assert_eq!(db.get("s", &[&[0.0, 0.0], &[1.0, 1.0], &[2.0, 2.0]]).await.len(), 3);
}

pub async fn predicate_indexes(db: Db) {
    pairs(&db).await;
    let names = |names: &[&str]| names.iter().map(|name| name.to_string()).collect::<Vec<_>>();
    let create = |store: &str, predicates| CreatePredIndex { store: store.to_string(), predicates, schema: None };
    let drop = |predicates, error_if_not_exists| DropPredIndex {
        store: "s".to_string(),
        predicates,
        error_if_not_exists,
        schema: None,
    };
    let made = db.client.create_pred_index(create("s", names(&["n", "a", "b", "a"])), None).await.expect("indexes");
    assert_eq!(made.created_indexes, 2);
    let info = db.client.get_store("s".to_string(), None).await.expect("a store");
    assert_eq!(info.predicate_indices, ["a", "b", "n"]);
    let absent = db.client.drop_pred_index(drop(names(&["a", "x"]), true), None).await;
    refused(absent, Code::NotFound, "Predicate x not found in store, attempt CREATEPREDINDEX with predicate");
    for (dropped, flagged, count) in [(["a", "x"], false, 1), (["n", "b"], true, 2)] {
        let done = db.client.drop_pred_index(drop(names(&dropped), flagged), None).await.expect("a drop");
        assert_eq!(done.deleted_count, count);
    }
    assert_eq!(found_by(&db, equals("n", "1")).await, [1.0]);
    let missing = db.client.create_pred_index(create("none", names(&["a"])), None).await;
    refused(missing, Code::NotFound, MISSING);
}

pub async fn non_linear_indexes(db: Db) {
    pairs(&db).await;
    let create = async |non_linear_indices| {
        let index = CreateNonLinearAlgorithmIndex { store: "s".to_string(), non_linear_indices, schema: None };
        db.client.create_non_linear_algorithm_index(index, None).await.expect("indexes").created_indexes
    };
    let drop = async |algorithm: NonLinearAlgorithm, error_if_not_exists| {
        let index = DropNonLinearAlgorithmIndex {
            store: "s".to_string(),
            non_linear_indices: vec![algorithm.into()],
            error_if_not_exists,
            schema: None,
        };
        db.client.drop_non_linear_algorithm_index(index, None).await.map(|done| done.deleted_count)
    };
    assert_eq!(create(vec![kdtree(), hnsw(HnswConfig::default())]).await, 2);
    let other = HnswConfig { ef_construction: Some(7), ..Default::default() };
    assert_eq!(create(vec![kdtree(), hnsw(other)]).await, 0);
    let info = db.client.get_store("s".to_string(), None).await.expect("a store");
    let index = info.non_linear_indices.iter().find(|index| **index != kdtree()).expect("a graph");
    let defaults = HnswConfig {
        distance: Some(DistanceMetric::Euclidean.into()),
        ef_construction: Some(100),
        maximum_connections: Some(16),
        maximum_connections_zero: Some(32),
        extend_candidates: Some(false),
        keep_pruned_connections: Some(false),
    };
    assert_eq!(hnsw_of(index), defaults);
    assert_eq!(drop(NonLinearAlgorithm::KdTree, true).await.expect("a drop"), 1);
    assert_eq!(drop(NonLinearAlgorithm::KdTree, false).await.expect("no drop"), 0);
    let absent = "Non linear algorithm KdTree not found in store, create store with support";
    refused(drop(NonLinearAlgorithm::KdTree, true).await, Code::NotFound, absent);
    assert_eq!(drop(NonLinearAlgorithm::Hnsw, true).await.expect("a drop"), 1);
    let gone = db.client.get_sim_n(search("s", &[1.0, 1.0], 1, Algorithm::Hnsw), None).await;
    refused(gone, Code::NotFound, None);
}

pub async fn hnsw_configurations(db: Db) {
    let given = HnswConfig {
        distance: Some(DistanceMetric::Cosine.into()),
        ef_construction: Some(200),
        maximum_connections: Some(24),
        maximum_connections_zero: Some(64),
        extend_candidates: Some(true),
        keep_pruned_connections: Some(true),
    };
    db.create(CreateStore { non_linear_indices: vec![hnsw(given)], ..store("s", 2) }).await;
    db.set("s", vec![entry(&[1.0, 0.0], &[]), entry(&[2.0, 1.0], &[]), entry(&[0.0, 5.0], &[])]).await;
    let info = db.client.get_store("s".to_string(), None).await.expect("a store");
    assert_eq!(info.non_linear_indices.iter().map(hnsw_of).collect::<Vec<_>>(), [given]);
    let found = db.client.get_sim_n(search("s", &[3.0, 0.0], 3, Algorithm::Hnsw), None).await.expect("entries");
    let keys: Vec<_> = found.entries.iter().map(|entry| entry.key.as_ref().expect("a key").key.clone()).collect();
    assert_eq!(keys, [[1.0, 0.0], [2.0, 1.0], [0.0, 5.0]]);
    let thin = HnswConfig { maximum_connections: Some(1), ..Default::default() };
    let refusal = CreateStore { non_linear_indices: vec![hnsw(thin)], ..store("t", 2) };
    refused(db.client.create_store(refusal, None).await, Code::InvalidArgument, None);
}

pub async fn del_key_and_del_pred(db: Db) {
    pairs(&db).await;
    let keys = |name: &str, keys: &[&[f32]]| DelKey { store: name.to_string(), keys: many(keys), schema: None };
    let matching = |name: &str, condition| DelPred { store: name.to_string(), condition, schema: None };
    for (given, count) in [(&[&[0.0f32, 0.0][..], &[7.0, 7.0]][..], 1), (&[], 0)] {
        let done = db.client.del_key(keys("s", given), None).await.expect("a deletion");
        assert_eq!(done.deleted_count, count);
    }
    for (condition, count) in [(equals("n", "0"), 0), (not_equals("n", "1"), 1)] {
        let done = db.client.del_pred(matching("s", Some(condition)), None).await.expect("a deletion");
        assert_eq!(done.deleted_count, count);
    }
    assert_eq!(db.len("s").await, 1);
    let invalid = Code::InvalidArgument;
    refused(db.client.del_key(keys("s", &[&[1.0]]), None).await, invalid, WRONG_DIMENSION);
    refused(db.client.del_pred(matching("s", None), None).await, invalid, "Predicate Condition is required");
    refused(db.client.del_key(keys("none", &[]), None).await, Code::NotFound, MISSING);
    let missing = db.client.del_pred(matching("none", Some(equals("n", "1"))), None).await;
    refused(missing, Code::NotFound, MISSING);
}

pub async fn drop_store(db: Db) {
    pairs(&db).await;
    let drop = |error_if_not_exists| DropStore { store: "s".to_string(), error_if_not_exists, schema: None };
    assert_eq!(db.client.drop_store(drop(true), None).await.expect("a drop").deleted_count, 1);
    assert_eq!(db.client.drop_store(drop(false), None).await.expect("no drop").deleted_count, 0);
    let absent = db.client.drop_store(drop(true), None).await;
    refused(absent, Code::NotFound, "Store StoreName { value: \"s\" } not found");
}

async fn names(db: &Db, schema: Option<&str>) -> Vec<String> {
    let list = db.client.list_stores_with_schema(schema.map(str::to_string), None).await.expect("a list");
    list.stores.into_iter().map(|store| store.name).collect()
}

pub async fn schemas_and_drop_schema(db: Db) {
    let custom = Some("custom".to_string());
    db.create(store("p", 1)).await;
    db.create(CreateStore { schema: custom.clone(), ..store("b", 1) }).await;
    db.create(CreateStore { schema: custom.clone(), ..store("a", 1) }).await;
    assert_eq!(names(&db, None).await, ["p"]);
    assert_eq!(names(&db, Some("custom")).await, ["a", "b"]);
    assert!(names(&db, Some("nowhere")).await.is_empty());
    let info = db.client.get_store_with_schema("a".to_string(), custom, None).await.expect("a store");
    assert_eq!(info.name, "a");
    for count in [2, 0] {
        assert_eq!(db.client.drop_schema("custom".to_string(), None).await.expect("a drop").deleted_count, count);
    }
    assert_eq!(names(&db, None).await, ["p"]);
    assert!(names(&db, Some("custom")).await.is_empty());
    let public = db.client.drop_schema("public".to_string(), None).await;
    refused(public, Code::InvalidArgument, "Cannot drop the default 'public' schema");
    let nameless = db.client.drop_schema(String::new(), None).await;
    refused(nameless, Code::InvalidArgument, "Schema name cannot be empty");
}

pub async fn list_stores_and_get_store(db: Db) {
    for name in ["b", "a", "B"] {
        let create_predicates = vec!["y".to_string(), "x".to_string()];
        db.create(CreateStore { create_predicates, non_linear_indices: vec![kdtree()], ..store(name, 4) }).await;
    }
    let stores = db.client.list_stores(None).await.expect("a list").stores;
    assert_eq!(stores.iter().map(|store| store.name.as_str()).collect::<Vec<_>>(), ["B", "a", "b"]);
    let info = db.client.get_store("a".to_string(), None).await.expect("a store");
    assert_eq!(info, stores[1]);
    assert_eq!((info.dimension, info.predicate_indices), (4, vec!["x".to_string(), "y".to_string()]));
    assert_eq!(info.non_linear_indices, [kdtree()]);
    refused(db.client.get_store("none".to_string(), None).await, Code::NotFound, MISSING);
}

pub async fn list_store_entries_and_clear_store(db: Db) {
    db.create(store("s", 1)).await;
    let even = |i: u16| if i.is_multiple_of(2) { "true" } else { "false" };
    let inputs = (0u16..250).map(|i| entry(&[i.into()], &[("even", even(i))])).collect();
    assert_eq!(db.set("s", inputs).await, (250, 0));
    let pages = async |limit, condition: Option<PredicateCondition>| {
        let mut query = ListStoreEntries { store: "s".to_string(), limit, condition, ..Default::default() };
        let (mut sizes, mut seen) = (vec![], std::collections::HashSet::new());
        loop {
            let page = db.client.list_store_entries(query.clone(), None).await.expect("a page");
            sizes.push(page.entries.len());
            seen.extend(vectors(&page.entries).iter().map(|vector| vector[0].to_bits()));
            if page.next_cursor.is_none() {
                return (sizes, seen.len());
            }
            query.cursor = page.next_cursor;
        }
    };
    assert_eq!(pages(None, None).await, (vec![100, 100, 50], 250));
    assert_eq!(pages(Some(100), Some(equals("even", "true"))).await, (vec![100, 25], 125));
    let clear = |name: &str| ClearStore { store: name.to_string(), schema: None };
    assert_eq!(db.client.clear_store(clear("s"), None).await.expect("a deletion").deleted_count, 250);
    assert_eq!(pages(None, None).await, (vec![0], 0));
    refused(db.client.clear_store(clear("none"), None).await, Code::NotFound, MISSING);
    let missing = ListStoreEntries { store: "none".to_string(), ..Default::default() };
    refused(db.client.list_store_entries(missing, None).await, Code::NotFound, MISSING);
}

pub async fn list_clients_counts_connections(db: Db) {
    let before = db.client.list_clients(None).await.expect("a list").clients.len();
    let other = Db::connect(&db.address).await;
    other.client.ping(None).await.expect("a pong");
    let clients = other.client.list_clients(None).await.expect("a list").clients;
    // The other one has a connection for each of its two clients.
    assert_eq!(clients.len(), before + 2);
    assert!(clients.iter().all(|client| client.address.starts_with("127.0.0.1:")), "{clients:?}");
}

pub async fn info_server_and_cluster_info(mut db: Db) {
    let info = db.client.info_server(None).await.expect("what it says of itself");
    assert_eq!((info.address.as_str(), info.r#type), (db.address.as_str(), 1));
    assert_eq!(info.version.split('.').filter(|part| part.parse::<u32>().is_ok()).count(), 3, "{}", info.version);
    assert!(0 < info.remaining && info.remaining <= info.limit, "{} of {}", info.remaining, info.limit);
    let cluster = db.generated.cluster_info(ClusterInfoQuery {}).await.expect("a cluster").into_inner();
    assert_eq!(cluster.nodes.len(), 1);
    let node = &cluster.nodes[0];
    assert_eq!((node.node_id, node.addr.as_str(), node.term), (1, db.address.as_str(), None));
    assert_eq!((node.role(), node.health()), (NodeRole::Leader, NodeHealthStatus::Healthy));
}

pub async fn pipeline_by_its_methods(db: Db) {
    let mut pipeline = db.client.pipeline(Some(TRACE.to_string()));
    pipeline.create_store(store("s", 1));
    pipeline.set(Set { store: "s".to_string(), inputs: vec![entry(&[1.0], &[("a", "b")])], schema: None });
    pipeline.get_sim_n(search("s", &[1.5], 1, Algorithm::EuclideanDistance));
    pipeline.list_store_entries(ListStoreEntries { store: "s".to_string(), ..Default::default() });
    pipeline.clear_store(ClearStore { store: "s".to_string(), schema: None });
    pipeline.list_stores();
    pipeline.list_clients();
    pipeline.info_server();
    pipeline.ping();
    let replies = pipeline.exec().await.expect("replies").responses;
    let kinds: Vec<_> = replies.iter().map(|reply| kind(reply.response.as_ref())).collect();
    let expected = ["unit", "set", "sim", "page", "del", "stores", "clients", "info", "pong"];
    assert_eq!(kinds, expected);
}

fn kind(response: Option<&Response>) -> &'static str {
    match response.expect("a reply") {
        Response::Unit(_) => "unit",
        Response::Pong(_) => "pong",
        Response::ClientList(_) => "clients",
        Response::StoreList(_) => "stores",
        Response::InfoServer(_) => "info",
        Response::Set(_) => "set",
        Response::Get(_) => "get",
        Response::GetSimN(_) => "sim",
        Response::Del(_) => "del",
        Response::CreateIndex(_) => "index",
        Response::Error(_) => "error",
        Response::StoreInfo(_) => "store",
        Response::ClusterInfo(_) => "cluster",
        Response::ListStoreEntries(_) => "page",
    }
}

pub async fn pipeline_of_every_query_with_an_error_in_its_place(db: Db) {
    let schema = Some("custom".to_string());
    let s = || "s".to_string();
    let one = || Some(equals("n", "1"));
    let predicates = vec!["n".to_string()];
    let indices = vec![kdtree()];
    let algorithms = vec![NonLinearAlgorithm::KdTree.into()];
    let inputs = vec![entry(&[0.0, 0.0], &[("n", "0")]), entry(&[1.0, 1.0], &[("n", "1")])];
    let list = ListStoreEntries { store: s(), schema: schema.clone(), ..Default::default() };
    let near = GetSimN { schema: schema.clone(), ..search("s", &[0.0, 0.0], 3, Algorithm::KdTree) };
    let changed = Upsert { schema: schema.clone(), ..change(one(), None, Some(value(&[("n", text("1"))]))) };
    let dropped = DropPredIndex { store: s(), predicates: predicates.clone(), schema: schema.clone(), ..Default::default() };
    let graphless = DropNonLinearAlgorithmIndex {
        store: s(),
        non_linear_indices: algorithms,
        error_if_not_exists: true,
        schema: schema.clone(),
    };
    let index = CreateNonLinearAlgorithmIndex { store: s(), non_linear_indices: indices, schema: schema.clone() };
    let script = vec![
        (Query::CreateStore(CreateStore { schema: schema.clone(), ..store("s", 2) }), "unit"),
        (Query::GetStore(GetStore { store: s(), schema: schema.clone() }), "store"),
        (Query::ListStores(ListStores { schema: schema.clone() }), "stores"),
        (Query::CreatePredIndex(CreatePredIndex { store: s(), predicates, schema: schema.clone() }), "index"),
        (Query::CreateNonLinearAlgorithmIndex(index), "index"),
        (Query::Set(Set { store: s(), inputs, schema: schema.clone() }), "set"),
        (Query::GetKey(GetKey { store: s(), keys: many(&[&[1.0, 1.0]]), schema: schema.clone() }), "get"),
        (Query::GetPred(GetPred { store: s(), condition: one(), schema: schema.clone() }), "get"),
        (Query::GetSimN(near), "sim"),
        (Query::Upsert(changed), "set"),
        (Query::ListStoreEntries(list), "page"),
        (Query::GetStore(GetStore { store: "none".to_string(), schema: None }), "error"),
        (Query::DelKey(DelKey { store: s(), keys: many(&[&[0.0, 0.0]]), schema: schema.clone() }), "del"),
        (Query::DelPred(DelPred { store: s(), condition: one(), schema: schema.clone() }), "del"),
        (Query::DropPredIndex(dropped), "del"),
        (Query::DropNonLinearAlgorithmIndex(graphless), "del"),
        (Query::ClearStore(ClearStore { store: s(), schema: schema.clone() }), "del"),
        (Query::DropStore(DropStore { store: s(), error_if_not_exists: true, schema: schema.clone() }), "del"),
        (Query::DropSchema(DropSchema { schema: "custom".to_string() }), "del"),
        (Query::Ping(Ping {}), "pong"),
        (Query::InfoServer(InfoServer {}), "info"),
        (Query::ListClients(ListClients {}), "clients"),
        (Query::ClusterInfo(ClusterInfoQuery {}), "cluster"),
    ];
    let (queries, expected): (Vec<_>, Vec<_>) = script.into_iter().unzip();
    let mut pipeline = db.client.pipeline(None);
    pipeline.set_queries(queries);
    let replies = pipeline.exec().await.expect("replies").responses;
    assert_eq!(replies.iter().map(|reply| kind(reply.response.as_ref())).collect::<Vec<_>>(), expected);
    let error = replies.iter().find_map(|reply| match &reply.response {
        Some(Response::Error(error)) => Some((error.code, error.message.as_str())),
        _ => None,
    });
    assert_eq!(error, Some((Code::NotFound.into(), MISSING)));
    let count = |reply: &DbServerResponse| match &reply.response {
        Some(Response::Del(done)) => Some(done.deleted_count),
        _ => None,
    };
    let deleted: Vec<_> = replies.iter().filter_map(count).collect();
    assert_eq!(deleted, [1, 1, 1, 1, 0, 1, 0]);
    assert!(db.client.pipeline(None).exec().await.expect("no replies").responses.is_empty());
}

/// The client refuses replies above 4 MiB by itself and goes on, and takes them where it was told to.
pub async fn replies_beyond_the_clients_own_limit(db: Db) {
    db.create(store("s", 1)).await;
    let photo = |i: u8| DbStoreEntry {
        key: Some(key(&[i.into()])),
        value: Some(value(&[("photo", MetadataValue { value: Some(Value::Image(vec![i; 900_000])) })])),
    };
    assert_eq!(db.set("s", (0..9).map(photo).collect()).await, (9, 0));
    let ask = || GetKey { store: "s".to_string(), keys: (0u8..9).map(|i| key(&[i.into()])).collect(), schema: None };
    refused(db.client.get_key(ask(), None).await, Code::OutOfRange, None);
    let large = ahnlich_client_rs::db::DbClient::new_with_message_size(db.address.clone(), Some(16 << 20), None);
    let found = large.await.expect("a connection").get_key(ask(), None).await.expect("entries").entries;
    assert_eq!(found, (0..9).map(photo).collect::<Vec<_>>());
    let inputs = (9..21).map(photo).collect();
    let too_large = db.client.set(Set { store: "s".to_string(), inputs, schema: None }, None).await;
    refused(too_large, Code::ResourceExhausted, None);
    assert_eq!(db.len("s").await, 9);
}

pub async fn many_calls_at_once_over_one_connection(db: Db) {
    db.create(store("s", 1)).await;
    let mut tasks = tokio::task::JoinSet::new();
    for i in 0u16..300 {
        let db = db.clone();
        tasks.spawn(async move { db.set("s", vec![entry(&[i.into()], &[])]).await });
    }
    assert!(tasks.join_all().await.iter().all(|counts| *counts == (1, 0)));
    let mut tasks = tokio::task::JoinSet::new();
    for i in 0u16..300 {
        let db = db.clone();
        tasks.spawn(async move {
            let near = search("s", &[f32::from(i) + 0.25], 1, Algorithm::EuclideanDistance);
            let found = db.client.get_sim_n(near, None).await.expect("entries").entries;
            assert_eq!(found[0].key, Some(key(&[i.into()])));
        });
    }
    tasks.join_all().await;
}

pub async fn trace_ids_are_taken(db: Db) {
    for trace in [TRACE, "not a trace"] {
        db.client.ping(Some(trace.to_string())).await.expect("a pong");
    }
}
