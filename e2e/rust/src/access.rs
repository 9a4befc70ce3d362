//! The Rust client's credentials, against a server that knows alice and bob. Each case finds a client without any.

use crate::client::{Db, refused, store};
use tonic::Code;

const ALICE: &str = "alice:alices-key-of-20-chars";
const BOB: &str = "bob:bobs-key-of-18-char";

crate::cases![no_credentials, wrong_credentials, malformed_credentials, users_share_their_stores, cleared_credentials];

pub async fn no_credentials(mut db: Db) {
    let code = Code::Unauthenticated;
    refused(db.client.ping(None).await, code, "Missing authorization header");
    refused(db.client.create_store(store("s", 1), None).await, code, None);
    refused(db.client.pipeline(None).exec().await, code, None);
    let status = db.generated.cluster_info(ahnlich_types::shared::cluster::ClusterInfoQuery {}).await;
    assert_eq!(status.expect_err("without credentials").code(), code);
}

pub async fn wrong_credentials(mut db: Db) {
    for token in ["alice:bobs-key-of-18-char", "carol:alices-key-of-20-chars"] {
        db.client.set_auth_token(token.to_string());
        refused(db.client.ping(None).await, Code::Unauthenticated, "Invalid credentials");
    }
}

pub async fn malformed_credentials(mut db: Db) {
    let form = "Invalid authorization format, expected 'Bearer username:api_key'";
    let short = "API key too short, minimum length: 10";
    for (token, message) in [("alice", form), ("alice:a:b", form), ("alice:short", short)] {
        db.client.set_auth_token(token.to_string());
        refused(db.client.ping(None).await, Code::InvalidArgument, message);
    }
}

pub async fn users_share_their_stores(mut db: Db) {
    db.client.set_auth_token(ALICE.to_string());
    db.create(store("shared", 1)).await;
    db.client.set_auth_token(BOB.to_string());
    let list = db.client.list_stores(None).await.expect("a list");
    assert_eq!(list.stores.iter().map(|store| store.name.as_str()).collect::<Vec<_>>(), ["shared"]);
    let mut pipeline = db.client.pipeline(None);
    pipeline.ping();
    assert_eq!(pipeline.exec().await.expect("replies").responses.len(), 1);
}

pub async fn cleared_credentials(mut db: Db) {
    db.client.set_auth_token(ALICE.to_string());
    db.client.ping(None).await.expect("a pong");
    db.client.clear_auth_token();
    refused(db.client.ping(None).await, Code::Unauthenticated, "Missing authorization header");
}
