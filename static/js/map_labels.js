// Names on the map: zones above their upper edge, towns in their middle, none over another.
import { element } from "./nodes.js";

const RANK = { no_burn_zones: 0, nrmm_zones: 1, heat_networks: 2, towns: 4 };

// A label of an area as a Leaflet layer.
export function label(L, area, text, source) {
  const zone = source.group === "zones";
  const made = L.tooltip({
    permanent: true, direction: zone ? "top" : "center", offset: [0, zone ? 2 : 0], pane: "labels", interactive: false,
    opacity: 1, className: "map-label label-" + source.layer,
  });
  made.area = area;
  made.rank = RANK[source.layer] === undefined ? 3 : RANK[source.layer];
  return made.setContent(element("span", null, text)).setLatLng(zone ? top(area) : area.getBounds().getCenter());
}

function top(area) {
  const bounds = area.getBounds();
  return [bounds.getNorth(), bounds.getCenter().lng];
}

// A zone whose upper edge lies outside the view is named where it can be seen.
function keepInView(map, made) {
  if (made.options.direction !== "top") return;
  const bounds = made.area.getBounds(), view = map.getBounds(), edge = view.pad(-0.05).getNorth();
  let place = top(made.area);
  if (bounds.getNorth() > edge && bounds.intersects(view)) {
    const west = Math.max(bounds.getWest(), view.getWest()), east = Math.min(bounds.getEast(), view.getEast());
    const south = Math.max(bounds.getSouth(), view.getSouth()), height = edge - south;
    for (const share of [0.85, 0.5, 0.2]) {
      for (const across of [0.5, 0.25, 0.75]) {
        const at = [south + height * share, west + (east - west) * across];
        if (made.area._containsPoint(map.latLngToLayerPoint(at))) { made.setLatLng(at); return; }
      }
    }
    place = top(made.area);
  }
  made.setLatLng(place);
}

function apart(a, b) { return a.right < b.left || b.right < a.left || a.bottom < b.top || b.bottom < a.top; }

// Hides what would cover a more important label.
export function thin(map, labels) {
  const shown = labels.filter((one) => one.getElement()).sort((a, b) => a.rank - b.rank);
  for (const one of shown) keepInView(map, one);
  const boxes = shown.map((one) => one.getElement().getBoundingClientRect()), taken = [];
  shown.forEach((one, number) => {
    const free = taken.every((box) => apart(box, boxes[number]));
    if (free) taken.push(boxes[number]);
    one.getElement().classList.toggle("label-covered", !free);
  });
}
