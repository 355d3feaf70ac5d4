// The page of rasters: the quiet map with a raster on it.
import { ready } from "./map.js";
import { addRasters } from "./rasters.js";

ready().then(async (app) => {
  for (const source of app.sources) source.on = source.layer === "towns";
  for (const tick of document.querySelectorAll(".map-legend input[data-layer]")) tick.checked = tick.dataset.layer === "towns";
  for (const legend of document.querySelectorAll(".map-legend")) legend.open = false;
  await Promise.all([app.start(), addRasters(app, { open: true })]);
  document.body.dataset.ready = "map";
});
