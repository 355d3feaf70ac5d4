// The whole city.
import { ready } from "./map.js";
import { addRasters } from "./rasters.js";

ready().then(async (app) => {
  await Promise.all([app.start(), app.showFacilities("/api/facilities"), addRasters(app)]);
  document.body.dataset.ready = "map";
});
