import { ready } from "./map.js";

ready().then(async (app) => {
  const { layer } = document.body.dataset;
  for (const source of app.sources) source.on = source.layer === layer || source.layer === "towns";
  for (const tick of document.querySelectorAll(".map-legend input[data-layer]")) tick.checked = app.sources.find((s) => s.layer === tick.dataset.layer).on;
  await Promise.all([app.start(), app.showFacilities("/api/facilities")]);
  document.body.dataset.ready = "map";
});
