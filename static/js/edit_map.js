// 编辑: the place of a row, shown on the map and picked there.
import { ready } from "./map.js";
import { namedBox, openAt } from "./open_at.js";
import { showHere } from "./here.js";

const form = document.querySelector("form[data-edit]"), note = form.querySelector("[data-place]");
const field = (name) => form.elements["f_" + name];

function typedPlace() {
  const lon = Number(field("lon").value), lat = Number(field("lat").value), shifted = ["gcj02", "bd09"].includes(field("datum").value);
  return field("lon").value && field("lat").value && Number.isFinite(lon) && Number.isFinite(lat) && !shifted ? { lon, lat, accuracy: Number(field("accuracy_m").value) || 0 } : null;
}

ready().then(async (app) => {
  for (const legend of document.querySelectorAll(".map-legend")) legend.open = false;
  openAt(app, namedBox());
  app.map.on("layeradd", ({ layer }) => { if (layer.unbindPopup) layer.unbindPopup(); }); // a click on a zone is a place, too
  const { lon, lat } = document.body.dataset, start = typedPlace() || (lon ? { lon: Number(lon), lat: Number(lat), accuracy: 0 } : null);
  app.map.on("click", (event) => {
    for (const name of ["easting", "northing", "crs"]) field(name).value = "";
    field("lon").value = event.latlng.lng.toFixed(6); field("lat").value = event.latlng.lat.toFixed(6); field("datum").value = "cgcs2000";
    note.textContent = form.dataset.picked;
    field("lat").dispatchEvent(new Event("input", { bubbles: true }));
  });
  form.addEventListener("input", () => { const place = typedPlace(); if (place) showHere(app, place); });
  await Promise.all([app.start(), app.showFacilities("/api/facilities")]);
  if (start) showHere(app, start);
  document.body.dataset.ready = "map";
});
