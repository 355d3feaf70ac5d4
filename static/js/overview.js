// The whole city.
import { ready } from "./map.js";

ready().then(async (app) => {
  await Promise.all([app.start(), app.showFacilities("/api/facilities")]);
  document.body.dataset.ready = "map";
});
