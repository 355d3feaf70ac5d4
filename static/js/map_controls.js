// What stands at the edges of a map: zoom, home, north, coordinates, scale, legend, and what is under way.
import { legend } from "./map_legend.js";
import { element } from "./nodes.js";

// Something of one's own at a corner; ``fill`` gets its box.
export function control(map, position, className, fill) {
  const made = L.control({ position });
  made.onAdd = () => {
    const box = element("div", className);
    fill(box);
    if (position !== "bottomleft") { L.DomEvent.disableClickPropagation(box); L.DomEvent.disableScrollPropagation(box); }
    return box;
  };
  made.addTo(map);
}

function home(app, words) {
  const link = element("a", "map-home", "⌂");
  link.href = "#"; link.title = words.home; link.setAttribute("role", "button"); link.setAttribute("aria-label", words.home);
  link.addEventListener("click", (event) => { event.preventDefault(); app.goHome(); });
  return link;
}

export function controls(app) {
  const { map, words } = app, box = map.getContainer();
  box.setAttribute("role", "region"); box.setAttribute("aria-label", words.map);
  map.attributionControl.setPrefix(false);
  map.attributionControl.addAttribution(words.attribution);
  L.control.zoom({ position: "topright", zoomInTitle: words.zoom_in, zoomOutTitle: words.zoom_out }).addTo(map);
  control(map, "topright", "leaflet-bar", (bar) => bar.append(home(app, words)));
  control(map, "topright", "map-north", (north) => north.append(element("span", "map-north-arrow", "▲"), element("span", null, words.north)));
  control(map, "bottomleft", "map-readout", (readout) => { app.readout = readout; });
  L.control.scale({ imperial: false, position: "bottomleft" }).addTo(map);
  if (app.config.kind !== "facility") control(map, "bottomright", "", (place) => place.append((app.legend = legend(app))));
  const status = (app.loads.box = element("div", "map-status"));
  status.hidden = true; status.setAttribute("role", "status");
  box.append(status);
}
