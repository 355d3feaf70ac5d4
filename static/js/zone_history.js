// A zone at any date: the slider runs over days, the map shows the version in force, the address keeps the day.
import { ready } from "./map.js";
import { openAt } from "./open_at.js";

const DAY = 86400000, ROOM = 365;
const versions = JSON.parse(document.getElementById("versions").textContent).filter((one) => one.geometry), standing = versions.filter((one) => !one.retired_at);
const day = (text) => Date.parse(text + "T00:00:00Z") / DAY, text = (number) => new Date(number * DAY).toISOString().slice(0, 10);

function inForce(at) { return standing.find((one) => (!one.valid_from || day(one.valid_from) <= at) && (!one.valid_to || at <= day(one.valid_to))); }

ready().then(async (app) => {
  for (const source of app.sources) source.on = source.layer === "towns";
  for (const tick of document.querySelectorAll(".map-legend input[data-layer]")) tick.checked = tick.dataset.layer === "towns";
  for (const legend of document.querySelectorAll(".map-legend")) legend.open = false;
  const shapes = L.featureGroup(), all = L.geoJSON(versions.map((one) => one.geometry));
  if (versions.length) { const box = all.getBounds(); openAt(app, [box.getWest(), box.getSouth(), box.getEast(), box.getNorth()]); }
  await app.start();
  shapes.addTo(app.map);
  const slider = document.getElementById("when"), output = document.getElementById("when-day"), starts = standing.map((one) => one.valid_from).filter(Boolean).map(day), today = day(new Date().toISOString().slice(0, 10));
  const asked = document.body.dataset.asOf ? day(document.body.dataset.asOf) : today;
  slider.min = String(Math.min(...starts, asked, today) - 30); slider.max = String(Math.max(...starts, asked, today) + ROOM); slider.value = String(asked);
  const show = () => {
    const at = Number(slider.value), now = inForce(at);
    shapes.clearLayers();
    for (const one of standing) if (one !== now) L.geoJSON(one.geometry, { pane: "data", interactive: false, style: { color: "#6B7280", weight: 1.2, dashArray: "3 5", fill: false } }).addTo(shapes);
    if (now) L.geoJSON(now.geometry, { pane: "data", interactive: false, style: { color: "#5E2F96", weight: 2.8, fillColor: "#9A6FC4", fillOpacity: 0.28 } }).addTo(shapes);
    output.textContent = text(at) + " · " + (now ? now.version + " · " + now.area_km2.toFixed(2) + " km²" : "—");
    document.body.dataset.version = now ? now.version : "";
    for (const line of document.querySelectorAll("[data-version]")) if (line !== document.body) line.toggleAttribute("data-now", Boolean(now) && line.dataset.version === now.version);
  };
  slider.addEventListener("input", show);
  slider.addEventListener("change", () => { const url = new URL(window.location.href); url.searchParams.set("as_of", text(Number(slider.value))); window.history.replaceState(null, "", url.href); });
  show();
  document.body.dataset.ready = "map";
});
