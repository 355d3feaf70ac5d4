// One facility: its surroundings, itself ringed.
import { ready } from "./map.js";
import { namedBox, openAt } from "./open_at.js";

ready().then(async (app) => {
  openAt(app, namedBox());
  await Promise.all([app.start(), app.showFacilities("/api/facilities")]);
  app.select(document.body.dataset.layer, document.body.dataset.key);
  document.body.dataset.ready = "map";
});
