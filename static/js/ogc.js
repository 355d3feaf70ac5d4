// Features of the OGC API on the quiet map: what the page's own address gives as GeoJSON.
import { ready } from "./map.js";
import { element } from "./nodes.js";

const place = document.querySelector("[data-items]");

ready().then(async (app) => {
  for (const source of app.sources) source.on = source.layer === "towns";
  for (const tick of document.querySelectorAll(".map-legend input[data-layer]")) tick.checked = tick.dataset.layer === "towns";
  for (const legend of document.querySelectorAll(".map-legend")) legend.open = false;
  await Promise.all([app.start(), draw(app)]);
  document.body.dataset.ready = "map";
});

async function draw(app) {
  const answer = await fetch(place.dataset.items, { headers: { Accept: "application/geo+json" }, credentials: "same-origin" });
  if (!answer.ok) { console.warn("items", answer.status); return; }
  const look = { pane: "data", renderer: app.renderers.data, color: "#1B6FAE", weight: 2, fillColor: "#1B6FAE", fillOpacity: 0.18 };
  const drawn = L.geoJSON(await answer.json(), {
    style: look, pointToLayer: (feature, at) => L.circleMarker(at, { ...look, radius: 6, fillOpacity: 0.7 }),
    onEachFeature: (feature, layer) => { if (feature.id !== undefined) layer.bindPopup(() => element("div", "popup-title", feature.id)); },
  }).addTo(app.map);
  const bounds = drawn.getBounds();
  if (bounds.isValid()) { app.home = bounds; if (!window.location.hash.startsWith("#map=")) { app.map.fitBounds(bounds, { padding: [24, 24], maxZoom: 15, animate: false }); app.opened = app._place(); } }
  document.body.dataset.drawn = String(drawn.getLayers().length);
}
