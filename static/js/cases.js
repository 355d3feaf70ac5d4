// 检查任务 and 走访路线: the list and the map show the same cases; picked ones make a round.
import { ready } from "./map.js";
import { namedBox, openAt } from "./open_at.js";
import { locate, showHere } from "./here.js";

const OF_THE_LIST = ["state", "zone", "town", "cell", "rule", "verdict", "fuel", "cap_from", "cap_to", "layer", "q", "mine", "sort", "near"];

function url() {
  const made = new URL("/api/cases", window.location.href);
  for (const [name, value] of new URLSearchParams(window.location.search)) if (value && OF_THE_LIST.includes(name)) made.searchParams.set(name, value);
  return made.pathname + made.search;
}

// The same round from another start.
function startAt(lon, lat) {
  const there = new URL(window.location.href);
  there.searchParams.set("start", lon.toFixed(6) + "," + lat.toFixed(6)); there.hash = "";
  window.location.assign(there.href);
}

// The stops of a round, numbered and joined by a line from the start; a click on the map is another start.
function drawRound(app) {
  const start = (document.body.dataset.start || "").split(",").map(Number);
  app.map.on("click", (event) => startAt(event.latlng.lng, event.latlng.lat));
  const here = document.querySelector("[data-start-here]");
  here.addEventListener("click", async () => {
    const place = await locate();
    if (place) startAt(place.lon, place.lat); else { here.textContent = here.dataset.nowhere; here.disabled = true; }
  });
  const stops = [...document.querySelectorAll(".round-list [data-lon]")].map((row) => [Number(row.dataset.lat), Number(row.dataset.lon)]);
  if (start.length === 2) { showHere(app, { lon: start[0], lat: start[1] }); stops.unshift([start[1], start[0]]); }
  L.polyline(stops, { pane: "data", renderer: app.renderers.data, color: "#0F4C81", weight: 3, opacity: 0.8, interactive: false }).addTo(app.map);
  if (start.length === 2) stops.shift();
  stops.forEach((at, number) => {
    const icon = L.divIcon({ className: "stop-mark", html: String(number + 1), iconSize: [24, 24] });
    L.marker(at, { icon, keyboard: false, interactive: false }).addTo(app.map);
  });
}

const near = document.querySelector("[data-near]");
if (near) {
  near.addEventListener("click", async () => {
    const place = await locate(), form = near.form;
    if (!place) { near.disabled = true; near.textContent = near.textContent + " ✕"; return; }
    form.elements.near.value = place.lon.toFixed(6) + "," + place.lat.toFixed(6); form.elements.sort.value = "distance";
    form.requestSubmit();
  });
}
// On a phone the chosen filter makes way for what was found; its words stay in the summary.
const filter = document.querySelector(".filter-fold");
if (filter && window.matchMedia("(max-width: 720px)").matches) filter.open = false;
const picked = document.querySelector("[data-picked]");
if (picked) {
  document.querySelector("form.work-side").addEventListener("change", () => {
    const count = document.querySelectorAll("input[name=case]:checked").length;
    picked.textContent = picked.dataset.picked + " " + count;
    picked.parentElement.classList.toggle("idle", !count);
  });
}

ready().then(async (app) => {
  const round = Boolean(document.body.dataset.round), shown = ["towns", "no_burn_zones"];
  for (const source of app.sources) source.on = shown.includes(source.layer);
  for (const tick of document.querySelectorAll(".map-legend input[data-layer]")) tick.checked = shown.includes(tick.dataset.layer);
  for (const legend of document.querySelectorAll(".map-legend")) legend.open = false;
  openAt(app, namedBox());
  await Promise.all([app.start(), round ? drawRound(app) : app.showFacilities(url())]);
  for (const row of document.querySelectorAll(".work-side [data-layer][data-key]")) row.addEventListener("mouseenter", () => app.select(row.dataset.layer, row.dataset.key));
  document.body.dataset.ready = "map";
});
