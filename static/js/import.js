// One upload: waits for its check, and shows where its rows lie.
import { ready } from "./map.js";
import { openAt } from "./open_at.js";
import { uploadOf } from "./upload_wait.js";

const key = uploadOf(document.body);

const LOOKS = {
  held: { radius: 8, color: "#C8410B", weight: 3, fillColor: "#FFFFFF", fillOpacity: 0.85 },
  doubtful: { radius: 7, color: "#14639F", weight: 2, dashArray: "3 3", fillColor: "#FFFFFF", fillOpacity: 0.6 },
  taken: { radius: 3, color: "#55606D", weight: 1, fillColor: "#55606D", fillOpacity: 0.7 },
};

async function showPlaces(app) {
  const answer = await fetch(`/api/imports/${key}/places`);
  if (!answer.ok) return;
  const { features } = await answer.json(), box = [];
  for (const feature of features.reverse()) {
    const [lon, lat] = feature.geometry.coordinates, { row, kind, reason } = feature.properties;
    const mark = L.circleMarker([lat, lon], { ...LOOKS[kind], pane: "data", renderer: app.renderers.data }).addTo(app.map);
    const text = document.createElement("span");
    text.textContent = reason ? `${row}：${reason}` : String(row);
    mark.bindTooltip(text);
    if (kind !== "taken" || features.length < 400) box.push([lon, lat]);
  }
  if (box.length) {
    const lons = box.map(([lon]) => lon), lats = box.map(([, lat]) => lat);
    const near = app.map.getBounds().pad(1);
    const inside = box.filter(([lon, lat]) => near.contains([lat, lon]));
    if (inside.length === box.length && box.length > 1) openAt(app, [Math.min(...lons), Math.min(...lats), Math.max(...lons), Math.max(...lats)], 13);
  }
}

if (document.querySelector(".import-map")) {
  ready().then(async (app) => {
    for (const source of app.sources) source.on = source.layer === "towns";
    for (const legend of document.querySelectorAll(".map-legend")) legend.open = false;
    await app.start();
    await showPlaces(app);
    document.body.dataset.ready = "map";
  });
} else document.body.dataset.ready = "map";
