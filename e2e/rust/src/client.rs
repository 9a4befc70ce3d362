//! What the cases say in few words, in the classes of Ahnlich's published client.

use ahnlich_client_rs::db::DbClient;
use ahnlich_client_rs::error::AhnlichError;
use ahnlich_types::algorithm::nonlinear::{HnswConfig, KdTreeConfig, NonLinearIndex, non_linear_index::Index};
use ahnlich_types::db::query::{CreateStore, DropStore, GetKey, Set};
use ahnlich_types::keyval::{DbStoreEntry, StoreKey, StoreValue};
use ahnlich_types::metadata::{MetadataValue, metadata_value::Value};
use ahnlich_types::predicates::{
    AndCondition, Equals, In, NotEquals, NotIn, OrCondition, Predicate, PredicateCondition, predicate,
    predicate_condition,
};
use ahnlich_types::services::db_service::db_service_client::DbServiceClient;
use std::fmt::Debug;
use tonic::Code;
use tonic::transport::Channel;

#[derive(Clone)]
pub struct Db {
    pub client: DbClient,
    /// The generated client, for the calls that the hand-written one has no method for.
    pub generated: DbServiceClient<Channel>,
    pub address: String,
}

impl Db {
    pub async fn connect(address: &str) -> Self {
        let client = DbClient::new(address.to_string()).await.expect("a connection");
        let generated = DbServiceClient::connect(format!("http://{address}")).await.expect("a connection");
        Self { client, generated, address: address.to_string() }
    }

    pub async fn create(&self, store: CreateStore) {
        self.client.create_store(store, None).await.expect("a new store");
    }

    /// Inserted and updated entries.
    pub async fn set(&self, store: &str, inputs: Vec<DbStoreEntry>) -> (u64, u64) {
        let set = Set { store: store.to_string(), inputs, schema: None };
        let upsert = self.client.set(set, None).await.expect("a set").upsert.expect("counts");
        (upsert.inserted, upsert.updated)
    }

    pub async fn get(&self, store: &str, keys: &[&[f32]]) -> Vec<DbStoreEntry> {
        let query = GetKey { store: store.to_string(), keys: many(keys), schema: None };
        self.client.get_key(query, None).await.expect("entries").entries
    }

    pub async fn len(&self, store: &str) -> u64 {
        self.client.get_store(store.to_string(), None).await.expect("a store").len
    }
}

/// Drops every store that the cases may have left.
pub async fn sweep(db: &Db) {
    for schema in [None, Some("custom".to_string())] {
        let list = db.client.list_stores_with_schema(schema.clone(), None).await.expect("a list");
        for store in list.stores {
            let drop = DropStore { store: store.name, error_if_not_exists: true, schema: schema.clone() };
            db.client.drop_store(drop, None).await.expect("a drop");
        }
    }
}

/// A call must have been refused with this code and, where one is given, with exactly this message.
#[track_caller]
pub fn refused<T: Debug>(outcome: Result<T, AhnlichError>, code: Code, message: impl Into<Option<&'static str>>) {
    match outcome {
        Err(AhnlichError::ServerError(status)) => {
            assert_eq!(status.code(), code, "{status}");
            if let Some(message) = message.into() {
                assert_eq!(status.message(), message);
            }
        }
        other => panic!("not refused: {other:?}"),
    }
}

pub fn store(name: &str, dimension: u32) -> CreateStore {
    CreateStore { store: name.to_string(), dimension, error_if_exists: true, ..Default::default() }
}

pub fn text(content: &str) -> MetadataValue {
    MetadataValue { value: Some(Value::RawString(content.to_string())) }
}

pub fn key(vector: &[f32]) -> StoreKey {
    StoreKey { key: vector.to_vec() }
}

pub fn many(vectors: &[&[f32]]) -> Vec<StoreKey> {
    vectors.iter().map(|vector| key(vector)).collect()
}

pub fn value(pairs: &[(&str, MetadataValue)]) -> StoreValue {
    StoreValue { value: pairs.iter().map(|(name, content)| (name.to_string(), content.clone())).collect() }
}

pub fn entry(vector: &[f32], pairs: &[(&str, &str)]) -> DbStoreEntry {
    let pairs: Vec<_> = pairs.iter().map(|(name, content)| (*name, text(content))).collect();
    DbStoreEntry { key: Some(key(vector)), value: Some(value(&pairs)) }
}

pub fn vectors(entries: &[DbStoreEntry]) -> Vec<Vec<f32>> {
    entries.iter().map(|entry| entry.key.as_ref().expect("a key").key.clone()).collect()
}

/// What an entry has as text under a name.
pub fn text_of<'a>(value: &'a Option<StoreValue>, name: &str) -> Option<&'a str> {
    match value.as_ref()?.value.get(name)?.value.as_ref()? {
        Value::RawString(text) => Some(text),
        _ => None,
    }
}

fn condition(kind: predicate::Kind) -> PredicateCondition {
    PredicateCondition { kind: Some(predicate_condition::Kind::Value(Predicate { kind: Some(kind) })) }
}

pub fn equals_value(name: &str, content: MetadataValue) -> PredicateCondition {
    condition(predicate::Kind::Equals(Equals { key: name.to_string(), value: Some(content) }))
}

pub fn equals(name: &str, content: &str) -> PredicateCondition {
    equals_value(name, text(content))
}

pub fn not_equals(name: &str, content: &str) -> PredicateCondition {
    condition(predicate::Kind::NotEquals(NotEquals { key: name.to_string(), value: Some(text(content)) }))
}

pub fn among(name: &str, contents: &[&str]) -> PredicateCondition {
    let values = contents.iter().map(|content| text(content)).collect();
    condition(predicate::Kind::In(In { key: name.to_string(), values }))
}

pub fn not_among(name: &str, contents: &[&str]) -> PredicateCondition {
    let values = contents.iter().map(|content| text(content)).collect();
    condition(predicate::Kind::NotIn(NotIn { key: name.to_string(), values }))
}

pub fn both(left: PredicateCondition, right: PredicateCondition) -> PredicateCondition {
    let and = AndCondition { left: Some(Box::new(left)), right: Some(Box::new(right)) };
    PredicateCondition { kind: Some(predicate_condition::Kind::And(Box::new(and))) }
}

pub fn either(left: PredicateCondition, right: PredicateCondition) -> PredicateCondition {
    let or = OrCondition { left: Some(Box::new(left)), right: Some(Box::new(right)) };
    PredicateCondition { kind: Some(predicate_condition::Kind::Or(Box::new(or))) }
}

pub fn kdtree() -> NonLinearIndex {
    NonLinearIndex { index: Some(Index::Kdtree(KdTreeConfig {})) }
}

pub fn hnsw(config: HnswConfig) -> NonLinearIndex {
    NonLinearIndex { index: Some(Index::Hnsw(config)) }
}

pub fn hnsw_of(index: &NonLinearIndex) -> HnswConfig {
    match index.index {
        Some(Index::Hnsw(config)) => config,
        other => panic!("not an HNSW index: {other:?}"),
    }
}

/// On one line.
pub fn fold(text: &str) -> String {
    text.split('\n').map(str::trim).collect::<Vec<_>>().join(" | ")
}
