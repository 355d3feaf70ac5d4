// One zone: its own layer and the towns, other layers by choice.
import { ready } from "./map.js";
import { namedBox, openAt } from "./open_at.js";

ready().then(async (app) => {
  const own = [document.body.dataset.layer, "towns"];
  for (const source of app.sources) source.on = own.includes(source.layer);
  for (const tick of document.querySelectorAll(".map-legend input[data-layer]")) tick.checked = own.includes(tick.dataset.layer);
  for (const legend of document.querySelectorAll(".map-legend")) legend.open = false;
  openAt(app, namedBox());
  await Promise.all([app.start(), app.showFacilities("/api/facilities")]);
  document.body.dataset.ready = "map";
});
