// The shape of a draft under the mouse: Leaflet-Geoman driven from our own toolbar; coordinates keep every digit.
import { leafletStyle } from "./map_style.js";
import { Fingers } from "./plan_touch.js";

const MANY = 150, NEAR_CURSOR = 60, SNAP_PX = 18, BELOW = "390", ABOVE = "450";

// Lines that are only snapped to: the map knows them, nothing paints them.
function unseen() {
  const nothing = () => {};
  const Unseen = L.Renderer.extend({
    _initContainer() { this._container = document.createElement("span"); }, _destroyContainer() { this._container.remove(); },
    _initPath: nothing, _addPath: nothing, _removePath: nothing, _updatePath: nothing, _updatePoly: nothing, _updateStyle: nothing, _bringToFront: nothing, _bringToBack: nothing,
  });
  return new Unseen({ pane: "snap" });
}

export function exact(layer) { return layer.toGeoJSON(false).geometry; }

export class Editor {
  constructor(app, about) {
    this.app = app; this.map = app.map; this.about = about; this.shape = null; this.tool = null; this.held = false; this.pending = false; this.before = null;
    this.pane = this.map.createPane("draft"); this.pane.style.zIndex = BELOW;
    this.renderer = L.svg({ pane: "draft", padding: 0.1 });  // all of it is painted anew with every move
    this.map.createPane("snap").style.zIndex = "389";  // lines that stay, so that a drag does not paint them again
    this.lines = L.canvas({ pane: "snap", padding: 0.1 }); this.unseen = unseen();
    this.base = L.layerGroup().addTo(this.map); this.theirs = L.layerGroup().addTo(this.map); this.ghost = L.layerGroup().addTo(this.map);
    this.snaps = {}; this.fingers = new Fingers(this.map);
    document.addEventListener("pointerdown", () => { this.held = true; }, true);
    for (const name of ["pointerup", "pointercancel"]) document.addEventListener(name, () => { this.held = false; }, true);
    this.map.on("pm:create", (event) => this._drawn(event.layer));
  }

  // --- what is shown -----------------------------------------------------------------------------------------

  _layer(geometry, style) { const made = L.geoJSON(geometry, { style: () => style, pane: "draft", renderer: this.renderer }).getLayers()[0]; made.options.pane = "draft"; return made; }

  showBase(geometry) {
    this.base.clearLayers();
    if (geometry) this.base.addLayer(L.geoJSON(geometry, { pane: "snap", style: () => ({ color: "#1B2733", weight: 1.6, dashArray: "1 5", fill: false, interactive: false, renderer: this.lines }) }).getLayers()[0]);
  }

  // What somebody else drew, beside one's own; null takes it away.
  showTheirs(geometry) {
    this.theirs.clearLayers();
    if (geometry) this.theirs.addLayer(this._layer(geometry, { color: "#C8410B", weight: 2.4, dashArray: "8 5", fill: false, interactive: false, renderer: this.renderer }));
  }

  showGhost(geometry) {
    this.ghost.clearLayers();
    if (geometry) this.ghost.addLayer(this._layer(geometry, { color: "#C8410B", weight: 2, dashArray: "4 4", fillColor: "#E0A100", fillOpacity: 0.2, interactive: false, renderer: this.renderer }));
  }

  show(geometry) {
    const tool = this.tool;
    this._leave();
    if (this.shape) this.shape.remove();
    this.shape = null; this.drawn = geometry || null;
    if (geometry) {
      this.shape = this._layer(geometry, { ...leafletStyle(this.about.style()), renderer: this.renderer, pmIgnore: false, snapIgnore: true });
      this.shape.options.pmIgnore = false; this.shape.options.snapIgnore = true;
      L.PM.reInitLayer(this.shape);
      this.shape.addTo(this.map);
      this._listen(this.shape);
    }
    if (tool) this.use(tool);
  }

  restyle() { if (this.shape) this.shape.setStyle(leafletStyle(this.about.style())); }

