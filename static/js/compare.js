// Versions side by side: maps that move together, what is added and removed hatched; or one map under a swipe.
import { ready } from "./map.js";
import { element } from "./nodes.js";
import { leafletStyle, swatch } from "./map_style.js";
import { openAt } from "./open_at.js";

const sides = JSON.parse(document.getElementById("sides").textContent), view = document.querySelector(".compare-page").dataset.view, place = document.getElementById("maps");
const ADDED = { line: "#C8410B", fill: "#C8410B", fill_opacity: 0.6, weight: 1.6, pattern: "hatch" }, REMOVED = { line: "#1B6FAE", fill: "#1B6FAE", fill_opacity: 0.6, weight: 1.6, pattern: "hatch", dash: "5 3" };

function draw(map, side, style, pane, renderer) {
  const put = (geometry, how) => { if (geometry) L.geoJSON(geometry, { pane, interactive: false, style: () => ({ ...leafletStyle(how), renderer }) }).addTo(map); };
  put(side.geometry, style); put(side.added, ADDED); put(side.removed, REMOVED);
}

function title(side, n) { return element("div", "compare-title", (n + 1) + " · " + side.title + " · " + side.area_km2.toFixed(2) + " km²"); }

function legend() {
  const box = element("div", "compare-legend");
  for (const [style, text] of [[ADDED, place.dataset.added], [REMOVED, place.dataset.removed]]) { const row = element("span"); row.append(swatch(style), element("span", null, text)); box.append(row); }
  if (sides.length > 2 || view === "swipe") box.append(element("span", "muted", place.dataset.against));
  return box;
}

// A second map without controls of its own; it follows the first one, and leads when it is moved.
function follower(app, frame) {
  const box = element("div", "compare-map");
  frame.append(box);
  const map = L.map(box, { zoomControl: false, attributionControl: false, zoomSnap: 0.25, preferCanvas: true });
  map.setView(app.map.getCenter(), app.map.getZoom(), { animate: false });
  return map;
}

function tie(maps) {
  let leading = null;
  const follow = (one) => {
    if (leading) return;
    leading = one;
    for (const other of maps) if (other !== one) { other.invalidateSize({ pan: false }); other.setView(one.getCenter(), one.getZoom(), { animate: false }); }
    leading = null;
  };
  for (const one of maps) one.on("move zoomend", () => follow(one));
  maps[0].on("resize", () => follow(maps[0]));
  follow(maps[0]);
}

async function ground(app, map) {
  const base = await app._fetch("/api/base", "base-again").catch(() => null), pane = map.createPane("base"); pane.style.zIndex = 210;
  const renderer = L.canvas({ pane: "base", padding: 0.3 });
  if (base) L.geoJSON(base, { pane: "base", interactive: false, style: (feature) => ({ renderer, color: feature.properties.kind === "river" ? "#A9CFE8" : feature.properties.kind === "road" ? "#D9D3C4" : "#94A0AD", weight: feature.properties.width || 1.2, fill: feature.properties.kind === "county", fillColor: "#F6F4EE", fillOpacity: 1 }) }).addTo(map);
}

ready().then(async (app) => {
  for (const source of app.sources) source.on = source.layer === "towns";
  for (const box of document.querySelectorAll(".map-legend")) box.open = false;
  const all = L.geoJSON(sides.map((side) => side.geometry)).getBounds(), own = app.sources.find((one) => one.layer === sides[0].layer);
  const style = (side) => { const kind = own.kinds.find((one) => one.value === side.grade); return (kind && kind.style) || own.style; };
  openAt(app, [all.getWest(), all.getSouth(), all.getEast(), all.getNorth()]);
  await Promise.all([app.start(), app.showFacilities("/api/facilities")]);
  const first = document.querySelector(".compare-first"), maps = [app.map];
  first.append(title(sides[0], 0), legend());
  draw(app.map, sides[0], style(sides[0]), "data", app.renderers.data);
  const frames = [first];
  for (const [n, side] of sides.slice(1).entries()) {
    const frame = element("div", "compare-other");
    frames.push(frame);
    place.append(frame);
    const map = follower(app, frame);
    await ground(app, map);
    const renderer = L.canvas({ padding: 0.3 });
    draw(map, side, style(side), "overlayPane", renderer);
    for (const marker of app.markers.values()) new app.Marker(marker.getLatLng(), { renderer, radius: marker.options.radius, kind: marker.options.kind, interactive: false }).addTo(map);
    frame.append(title(side, n + 1));
    maps.push(map);
  }
  tie(maps);
  onPaper(maps);
  if (view === "swipe") swipe(place, frames, maps);
  document.body.dataset.ready = "map";
});

// Paper does not wait for the next frame: every map takes its new size and paints at once.
function onPaper(maps) {
  const fit = () => { for (const map of maps.slice(1)) { map.invalidateSize({ pan: false, animate: false }); map.setView(maps[0].getCenter(), maps[0].getZoom(), { animate: false }); map.eachLayer((layer) => { if (layer instanceof L.Canvas) { layer._redrawBounds = null; layer._redraw(); } }); } };
  window.addEventListener("beforeprint", fit); window.addEventListener("afterprint", fit);
  window.matchMedia("print").addEventListener("change", fit);
}

// One map over the other; the bar says how much of it is seen, and of more than two sides one chooses which.
function swipe(box, frames, maps) {
  const bar = element("input", "compare-swipe"), asked = (box.dataset.pair.match(/^([1-5])-([1-5])$/) || []).slice(1).map((text) => Number(text) - 1).filter((n) => n < sides.length);
  let [left, right] = asked.length === 2 && asked[0] !== asked[1] ? asked : [0, 1];
  bar.type = "range"; bar.min = "0"; bar.max = "100"; bar.value = "50"; bar.setAttribute("aria-label", box.dataset.swipe);
  const cut = () => { for (const [n, frame] of frames.entries()) if (n) frame.style.clipPath = n === right ? "inset(0 0 0 " + bar.value + "%)" : n === left ? "inset(0 " + (100 - bar.value) + "% 0 0)" : "inset(0 100% 0 0)"; };
  bar.addEventListener("input", cut);
  box.append(bar);
  if (sides.length > 2) box.append(chooser(box, () => [left, right], (pair) => { [left, right] = pair; cut(); follow(); }));
  const follow = () => { for (const [n, frame] of frames.entries()) { frame.classList.toggle("at-right", n === right); frame.classList.toggle("at-none", n !== left && n !== right); } for (const map of maps) map.invalidateSize({ pan: false }); };
  cut(); follow();
}

function chooser(box, pair, choose) {
  const form = element("div", "compare-pair no-print");
  for (const [place_, name] of [["left", box.dataset.left], ["right", box.dataset.right]]) {
    const label = element("label", null, name), select = element("select"), mine = place_ === "left" ? 0 : 1;
    for (const [n, side] of sides.entries()) { const one = element("option", null, (n + 1) + " · " + side.title); one.value = String(n); select.append(one); }
    select.value = String(pair()[mine]); select.dataset.side = place_;
    select.addEventListener("change", () => {
      const now = pair(), other = now[1 - mine], wanted = Number(select.value);
      const next = mine ? [wanted === other ? now[1] : other, wanted] : [wanted, wanted === other ? now[0] : other];
      choose(next);
      for (const [n, one] of [...form.querySelectorAll("select")].entries()) one.value = String(next[n]);
      const url = new URL(window.location.href);
      url.searchParams.set("pair", (next[0] + 1) + "-" + (next[1] + 1));
      window.history.replaceState(null, "", url);
    });
    label.append(select); form.append(label);
  }
  return form;
}
