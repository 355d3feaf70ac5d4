// Where the phone is; null where it does not say (no HTTPS, refused, no signal).
export function locate() {
  return new Promise((tell) => {
    if (!navigator.geolocation || !window.isSecureContext) { tell(null); return; }
    navigator.geolocation.getCurrentPosition(
      ({ coords }) => tell({ lon: coords.longitude, lat: coords.latitude, accuracy: coords.accuracy }),
      () => tell(null), { enableHighAccuracy: true, timeout: 12000, maximumAge: 30000 },
    );
  });
}

// Metres between two places, good enough to tell whether somebody is there.
export function metres(a, b) {
  const r = Math.PI / 180, half = Math.sin((b.lat - a.lat) * r / 2) ** 2 + Math.cos(a.lat * r) * Math.cos(b.lat * r) * Math.sin((b.lon - a.lon) * r / 2) ** 2;
  return 2 * 6371000 * Math.asin(Math.min(1, Math.sqrt(half)));
}

// A dot with its circle of accuracy on a map; a later call moves it.
export function showHere(app, place) {
  if (app.here) app.here.remove();
  const at = [place.lat, place.lon], renderer = app.renderers.data;
  app.here = L.layerGroup([
    L.circle(at, { radius: place.accuracy || 0, pane: "data", renderer, color: "#1B8BEA", weight: 1, fillOpacity: 0.12, interactive: false }),
    L.circleMarker(at, { radius: 7, pane: "data", renderer, color: "#FFFFFF", weight: 3, fillColor: "#1B8BEA", fillOpacity: 1, interactive: false }),
  ]).addTo(app.map);
}
