const CLOSEST = 16;

// Opens a map at the place its page is about, unless the address says where to look; ``top``: pixels that a toolbar covers.
export function openAt(app, box, zoom, top = 8) {
  if (!box) return;
  const [west, south, east, north] = box;
  app.top = top; app.closest = zoom || CLOSEST;
  app.home = L.latLngBounds([[south, west], [north, east]]);
  if (!window.location.hash.startsWith("#map=")) app.goHome();
}

// The box a page names with data-bounds on its body.
export function namedBox() {
  const text = document.body.dataset.bounds;
  return text ? text.split(",").map(Number) : null;
}
