// 我的网格: own cells lit, the rest dimmed; the list and the map point at each other.
import { ready } from "./map.js";
import { namedBox, openAt } from "./open_at.js";
import { locate, showHere } from "./here.js";
import { tabs } from "./tabs.js";

const OWN = "#0F4C81", WORLD = [[-89, -179], [-89, 179], [89, 179], [89, -179]];

function rings(geometry) {
  const parts = geometry.type === "MultiPolygon" ? geometry.coordinates : [geometry.coordinates];
  return parts.map((part) => part[0].map(([lon, lat]) => [lat, lon]));
}

async function light(app) {
  const { cells: codes, bounds } = document.body.dataset, cells = codes.split(",").filter(Boolean);
  if (!cells.length || !bounds) return;
  const answer = await fetch("/api/layers/grid_cells?full=1&bbox=" + bounds, { credentials: "same-origin" });
  if (!answer.ok) return;
  const own = (await answer.json()).features.filter((feature) => cells.includes(feature.properties.key)).flatMap((feature) => rings(feature.geometry));
  const renderer = app.renderers.base, common = { pane: "base", renderer, interactive: false, fill: false };
  L.polygon([WORLD, ...own], { pane: "base", renderer, interactive: false, stroke: false, fillColor: "#1D2A38", fillOpacity: 0.2 }).addTo(app.map);
  for (const ring of own) {
    L.polygon(ring, { ...common, color: "#FFFFFF", weight: 7 }).addTo(app.map);
    L.polygon(ring, { ...common, color: OWN, weight: 3 }).addTo(app.map);
  }
}

tabs(document.querySelector(".tabs"));
ready().then(async (app) => {
  for (const source of app.sources) source.on = ["towns", "no_burn_zones"].includes(source.layer);
  for (const tick of document.querySelectorAll(".map-legend input[data-layer]")) tick.checked = ["towns", "no_burn_zones"].includes(tick.dataset.layer);
  for (const legend of document.querySelectorAll(".map-legend")) legend.open = false;
  openAt(app, namedBox());
  const note = document.querySelector("[data-map-note]"), words = document.querySelector(".record-form");
  document.querySelector("[data-locate-map]").addEventListener("click", async () => {
    const place = await locate();
    if (!place) { note.textContent = words.dataset.nowhere; return; }
    showHere(app, place);
    app.map.setView([place.lat, place.lon], Math.max(app.map.getZoom(), 15));
    note.textContent = words.dataset.here + " " + Math.round(place.accuracy) + " m";
  });
  app.map.on("click", (event) => document.dispatchEvent(new CustomEvent("place-picked", { detail: { lon: event.latlng.lng, lat: event.latlng.lat } })));
  document.addEventListener("place-picked", ({ detail }) => showHere(app, { ...detail, accuracy: 0 }));
  await Promise.all([app.start().then(() => light(app)), app.showFacilities("/api/facilities")]);
  for (const row of document.querySelectorAll(".work-side [data-layer][data-key]")) row.addEventListener("mouseenter", () => app.select(row.dataset.layer, row.dataset.key));
  document.body.dataset.ready = "map";
});
