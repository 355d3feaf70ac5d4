// Every page: symbols, the search box, the day picker.
import { drawSymbols } from "./symbols.js";
import { flush } from "./outbox.js";

drawSymbols();

const box = document.querySelector("[data-find]");
if (box) {
  const input = box.querySelector("input[name=q]"), results = box.querySelector(".find-results");
  let turn = 0, timer;
  const close = () => { results.hidden = true; results.replaceChildren(); input.setAttribute("aria-expanded", "false"); };
  const show = (rows, text) => {
    results.replaceChildren();
    for (const row of rows) {
      const link = document.createElement("a"), kind = document.createElement("div");
      link.href = row.url; link.textContent = row.label; kind.className = "small muted"; kind.textContent = row.title + " · " + row.key;
      link.append(kind); results.append(link);
    }
    if (!rows.length) { const none = document.createElement("p"); none.className = "muted"; none.textContent = box.dataset.none + " " + text; results.append(none); }
    results.hidden = false; input.setAttribute("aria-expanded", "true");
  };
  input.addEventListener("input", () => {
    clearTimeout(timer);
    const text = input.value.trim(), mine = ++turn;
    if (!text) return close();
    timer = setTimeout(async () => {
      const url = new URL("/api/search", window.location.href);
      url.searchParams.set("q", text);
      if (document.body.dataset.asked) url.searchParams.set("as_of", document.body.dataset.asOf);
      const answer = await fetch(url);
      if (answer.ok && mine === turn) show((await answer.json()).results, text);
    }, 180);
  });
  box.addEventListener("keydown", (event) => {
    const links = [...results.querySelectorAll("a")], at = links.indexOf(document.activeElement);
    if (event.key === "Escape") { close(); input.focus(); }
    if (event.key === "ArrowDown" && links.length) { event.preventDefault(); links[Math.min(at + 1, links.length - 1)].focus(); }
    if (event.key === "ArrowUp" && at >= 0) { event.preventDefault(); (at ? links[at - 1] : input).focus(); }
  });
  document.addEventListener("click", (event) => { if (!box.contains(event.target)) close(); });
}

// Another day or language keeps the place and the layers of the map.
for (const form of document.querySelectorAll("form[data-at-once]")) {
  form.addEventListener("submit", () => {
    const layers = new URLSearchParams(window.location.search).get("layers");
    form.setAttribute("action", window.location.pathname + window.location.hash);
    if (layers !== null && !form.elements.layers) {
      const kept = document.createElement("input");
      kept.type = "hidden"; kept.name = "layers"; kept.value = layers;
      form.append(kept);
    }
  });
  form.addEventListener("change", () => { if (form.reportValidity()) form.requestSubmit(); });
}
for (const link of document.querySelectorAll("[data-keep-place]")) {
  link.addEventListener("click", () => {
    const here = new URLSearchParams(window.location.search), there = new URL(link.href);
    if (here.has("layers")) there.searchParams.set("layers", here.get("layers"));
    there.hash = window.location.hash;
    link.href = there.href;
  });
}

for (const button of document.querySelectorAll("[data-print]")) button.addEventListener("click", () => window.print());

// Back to a refused form with what was typed; without JavaScript the link opens it anew.
for (const link of document.querySelectorAll("[data-back]")) link.addEventListener("click", (event) => { if (window.history.length > 1) { event.preventDefault(); window.history.back(); } });

// A link to something folded away opens it.
function unfold() {
  const target = window.location.hash.length > 1 && document.getElementById(decodeURIComponent(window.location.hash.slice(1)));
  const fold = target && target.closest("details");
  if (fold) { fold.open = true; fold.scrollIntoView({ block: "start" }); }
}
window.addEventListener("hashchange", unfold);
unfold();

// What was written without a network is sent as soon as there is one.
flush();
window.addEventListener("online", flush);

// People in the field can open their pages without a network (only where the page is served safely).
if (document.body.dataset.field && "serviceWorker" in navigator) navigator.serviceWorker.register("/sw.js").catch((fault) => console.info("offline", fault.name));

// The menu behind the bar closes on a click elsewhere and on Escape.
const menu = document.querySelector("[data-menu]");
if (menu) {
  document.addEventListener("click", (event) => { if (!menu.contains(event.target)) menu.open = false; });
  document.addEventListener("keydown", (event) => { if (event.key === "Escape" && menu.open) { menu.open = false; menu.querySelector("summary").focus(); } });
}
