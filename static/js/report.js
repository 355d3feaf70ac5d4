// 上报: the place is picked on the map or taken from the phone.
import { ready } from "./map.js";
import { namedBox, openAt } from "./open_at.js";
import { showHere } from "./here.js";

ready().then(async (app) => {
  for (const source of app.sources) source.on = ["towns", "no_burn_zones"].includes(source.layer);
  for (const legend of document.querySelectorAll(".map-legend")) legend.open = false;
  openAt(app, namedBox());
  app.map.on("click", (event) => document.dispatchEvent(new CustomEvent("place-picked", { detail: { lon: event.latlng.lng, lat: event.latlng.lat } })));
  document.addEventListener("place-picked", ({ detail }) => showHere(app, { accuracy: 0, ...detail }));
  await Promise.all([app.start(), app.showFacilities("/api/facilities")]);
  document.body.dataset.ready = "map";
});
