// A map on paper: it shows what the screen showed, fitted to the sheet.

// Paper does not wait for the next frame, in which Leaflet would paint what has moved.
function paint(canvases) { for (const canvas of canvases) if (canvas._map) { canvas._redrawBounds = null; canvas._redraw(); } }

// ``canvases``: the renderers of the map.
export function paper(map, canvases) {
  let before = null;
  const fit = () => map.invalidateSize({ pan: false, animate: false });
  // The sheet's size must be known before the browser turns to the rules for print.
  const dress = (on) => { document.documentElement.classList.toggle("for-print", on); fit(); };
  const onPaper = () => { fit(); map.fitBounds(before.seen, { animate: false }); paint(canvases); };
  window.addEventListener("beforeprint", () => { before = { centre: map.getCenter(), zoom: map.getZoom(), seen: map.getBounds() }; dress(true); onPaper(); });
  window.matchMedia("print").addEventListener("change", ({ matches }) => { if (matches && before) onPaper(); });
  window.addEventListener("afterprint", () => { dress(false); if (before) map.setView(before.centre, before.zoom, { animate: false }); before = null; });
}