  geometry() { return this.shape ? exact(this.shape) : null; }

  _listen(shape) {
    shape.on("pm:markerdrag pm:drag pm:snapdrag", () => this._moved());
    shape.on("pm:markerdragstart pm:dragstart", () => { this.before = this.geometry(); });
    shape.on("pm:markerdragend pm:dragend", () => { this.before = null; });
    shape.on("pm:vertexadded", () => { if (this.held) this.pending = true; else this._done("vertex"); });
    shape.on("pm:vertexremoved", () => this._done("vertex"));
    shape.on("pm:markerdragend", () => { this.pending = false; this._done("vertex"); this.fingers.soon(); });
    shape.on("pm:dragend", () => this._done("drag"));
  }

  // Drops what is being dragged back to where it was taken; false where nothing is.
  cancel() {
    const before = this.before;
    this.before = null;
    if (!before || !this.held) return false;
    this.show(before);
    return true;
  }

  _moved() { if (this.onLive) this.onLive(() => this.geometry()); }

  _done(kind) { if (this.onDone) this.onDone(this.geometry(), kind); }

  // --- snapping ----------------------------------------------------------------------------------------------

  // Lines to snap to; those the map does not draw itself are shown.
  snapTo(name, collection, shown = false) {
    const renderer = shown ? this.lines : this.unseen;
    if (this.snaps[name]) this.snaps[name].remove();
    this.snaps[name] = L.geoJSON(collection, {
      pane: "snap", interactive: false, renderer,
      style: () => ({ color: "#14639F", weight: 1.2, dashArray: "6 4", opacity: 0.8, fill: false, interactive: false, renderer }),
      onEachFeature: (_, layer) => { layer.options.pmIgnore = true; layer.options.snapIgnore = false; },
    }).addTo(this.map);
  }

  snapping(name, on) { const lines = this.snaps[name]; if (lines) { if (on) lines.addTo(this.map); else lines.remove(); } }

  // --- tools -------------------------------------------------------------------------------------------------

  use(tool) {
    this._leave();
    this.tool = tool;
    this.map.getContainer().dataset.tool = tool || "";
    const lines = { snappable: true, snapDistance: SNAP_PX, continueDrawing: false, tooltips: false, finishOn: "dblclick", templineStyle: { color: "#C8410B" }, hintlineStyle: { color: "#C8410B", dashArray: "5 5" } };
    if (tool === "edit" && this.shape) {
      const many = this.count() > MANY;
      this.shape.pm.enable({ snappable: true, snapDistance: SNAP_PX, allowSelfIntersection: true, limitMarkersToCount: many ? NEAR_CURSOR : -1, addVertexOn: "click", removeVertexOn: "contextmenu", preventMarkerRemoval: false, allowRemoval: false });
      this.fingers.of(this.shape);
    }
    this.pane.style.zIndex = tool === "move" ? ABOVE : BELOW;  // facilities stay readable; what is dragged answers the mouse
    if (tool === "move" && this.shape) this.shape.pm.enableLayerDrag();
    if (["draw", "add", "cut"].includes(tool)) this.map.pm.enableDraw("Polygon", lines);
    if (tool === "split") this.map.pm.enableDraw("Line", lines);
    if (this.onTool) this.onTool(tool);
  }

  _leave() {
    if (this.map.pm.globalDrawModeEnabled()) this.map.pm.disableDraw();
    if (this.shape && this.shape.pm) { this.shape.pm.disable(); if (this.shape.pm.layerDragEnabled && this.shape.pm.layerDragEnabled()) this.shape.pm.disableLayerDrag(); }
    this.tool = null;
  }

  _drawn(layer) {
    const tool = this.tool, geometry = exact(layer);
    layer.remove();
    if (this.onDrawn) this.onDrawn(tool, geometry);
  }

  count() {
    const walk = (ring) => ring.reduce((sum, one) => sum + (Array.isArray(one) ? walk(one) : 1), 0);
    return this.shape ? walk(this.shape.getLatLngs()) : 0;
  }
}
