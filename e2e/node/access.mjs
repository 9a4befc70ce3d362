// The Node client's TLS and credentials, against a server that knows alice and bob.

import { Code } from "@connectrpc/connect";
import assert from "node:assert/strict";
import { createDbClient, refused } from "./client.mjs";

const ALICE = { username: "alice", apiKey: "alices-key-of-20-chars" };
const BOB = { username: "bob", apiKey: "bobs-key-of-18-char" };

export async function no_credentials(address, caCert) {
  await refused(createDbClient(address, { caCert }).ping({}), Code.Unauthenticated, "Missing authorization header");
}

export async function wrong_credentials(address, caCert) {
  for (const auth of [{ ...ALICE, apiKey: BOB.apiKey }, { ...ALICE, username: "carol" }]) {
    await refused(createDbClient(address, { caCert, auth }).ping({}), Code.Unauthenticated, "Invalid credentials");
  }
}

export async function malformed_credentials(address, caCert) {
  const short = createDbClient(address, { caCert, auth: { ...ALICE, apiKey: "short" } });
  await refused(short.ping({}), Code.InvalidArgument, "API key too short, minimum length: 10");
  const colons = createDbClient(address, { caCert, auth: { ...ALICE, apiKey: `${ALICE.apiKey}:x` } });
  const form = "Invalid authorization format, expected 'Bearer username:api_key'";
  await refused(colons.ping({}), Code.InvalidArgument, form);
}

export async function users_share_their_stores(address, caCert) {
  const alice = createDbClient(address, { caCert, auth: ALICE });
  const bob = createDbClient(address, { caCert, auth: BOB });
  await alice.createStore({ store: "shared", dimension: 1, errorIfExists: true });
  assert.deepEqual((await bob.listStores({})).stores.map(({ name }) => name), ["shared"]);
}

export async function every_rpc_wants_credentials(address, caCert) {
  const db = createDbClient(address, { caCert });
  for (const [rpc, call] of Object.entries(db)) {
    await refused(call({}), Code.Unauthenticated, "Missing authorization header").catch((error) => {
      throw new Error(rpc, { cause: error });
    });
  }
}

export async function without_tls_no_call_goes_through(address) {
  await assert.rejects(createDbClient(address, { auth: ALICE }).ping({}));
}

export async function unknown_certificates_are_not_trusted(address) {
  const unknown = createDbClient(address, { auth: ALICE, baseUrl: `https://${address}` });
  await assert.rejects(unknown.ping({}), /self-signed certificate/);
}
