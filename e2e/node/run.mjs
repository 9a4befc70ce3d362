// Runs cases, one line each: `ok NAME` or `failed NAME why`. Every exported function of a module is a case.
// With a port: suite.mjs, against an open server that no one else uses. With a certificate too: access.mjs.

import { readFileSync } from "node:fs";
import { createDbClient, sweep } from "./client.mjs";

// Far above what any case takes: it only names the one that hangs.
const CASE_MS = 30_000;
const [port, certificate] = process.argv.slice(2);
const address = `127.0.0.1:${port}`;
const cases = await import(certificate ? "./access.mjs" : "./suite.mjs");
let status = 0;

for (const [name, run] of Object.entries(cases)) {
  try {
    await bounded(certificate ? run(`localhost:${port}`, readFileSync(certificate)) : swept(run));
    console.log(`ok ${name}`);
  } catch (error) {
    console.log(`failed ${name} ${String(error?.stack ?? error).replace(/\s*\n\s*/g, " | ")}`);
    status = 1;
  }
}
// Connect keeps idle connections for a quarter of an hour, and Node would wait for them.
process.exit(status);

async function swept(run) {
  const db = createDbClient(address);
  await sweep(db);
  return run(db, address);
}

function bounded(work) {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`nothing after ${CASE_MS} ms`)), CASE_MS);
  });
  return Promise.race([work, late]).finally(() => clearTimeout(timer));
}
