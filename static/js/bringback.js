// 带回修改: waits for the comparison, and draws changed places before and after.
import { ready } from "./map.js";
import { leafletStyle } from "./map_style.js";
import { openAt } from "./open_at.js";
import { uploadOf } from "./upload_wait.js";

const key = uploadOf(document.body);

const LOOKS = {
  base: { line: "#55606D", weight: 2, dash: "6 4" },
  theirs: { line: "#C8410B", weight: 2 },
  more: { line: "#C8410B", fill: "#C8410B", fill_opacity: 0.6, weight: 1.2, pattern: "hatch" },
  less: { line: "#55606D", fill: "#55606D", fill_opacity: 0.6, weight: 1.2, pattern: "hatch", dash: "4 3" },
  ours: { line: "#14639F", weight: 2.4, dash: "2 4" },
};
const RADII = { base: 9, theirs: 6, ours: 12 };

// A map without a box of its own: points get one of about 200 m, so that the move can be seen.
function boxOf(layers) {
  const bounds = L.latLngBounds([]);
  for (const layer of layers) bounds.extend(layer.getBounds ? layer.getBounds() : layer.getLatLng());
  return bounds.isValid() ? bounds.pad(0.2) : null;
}

async function draw(app) {
  const answer = await fetch(`/api/imports/${key}/changes`);
  if (!answer.ok) return;
  const { features } = await answer.json(), drawn = new Map(), apart = new Map();
  for (const feature of features) {
    const { number, key: code, side } = feature.properties, style = { ...leafletStyle(LOOKS[side]), renderer: app.renderers.data };
    const one = L.geoJSON(feature.geometry, { pane: "data", style: () => style, pointToLayer: (_, at) => L.circleMarker(at, { ...style, pane: "data", radius: RADII[side] }) }).addTo(app.map);
    const text = document.createElement("span");
    text.textContent = code;
    one.bindTooltip(text);
    if (!drawn.has(number)) drawn.set(number, []);
    drawn.get(number).push(one);
    if (side === "more" || side === "less") apart.set(number, [...(apart.get(number) || []), one]);
  }
  const all = boxOf([...drawn.values()].flat());
  if (all) openAt(app, [all.getWest(), all.getSouth(), all.getEast(), all.getNorth()], 15);
  for (const button of document.querySelectorAll("[data-show]")) {
    const mine = drawn.get(Number(button.dataset.show));
    if (!mine) continue;
    button.hidden = false;
    button.addEventListener("click", () => {
      app.map.fitBounds(boxOf(apart.get(Number(button.dataset.show)) || mine), { maxZoom: 18, animate: false });
      app.map.getContainer().scrollIntoView({ block: "nearest" });
    });
  }
}

if (document.querySelector(".import-map")) {
  ready().then(async (app) => {
    for (const source of app.sources) source.on = source.layer === "towns";
    for (const legend of document.querySelectorAll(".map-legend")) legend.open = false;
    await app.start();
    await draw(app);
    document.body.dataset.ready = "map";
  });
} else document.body.dataset.ready = "map";
