// How pictures look: a picture in its frame, and the card of a stored one.

import { bytes, of } from "./api.js";

const THUMBNAIL_SIDE = 256;
const THUMBNAIL_QUALITY = 0.8;
/** Names that begin so are names alone: nothing is there to be loaded. */
export const UPLOADED = "https://upload.local/";

/** The path, or the address, that a card names a picture by. */
const title = (url) => {
  try {
    return decodeURIComponent(new URL(url).pathname.split("/").pop()) || url;
  } catch {
    return url;
  }
};

/** Puts the picture of a stored address into a frame: from where it is, else the small one that the server keeps. */
export function show(frame, model, url) {
  const image = new Image();
  image.alt = title(url);
  image.loading = "lazy";
  image.referrerPolicy = "no-referrer";
  const kept = async () => {
    const small = await bytes(`${of(model, "thumbnail")}?url=${encodeURIComponent(url)}`).catch(() => null);
    if (small === null) {
      frame.replaceChildren(title(url));
      return;
    }
    image.onerror = () => frame.replaceChildren(title(url));
    image.onload = () => URL.revokeObjectURL(image.src);
    image.src = URL.createObjectURL(small);
  };
  frame.replaceChildren(image);
  if (url.startsWith(UPLOADED)) {
    kept();
    return;
  }
  image.onerror = kept;
  image.src = url;
}

/**
 * The card of a stored picture.
 *
 * @param entry url, metadata and, of a search's result, similarity
 * @param acts what its buttons do, by their names: functions of the entry and the card
 */
export function card(model, entry, acts) {
  const item = document.getElementById("card").content.firstElementChild.cloneNode(true);
  item.dataset.url = entry.url;
  show(item.querySelector(".picture"), model, entry.url);
  if (entry.similarity !== undefined) {
    item.querySelector(".score").hidden = false;
    item.querySelector("meter").value = entry.similarity;
    item.querySelector(".score b").textContent = entry.similarity.toFixed(1);
  }
  const link = item.querySelector(".url a");
  link.textContent = title(entry.url);
  link.title = entry.url;
  if (!entry.url.startsWith(UPLOADED)) link.href = entry.url;
  describe(item.querySelector(".metadata"), entry.metadata);
  for (const button of item.querySelectorAll("[data-do]")) {
    button.setAttribute("aria-label", `${button.textContent}: ${title(entry.url)}`);
    button.addEventListener("click", () => acts[button.dataset.do](entry, item));
  }
  return item;
}

function describe(list, metadata) {
  for (const [name, value] of Object.entries(metadata ?? {})) {
    const row = document.createElement("div");
    const term = document.createElement("dt");
    const text = document.createElement("dd");
    term.textContent = name;
    text.textContent = typeof value === "string" ? value : JSON.stringify(value);
    row.append(term, text);
    list.append(row);
  }
}

/** A line in place of cards. */
export function nothing(grid, text) {
  const line = document.createElement("li");
  line.className = "empty";
  line.textContent = text;
  grid.replaceChildren(line);
}

/** A small JPEG of a picture file, or null where this browser cannot read it. */
export async function thumbnail(file) {
  let bitmap;
  try {
    bitmap = await createImageBitmap(file);
  } catch {
    return null;
  }
  const scale = Math.min(1, THUMBNAIL_SIDE / Math.max(bitmap.width, bitmap.height));
  const canvas = document.createElement("canvas");
  canvas.width = Math.max(1, Math.round(bitmap.width * scale));
  canvas.height = Math.max(1, Math.round(bitmap.height * scale));
  canvas.getContext("2d").drawImage(bitmap, 0, 0, canvas.width, canvas.height);
  bitmap.close();
  return new Promise((done) => canvas.toBlob(done, "image/jpeg", THUMBNAIL_QUALITY));
}
