// The Node client of Ahnlich in the shape of its own: a promise client over Connect's gRPC transport, plain or TLS.

import { Code, ConnectError, createPromiseClient } from "@connectrpc/connect";
import { createGrpcTransport } from "@connectrpc/connect-node";
import assert from "node:assert/strict";
import { DBService } from "./generated/services/db_service_connect.js";

/** What may be asked for: `auth` and `caCert` as in the original, and any option of the transport. */
export function createDbClient(address, { auth, caCert, interceptors = [], ...transport } = {}) {
  const bearer = (next) => (request) => {
    request.header.set("authorization", `Bearer ${auth.username}:${auth.apiKey}`);
    return next(request);
  };
  return createPromiseClient(
    DBService,
    createGrpcTransport({
      baseUrl: `${caCert ? "https" : "http"}://${address}`,
      httpVersion: "2",
      nodeOptions: caCert ? { ca: caCert } : undefined,
      interceptors: auth ? [bearer, ...interceptors] : interceptors,
      ...transport,
    }),
  );
}

/** A call must be refused with this code and, where one is given, with exactly this message. */
export async function refused(call, code, message) {
  const error = await call.then(
    (answer) => assert.fail(`answered: ${answer.toJsonString()}`),
    (reason) => reason,
  );
  assert.ok(error instanceof ConnectError, String(error.stack ?? error));
  assert.equal(Code[error.code], Code[code], error.message);
  if (message !== undefined) {
    assert.equal(error.rawMessage, message);
  }
}

/** Text as text, bytes as an image, anything else as the oneof that it is. */
export function held(content) {
  if (typeof content === "string") {
    return { value: { case: "rawString", value: content } };
  }
  return content instanceof Uint8Array ? { value: { case: "image", value: content } } : { value: content };
}

export function value(pairs) {
  return { value: Object.fromEntries(Object.entries(pairs).map(([name, content]) => [name, held(content)])) };
}

export function entry(key, pairs = {}) {
  return { key: { key }, value: value(pairs) };
}

export const keys = (...vectors) => vectors.map((key) => ({ key }));

/** Entries of a reply as [vector, pairs], texts and images as what they hold. */
export function plain(entries) {
  return entries.map(({ key, value }) => [
    key.key,
    Object.fromEntries(
      Object.entries(value.value).map(([name, { value: content }]) => [
        name,
        content.case === "rawString" || content.case === "image" ? content.value : { ...content },
      ]),
    ),
  ]);
}

const predicate = (kind, value) => ({ kind: { case: "value", value: { kind: { case: kind, value } } } });
export const equals = (key, content) => predicate("equals", { key, value: held(content) });
export const notEquals = (key, content) => predicate("notEquals", { key, value: held(content) });
export const among = (key, ...contents) => predicate("in", { key, values: contents.map(held) });
export const notAmong = (key, ...contents) => predicate("notIn", { key, values: contents.map(held) });
export const both = (left, right) => ({ kind: { case: "and", value: { left, right } } });
export const either = (left, right) => ({ kind: { case: "or", value: { left, right } } });

export const KDTREE = { index: { case: "kdtree", value: {} } };
export const hnsw = (config = {}) => ({ index: { case: "hnsw", value: config } });

/** Drops every store that the cases may have left. */
export async function sweep(db) {
  for (const schema of [undefined, "custom"]) {
    for (const { name } of (await db.listStores({ schema })).stores) {
      await db.dropStore({ store: name, schema });
    }
  }
}
