// The map as a file of its own: everything it shows lies in the file.
import { ready } from "./map.js";

ready().then(async (app) => {
  await Promise.all([app.start(), document.getElementById("data-facilities") ? app.showFacilities("facilities") : null]);
  document.body.dataset.ready = "map";
});
