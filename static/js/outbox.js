// What was written on this device and is not on the server yet: drafts, and records that wait for the network.
// One entry a record, under account and the record's own id, so that nothing is sent twice and nobody else's is sent.
const BASE = "bluesky-records", STORE = "records";

function open() {
  return new Promise((resolve, reject) => {
    const asked = window.indexedDB.open(BASE, 1);
    asked.onupgradeneeded = () => asked.result.createObjectStore(STORE);
    asked.onsuccess = () => resolve(asked.result);
    asked.onerror = () => reject(asked.error);
  });
}

async function act(mode, work) {
  const base = await open();
  return new Promise((resolve, reject) => {
    const change = base.transaction(STORE, mode), asked = work(change.objectStore(STORE));
    change.oncomplete = () => { base.close(); resolve(asked.result); };
    change.onerror = change.onabort = () => { base.close(); reject(change.error); };
  });
}

export const account = () => document.body.dataset.account;
const key = (id) => account() + "/" + id;

export const keep = (entry) => act("readwrite", (store) => store.put(entry, key(entry.id)));
export const forget = (id) => act("readwrite", (store) => store.delete(key(id)));

// Entries of whoever is logged in, the oldest first.
export async function mine() {
  const range = IDBKeyRange.bound(account() + "/", account() + "/\uffff");
  return (await act("readonly", (store) => store.getAll(range))).sort((a, b) => a.made - b.made);
}

// An id of 128 random bits in the form of a UUID (randomUUID itself needs a secure page).
export function newId() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 0x0f) | 0x40; bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-");
}

// The sentence of an answer: of problem+json, or of a page.
function sentence(text) {
  try { return JSON.parse(text).detail; } catch (fault) {
    const heading = new DOMParser().parseFromString(text, "text/html").querySelector("h1");
    return heading ? heading.textContent : "";
  }
}

// A form's token belongs to a session; a page kept for offline use may hold an old one.
async function freshToken(page) {
  const answer = await fetch(page, { credentials: "same-origin", cache: "no-store" });
  const field = new DOMParser().parseFromString(await answer.text(), "text/html").querySelector("input[name=csrf_token]");
  return field ? field.value : "";
}

async function post(entry, token, tell) {
  const body = new FormData();
  for (const [name, value] of Object.entries(entry.values)) body.append(name, value);
  body.set("client_id", entry.id); body.set("csrf_token", token);
  if (tell) body.set("tell", "1");
  for (const photo of entry.photos) body.append("photos", photo, photo.name);
  return fetch(entry.action, { method: "POST", body, headers: { Accept: "application/json" }, credentials: "same-origin" });
}

// Send one record. Gives {sent, url}, {refused: sentence}, or {waiting: true} without network or log-in.
// With tell, the next page says that it was sent.
export async function deliver(entry, tell) {
  try {
    const answer = await post(entry, await freshToken(entry.tokens), tell);
    if (answer.ok) { const told = await answer.json(); await forget(entry.id); return { sent: true, url: told.url }; }
    if (answer.status >= 500 || answer.status === 401 || answer.status === 429) return { waiting: true };
    const refused = sentence(await answer.text()) || String(answer.status);
    await keep({ ...entry, waiting: false, refused });
    return { refused };
  } catch (fault) { return { waiting: true }; }
}

const SOON_MS = 1000, AGAIN_MS = 20000; // a network that comes back is often not there yet when it says so
let running = false, asked = false, delivered = 0, pause = SOON_MS, timer; // what was sent stays told as long as the page stands

window.addEventListener("online", () => { pause = SOON_MS; });

// Send everything that waits, one after the other, and tell on the page what is left.
export async function flush() {
  const place = document.querySelector("[data-outbox]");
  asked = true;
  if (running || !place || !window.indexedDB || !account()) return;
  running = true;
  while (asked) { asked = false; await round(place); }
  running = false;
}

async function round(place) {
  clearTimeout(timer);
  try {
    for (const entry of (await mine()).filter((one) => one.waiting)) {
      const told = await deliver(entry);
      if (told.waiting) break;
      if (told.sent) { delivered += 1; pause = SOON_MS; }
    }
    if (await show(place, delivered)) { // a phone may be online and the server out of reach
      timer = setTimeout(flush, pause);
      pause = Math.min(2 * pause, AGAIN_MS);
    }
  } catch (fault) { console.info("outbox", fault && fault.name); }
}

async function show(place, sent) {
  const left = await mine(), waiting = left.filter((one) => one.waiting), refused = left.filter((one) => one.refused);
  const lines = [];
  if (sent) lines.push([sent + " " + place.dataset.sent]);
  if (waiting.length) lines.push([waiting.length + " " + place.dataset.waiting]);
  for (const entry of refused) lines.push([place.dataset.refused + " " + entry.refused, entry.page]);
  place.replaceChildren(...lines.map(([text, href]) => {
    const line = document.createElement(href ? "a" : "span");
    line.textContent = text;
    if (href) line.href = href;
    return line;
  }));
  place.hidden = !lines.length;
  return waiting.length;
}
