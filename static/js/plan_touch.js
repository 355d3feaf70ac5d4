// Fingers need room: of handles closer than a fingertip only one is shown; zooming in shows the others.
const ROOM = 44;

export const coarse = () => window.matchMedia("(pointer: coarse)").matches;

export class Fingers {
  constructor(map) {
    this.map = map; this.shape = null; this.waiting = false;
    if (!coarse()) return;
    map.on("layeradd zoomend moveend", () => this.soon());
  }

  of(shape) { this.shape = shape; if (coarse()) this.soon(); }

  soon() {
    if (this.waiting || !this.shape) return;
    this.waiting = true;
    requestAnimationFrame(() => { this.waiting = false; this._spread(); });
  }

  _spread() {
    const group = this.shape && this.shape.pm && this.shape.pm._markerGroup;
    if (!group || this.map.getContainer().querySelector(".leaflet-marker-dragging, .leaflet-drag-target")) return;
    const shown = this.map.getPixelBounds(), kept = [], isMiddle = (one) => one._icon.classList.contains("marker-icon-middle");
    const handles = group.getLayers().filter((one) => one._icon).sort((a, b) => isMiddle(a) - isMiddle(b));
    for (const one of handles) {
      const at = this.map.project(one.getLatLng()), near = kept.some((other) => Math.abs(other.x - at.x) < ROOM && Math.abs(other.y - at.y) < ROOM);
      one._icon.classList.toggle("crowded", near);
      if (!near && shown.contains(at)) kept.push(at);
    }
  }
}
