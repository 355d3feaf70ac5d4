import { ready } from "./map.js";

ready().then(async (app) => {
  await Promise.all([app.start(), app.showFacilities("/api/facilities")]);
  app.select(document.body.dataset.layer, document.body.dataset.key);
  document.body.dataset.ready = "map";
});
