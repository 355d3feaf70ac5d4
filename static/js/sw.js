// Files named by content are kept for good; everything else is asked for first.
// Keeps the pages of daily work readable without a network: always the newest where there is one, else as last seen.
// What is kept goes when somebody logs in or out, when the server lets them in no more or as somebody else, when what they may
// see changes, and a day after the server was last reached; none of it is older than a week. Behind single sign-on nobody logs
// out here: the day is then what a lost phone or a closed account that stays offline has left.
const FILES = "files-1", PAGES = "pages-1", KEPT_MS = 7 * 24 * 3600 * 1000, MOST_PAGES = 400, MOST_WINDOWS = 150;
const CONTACT_MS = 24 * 3600 * 1000, NOTED_MS = 60 * 1000, CONTACT = "/contact";
const TIDY_MS = 60 * 1000, LEISURE_MS = 1500; // what fills a map is put away when the hand rests
const TILE = /^\/api\/.*\/tiles\//, WINDOW = /^\/api\/.*\/(tiles\/|view$)/; // a map moved about shall not push pages out
const WORK = [/^\/cell$/, /^\/cases(\/\d+)?$/, /^\/round$/, /^\/report$/, /^\/facilities\//, /^\/photos\/\d+\/small$/, /^\/api\/(layers|facilities|cases|base)/];

self.addEventListener("install", () => self.skipWaiting());
self.addEventListener("activate", (event) => event.waitUntil((async () => {
  for (const name of await caches.keys()) if (![FILES, PAGES].includes(name)) await caches.delete(name);
  await self.clients.claim();
})()));

async function file(request) {
  const kept = await caches.open(FILES), found = await kept.match(request);
  if (found) return found;
  const answer = await fetch(request);
  if (answer.ok) await kept.put(request, answer.clone());
  return answer;
}

// What is kept of somebody goes; what is still under way for them is not kept any more.
let epoch = 0, seen = null;
async function forget() { epoch += 1; seen = null; await caches.delete(PAGES); }

async function stamp(answer) {
  const headers = new Headers(answer.headers);
  headers.set("X-Kept-At", String(Date.now()));
  return new Response(await answer.blob(), { status: answer.status, headers });
}

// Who was let in when the server was last reached, and when that was.
async function contact(kept) {
  const found = await kept.match(CONTACT);
  return found ? { as: found.headers.get("X-Seen-As"), at: Number(found.headers.get("X-Kept-At")) } : null;
}

// Learn from an answer whether what is kept may stay. Gives whether this answer may be kept. Of tiles, which come by dozens,
// the first tells for all.
async function heard(answer, tile) {
  const out = answer.status === 401 || answer.status === 403 || answer.redirected || answer.type === "opaqueredirect";
  if (out) { await forget(); return false; }
  const as = answer.headers.get("X-Seen-As");
  if (!answer.ok || !as) return false;
  if (tile && seen && seen.as === as && Date.now() - seen.at < NOTED_MS) return true;
  let kept = await caches.open(PAGES);
  const last = await contact(kept);
  if (last && last.as !== as) { await forget(); kept = await caches.open(PAGES); }
  if (!last || last.as !== as || Date.now() - last.at > NOTED_MS) await kept.put(CONTACT, await stamp(new Response("", { headers: { "X-Seen-As": as } })));
  seen = { as, at: Date.now() };
  return true;
}

async function newest(request, place, tile = null) {
  let answer;
  try { answer = await fetch(request); } catch (fault) { return asLastSeen(request, place, fault); }
  const kept = place === PAGES ? await heard(answer, tile) : answer.ok && !answer.redirected, copy = kept ? answer.clone() : null, since = epoch;
  const put = async () => {
    if (since !== epoch) return;
    const shelf = await caches.open(place);
    if (kept) await shelf.put(request.url, await stamp(copy)); else if (answer.status === 404) await shelf.delete(request.url);
  };
  if (tile) leisurely(tile, put); else await put();
  return answer;
}

// Tiles are answered at once, and the latest kept together when the hand rests.
let heap = [], rest = null;
function leisurely(event, work) {
  heap = [...heap.slice(1 - MOST_WINDOWS), work];
  if (!rest) { rest = {}; rest.come = new Promise((done) => { rest.done = done; }); }
  clearTimeout(rest.timer);
  rest.timer = setTimeout(putAway, LEISURE_MS);
  event.waitUntil(rest.come);
}

async function putAway() {
  const all = heap, { done } = rest;
  heap = []; rest = null;
  for (const one of all) await one().catch((fault) => console.info("kept", fault.name));
  done();
}

async function asLastSeen(request, place, fault) {
  const kept = await caches.open(place), found = await kept.match(request.url, { ignoreVary: true });
  if (place === PAGES) {
    const last = await contact(kept);
    if (!last || Date.now() - last.at > CONTACT_MS) { await forget(); throw fault; }
  }
  if (!found || Date.now() - Number(found.headers.get("X-Kept-At")) > KEPT_MS) throw fault;
  return found;
}

let tidied = 0;
async function tidy() {
  if (Date.now() - tidied < TIDY_MS) return;
  tidied = Date.now();
  const kept = await caches.open(PAGES), all = await kept.keys(), isWindow = ({ url }) => WINDOW.test(new URL(url).pathname);
  const windows = all.filter(isWindow), pages = all.filter((one) => !isWindow(one)), oldest = (some, most) => some.slice(0, Math.max(0, some.length - most));
  for (const request of [...oldest(windows, MOST_WINDOWS), ...oldest(pages, MOST_PAGES)]) if (!request.url.endsWith(CONTACT)) await kept.delete(request);
}

self.addEventListener("fetch", (event) => {
  const { request } = event, url = new URL(request.url);
  if (url.origin !== self.location.origin) return;
  if (url.pathname.startsWith("/login") || url.pathname === "/logout") { event.waitUntil(forget()); return; }
  if (request.method !== "GET") return;
  if (url.pathname.startsWith("/shell/") || (url.pathname.startsWith("/static/") && url.searchParams.has("v"))) { event.respondWith(file(request)); return; }
  if (url.pathname.startsWith("/static/")) { event.respondWith(newest(request, FILES)); return; }
  if (!WORK.some((pattern) => pattern.test(url.pathname))) return;
  event.respondWith(newest(request, PAGES, TILE.test(url.pathname) ? event : null));
  event.waitUntil(tidy());
});
