// A draft whose zone changed: mine solid, the version in force dashed, both on one map.
import { ready } from "./map.js";
import { namedBox, openAt } from "./open_at.js";

const read = (id) => { const block = document.getElementById(id); return block ? JSON.parse(block.textContent) : null; };

ready().then(async (app) => {
  for (const source of app.sources) source.on = source.layer === "towns";
  openAt(app, namedBox());
  await app.start();
  const mine = read("mine"), theirs = read("theirs");
  if (theirs) L.geoJSON(theirs, { pane: "data", style: { color: "#C8410B", weight: 2.6, dashArray: "8 5", fillOpacity: 0.08 } }).addTo(app.map);
  if (mine) L.geoJSON(mine, { pane: "data", style: { color: "#0F4C81", weight: 2.6, fillOpacity: 0.14 } }).addTo(app.map);
  document.body.dataset.ready = "map";
});
