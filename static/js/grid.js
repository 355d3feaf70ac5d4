// 网格管理: gaps and overlaps of the cells, or the cells that would be made, drawn over the recorded ones.
import { ready } from "./map.js";

const GAP = "#A8370A", OVERLAP = "#4B2A78", NEW = "#0F4C81", SAME = "#6B7785";
const STYLES = {
  cell: { color: NEW, weight: 1.2, fillOpacity: 0 },
  gap: { color: GAP, weight: 2.5, dashArray: "7 5", fillColor: "#D55E00", fillOpacity: 0.12 },
  overlap: { color: OVERLAP, weight: 2.5, fillColor: OVERLAP, fillOpacity: 0.3 },
  new: { color: NEW, weight: 1.2, fillColor: NEW, fillOpacity: 0.1 },
  same: { color: SAME, weight: 1, fillOpacity: 0 },
  other: { color: GAP, weight: 2, dashArray: "6 4", fillColor: "#D55E00", fillOpacity: 0.12 },
};

function said(properties) {
  if (properties.area_m2 === undefined) return properties.code;
  const size = properties.area_m2 >= 100000 ? (properties.area_m2 / 1e6).toFixed(4) + " km²" : properties.area_m2.toFixed(1) + " m²";
  return (properties.code || (properties.cells || []).join("、")) + " " + size;
}

function areas(app, data) {
  const shapes = new Map(), renderer = app.renderers.data;
  const group = L.geoJSON(data, {
    pane: "data", renderer, filter: (feature) => feature.geometry.type !== "Point",
    style: (feature) => ({ ...STYLES[feature.properties.kind || feature.properties.state], renderer }),
    onEachFeature: (feature, layer) => {
      layer.bindPopup(() => { const text = document.createElement("span"); text.textContent = said(feature.properties); return text; });
      if (feature.properties.number) shapes.set(feature.properties.kind + "-" + feature.properties.number, layer);
    },
  }).addTo(app.map);
  return { group, shapes };
}

function listen(app, shapes) {
  for (const button of document.querySelectorAll("[data-show]")) {
    button.addEventListener("click", () => {
      const shape = shapes.get(button.dataset.show);
      if (!shape) return;
      for (const row of document.querySelectorAll("tr.shown")) row.classList.remove("shown");
      button.closest("tr").classList.add("shown");
      app.map.fitBounds(shape.getBounds(), { padding: [40, 40], maxZoom: 17, animate: false });
      shape.openPopup();
    });
  }
  for (const row of document.querySelectorAll("tr[data-layer][data-key]")) row.addEventListener("mouseenter", () => app.select(row.dataset.layer, row.dataset.key));
}

ready().then(async (app) => {
  const page = document.body.dataset, coverage = page.grid === "coverage", shown = coverage ? ["towns", "development_zones"] : ["towns"];
  for (const source of app.sources) source.on = shown.includes(source.layer);
  for (const tick of document.querySelectorAll(".map-legend input[data-layer]")) tick.checked = shown.includes(tick.dataset.layer);
  for (const legend of document.querySelectorAll(".map-legend")) legend.open = false;
  await app.start();
  if (page.source) {
    const answer = await fetch(page.source, { headers: { Accept: "application/json" }, credentials: "same-origin" });
    if (answer.ok) {
      const data = await answer.json(), { group, shapes } = areas(app, data);
      const points = data.features.filter((feature) => feature.geometry.type === "Point");
      if (coverage) await app.showFacilities({ type: "FeatureCollection", features: points.map((feature) => ({ ...feature, properties: { ...feature.properties, counts: {} } })) });
      const box = group.getBounds();
      if (!page.bounds && box.isValid() && !window.location.hash.startsWith("#map=")) { app.home = box; app.goHome(); }
      listen(app, shapes);
      document.body.dataset.shapes = String(group.getLayers().length);
    } else {
      const note = document.querySelector("[data-map-note]");
      if (note) note.textContent = app.words.failed;
    }
  }
  document.body.dataset.ready = "map";
});
