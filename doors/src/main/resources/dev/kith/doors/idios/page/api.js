// Requests to the server that this page came from. The key, where one is needed, lives as long as the tab.

const KEY = "kith-key";

export class Refused extends Error {
  constructor(status, message) {
    super(message);
    this.status = status;
  }
}

let askKey = async () => null;

/**
 * @param ask is called when a key is needed, with whether one was given that is not known; promises the key, or null
 *     where the person gives none
 */
export function onKeyNeeded(ask) {
  askKey = ask;
}

function headers(extra) {
  const key = sessionStorage.getItem(KEY);
  return key ? { ...extra, Authorization: `Bearer ${key}` } : extra;
}

/** What the server says of a refusal, in a person's words. */
async function reason(response) {
  const text = await response.text();
  try {
    const detail = JSON.parse(text).detail;
    if (typeof detail === "string") return detail;
    return detail.map((one) => (one.loc ? `${one.loc.slice(1).join(".")}: ${one.msg}` : one.msg)).join("; ");
  } catch {
    return text.trim() || `The server answered ${response.status}`;
  }
}

/** As `fetch`, which does not tell how much it has sent; `moved` is called with that, in bytes. */
function watched(path, { method, headers, body, signal, moved }) {
  return new Promise((done, failed) => {
    const request = new XMLHttpRequest();
    const stop = () => request.abort();
    request.open(method, path);
    for (const [name, value] of Object.entries(headers)) request.setRequestHeader(name, value);
    request.upload.addEventListener("progress", (event) => moved(event.loaded));
    request.addEventListener("load", () => done(new Response(request.response || null, { status: request.status })));
    request.addEventListener("error", () => failed(new TypeError("no answer")));
    request.addEventListener("abort", () => failed(new DOMException("stopped", "AbortError")));
    request.addEventListener("loadend", () => signal.removeEventListener("abort", stop));
    signal.addEventListener("abort", stop);
    request.send(body);
  });
}

async function send(path, options) {
  let response;
  const sent = headers(options.headers ?? {});
  try {
    response = await (options.moved ? watched : fetch)(path, { ...options, headers: sent });
  } catch (failed) {
    if (failed.name === "AbortError") throw failed;
    throw new Refused(0, "The server does not answer");
  }
  if (response.status === 401) {
    await response.body?.cancel();
    const given = sessionStorage.getItem(KEY);
    // Another request has asked for a key meanwhile.
    if (given !== null && sent.Authorization !== `Bearer ${given}`) return send(path, options);
    const key = await askKey(sent.Authorization !== undefined);
    if (key === null) throw new Refused(401, "A key is needed");
    sessionStorage.setItem(KEY, key);
    return send(path, options);
  }
  if (!response.ok) throw new Refused(response.status, await reason(response));
  return response;
}

/** Whole numbers that are too long for JavaScript stay as they are written, where this browser can keep them so. */
const exact = (_, value, context) =>
  Number.isInteger(value) && !Number.isSafeInteger(value) && context?.source && JSON.rawJSON
    ? JSON.rawJSON(context.source)
    : value;

/** What a JSON text says; what is made of it by `JSON.stringify` has the same numbers. */
export const parsed = (text) => JSON.parse(text, exact);

/** A request with a JSON body, or with none; answers the reply's text. */
export async function askText(method, path, body, signal) {
  const options = { method, signal };
  if (body !== undefined) {
    options.body = JSON.stringify(body);
    options.headers = { "Content-Type": "application/json" };
  }
  return (await send(path, options)).text();
}

/** The same; answers what the reply's JSON says, or null where there is none. */
export async function ask(method, path, body, signal) {
  const text = await askText(method, path, body, signal);
  return text === "" ? null : parsed(text);
}

/** Sends a form with files in it. */
export async function upload(path, form, signal) {
  const text = await (await send(path, { method: "POST", body: form, signal })).text();
  return text === "" ? null : parsed(text);
}

/** Sends a file as it is, as JSON; `moved` is called with how many of its bytes are sent. */
export async function sendFile(path, file, signal, moved) {
  await send(path, { method: "POST", body: file, signal, moved, headers: { "Content-Type": "application/json" } });
}

export const of = (model, command) => `models/${encodeURIComponent(model)}/${command}`;
