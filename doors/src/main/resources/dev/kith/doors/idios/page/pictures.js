// How pictures look: a picture in its frame, and the card of a stored one.

/** Longest side, in pixels, of the small picture that is kept of an uploaded one: some 8 kB of the 64 of metadata. */
const THUMBNAIL_SIDE = 200;
const THUMBNAIL_QUALITY = 0.75;
/** Where metadata have it, as a data URL: so it is dumped, restored and removed with its entry. */
const THUMBNAIL = "thumbnail";
const PICTURE_DATA = /^data:image\/(jpeg|png|webp);base64,/;
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

/** Puts the picture of an entry into a frame: the small one that its metadata have, else from its address. */
export function show(frame, entry) {
  const words = document.createElement("bdi");
  words.textContent = title(entry.url);
  const image = new Image();
  image.alt = title(entry.url);
  image.loading = "lazy";
  image.referrerPolicy = "no-referrer";
  image.onerror = () => frame.replaceChildren(words);
  const kept = entry.metadata?.[THUMBNAIL];
  if (isPicture(kept)) image.src = kept;
  else if (entry.url.startsWith(UPLOADED)) return frame.replaceChildren(words);
  else image.src = entry.url;
  return frame.replaceChildren(image);
}

const isPicture = (value) => typeof value === "string" && PICTURE_DATA.test(value);

/**
 * The card of a stored picture.
 *
 * @param entry url, metadata and, of a search's result, similarity
 * @param acts what its buttons do, by their names: functions of the entry and the card
 */
export function card(entry, acts) {
  const item = document.getElementById("card").content.firstElementChild.cloneNode(true);
  item.dataset.url = entry.url;
  show(item.querySelector(".picture"), entry);
  if (entry.similarity !== undefined) {
    item.querySelector(".score").hidden = false;
    item.querySelector("meter").value = entry.similarity;
    item.querySelector("meter").setAttribute("aria-label", `Similarity of ${title(entry.url)}`);
    item.querySelector(".score b").textContent = entry.similarity.toFixed(1);
  }
  const link = item.querySelector(".url a");
  link.textContent = title(entry.url);
  link.title = entry.url;
  // Workers may store what is no web address.
  if (/^https?:/i.test(entry.url) && !entry.url.startsWith(UPLOADED)) link.href = entry.url;
  describe(item.querySelector(".metadata"), entry.metadata);
  for (const button of item.querySelectorAll("[data-do]")) {
    button.setAttribute("aria-label", `${button.textContent}: ${title(entry.url)}`);
    button.addEventListener("click", () => acts[button.dataset.do](entry, item));
  }
  return item;
}

function describe(list, metadata) {
  for (const [name, value] of Object.entries(metadata ?? {})) {
    if (name === THUMBNAIL && isPicture(value)) continue;
    const row = document.createElement("div");
    const term = document.createElement("dt");
    const text = document.createElement("dd");
    term.dir = "auto";
    text.dir = "auto";
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

/** Metadata with a small JPEG of a picture file, where this browser can read it. */
export async function withThumbnail(metadata, file) {
  let bitmap;
  try {
    bitmap = await createImageBitmap(file);
  } catch {
    return metadata;
  }
  const scale = Math.min(1, THUMBNAIL_SIDE / Math.max(bitmap.width, bitmap.height));
  const canvas = document.createElement("canvas");
  canvas.width = Math.max(1, Math.round(bitmap.width * scale));
  canvas.height = Math.max(1, Math.round(bitmap.height * scale));
  canvas.getContext("2d").drawImage(bitmap, 0, 0, canvas.width, canvas.height);
  bitmap.close();
  return { ...metadata, [THUMBNAIL]: canvas.toDataURL("image/jpeg", THUMBNAIL_QUALITY) };
}
