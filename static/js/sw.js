// Files named by content are kept for good; everything else is asked for first.
// Keeps the pages of daily work readable without a network: always the newest where there is one, else as last seen.
// What is kept goes when somebody logs in or out, and after a week.
const FILES = "files-1", PAGES = "pages-1", KEPT_MS = 7 * 24 * 3600 * 1000, MOST_PAGES = 400;
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

async function stamp(answer) {
  const headers = new Headers(answer.headers);
  headers.set("X-Kept-At", String(Date.now()));
  return new Response(await answer.clone().blob(), { status: answer.status, headers });
}

async function newest(request, place) {
  const kept = await caches.open(place);
  try {
    const answer = await fetch(request);
    if (answer.ok && !answer.redirected) await kept.put(request.url, await stamp(answer));
    return answer;
  } catch (fault) {
    const found = await kept.match(request.url, { ignoreVary: true });
    if (!found || Date.now() - Number(found.headers.get("X-Kept-At")) > KEPT_MS) throw fault;
    return found;
  }
}

async function tidy() {
  const kept = await caches.open(PAGES), all = await kept.keys();
  for (const request of all.slice(0, Math.max(0, all.length - MOST_PAGES))) await kept.delete(request);
}

self.addEventListener("fetch", (event) => {
  const { request } = event, url = new URL(request.url);
  if (url.origin !== self.location.origin) return;
  if (url.pathname.startsWith("/login") || url.pathname === "/logout") { event.waitUntil(caches.delete(PAGES)); return; }
  if (request.method !== "GET") return;
  if (url.pathname.startsWith("/shell/") || (url.pathname.startsWith("/static/") && url.searchParams.has("v"))) { event.respondWith(file(request)); return; }
  if (url.pathname.startsWith("/static/")) { event.respondWith(newest(request, FILES)); return; }
  if (WORK.some((pattern) => pattern.test(url.pathname))) { event.respondWith(newest(request, PAGES)); event.waitUntil(tidy()); }
});
