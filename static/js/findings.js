// The list and its map show the same facilities; a row and its symbol point at each other.
import { ready } from "./map.js";
import { openAt } from "./open_at.js";

const OF_THE_PAGE = ["page", "lang", "layers", "sort", "desc", "as_of"];
const PAUSE = 120;

function filtered() {
  const url = new URL("/api/facilities", window.location.href), asked = new URLSearchParams(window.location.search);
  for (const [name, value] of asked) if (value && !OF_THE_PAGE.includes(name)) url.searchParams.append(name, value);
  url.searchParams.set("filtered", "1");
  return { path: url.pathname + url.search, narrowed: [...url.searchParams].length > 1 };
}

function box(app) {
  const places = [...app.markers.values()].map((marker) => marker.getLatLng());
  if (!places.length) return null;
  const bounds = L.latLngBounds(places).pad(0.08);
  return [bounds.getWest(), bounds.getSouth(), bounds.getEast(), bounds.getNorth()];
}

ready().then(async (app) => {
  const rows = [...document.querySelectorAll("tr[data-key]")], { path, narrowed } = filtered();
  const choose = (layer, key, scroll) => {
    let first = scroll;
    for (const row of rows) {
      const mine = row.dataset.layer === layer && row.dataset.key === key;
      row.classList.toggle("chosen", mine);
      if (mine && first) { row.scrollIntoView({ block: "nearest" }); first = false; }
    }
  };
  let timer;
  for (const row of rows) {
    const show = () => { choose(row.dataset.layer, row.dataset.key, false); app.select(row.dataset.layer, row.dataset.key); };
    row.addEventListener("mouseenter", () => { clearTimeout(timer); timer = setTimeout(show, PAUSE); });
    row.addEventListener("mouseleave", () => clearTimeout(timer));
    row.addEventListener("focusin", show);
  }
  app.on("select", (facility) => { if (facility) choose(facility.layer, facility.key, true); });
  await Promise.all([app.start(), app.showFacilities(path)]);
  if (narrowed) openAt(app, box(app), 14);
  document.body.dataset.ready = "map";
});
