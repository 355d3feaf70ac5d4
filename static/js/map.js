// The map of a page: shell from Folium, data by fetch, text only as text nodes.
import { KINDS, kindOf, verdictMarkers } from "./symbols.js";
import { drawBase } from "./map_base.js";
import { controls } from "./map_controls.js";
import { thin } from "./map_labels.js";
import { shapesOf, Windowed } from "./map_layer.js";
import { tell } from "./map_legend.js";
import { Loads } from "./map_loads.js";
import { Many } from "./map_many.js";
import { paper } from "./map_paper.js";
import { facilityPopup } from "./map_popups.js";

const RADIUS = { N: 7, C: 7, X: 7.5, B: 8, U: 8, near: 8, T: 8.5, V: 8.5 };
const WITH_LAYERS_IN_URL = ["overview", "findings"];
const MOST_AT_ONCE = 6000; // facilities fetched and drawn one by one; of more, the window asks for what it shows
const MOST_WHOLE = 3000; // rows of a layer fetched whole; of more, likewise
const CLOSEST_FIT = 15;

function scaleAt(zoom) { return Math.min(1, Math.max(0.45, 0.5 + (zoom - 9) * 0.1)); }

class MapApp {
  constructor(blueSky) {
    this.map = blueSky.map; this.config = blueSky.config; this.sources = blueSky.sources;
    this.words = this.config.words; this.asOf = document.body.dataset.asOf || "";
    this.drawn = {}; this.labels = {}; this.windowed = {}; this.markers = new Map(); this.told = new Map(); this.handlers = {}; this.hidden = new Set();
    this.loads = new Loads(this.words);
    this.Marker = verdictMarkers(L);
    this.points = L.layerGroup().addTo(this.map);
    this._fromUrl(); this._panes(); controls(this); this._open(); this._watch();
  }

  on(name, handler) { (this.handlers[name] = this.handlers[name] || []).push(handler); return this; }
  _tell(name, value) { for (const handler of this.handlers[name] || []) handler(value); }

  // --- the frame ---------------------------------------------------------------------------------------------

  _panes() {
    this.map.createPane("base").style.zIndex = 210;
    this.map.getPane("base").style.pointerEvents = "none";
    this.map.createPane("data").style.zIndex = 400;
    this.map.createPane("many").style.zIndex = 430;
    this.map.createPane("labels").style.zIndex = 440;
    this.map.getPane("labels").style.pointerEvents = "none";
    const touch = window.matchMedia("(pointer: coarse)").matches;
    // one canvas for everything that answers clicks: of several, only the uppermost would get them
    this.renderers = { base: L.canvas({ pane: "base", padding: 0.25 }), data: L.canvas({ pane: "data", padding: 0.2, tolerance: touch ? 10 : 2 }) };
  }

  _open() {
    const part = (document.body.dataset.bounds || "").split(",").map(Number);
    const [w, s, e, n] = part.length === 4 && part.every(Number.isFinite) ? part : this.config.bounds;
    this.home = L.latLngBounds([[s, w], [n, e]]);
    const view = /^#map=(\d+(?:\.\d+)?)\/(-?\d+(?:\.\d+)?)\/(-?\d+(?:\.\d+)?)$/.exec(window.location.hash);
    if (view) this.map.setView([Number(view[2]), Number(view[3])], Number(view[1]), { animate: false });
    else this._goHome();
    this.opened = view ? "" : this._place();
  }

  goHome() { this._goHome(); this.opened = this._place(); this._toUrl(); }

  _goHome() { this.map.fitBounds(this.home, { paddingTopLeft: [8, this.top || 8], paddingBottomRight: [8, 8], maxZoom: this.closest, animate: false }); }

  _place() { const at = this.map.getCenter(); return "map=" + this.map.getZoom() + "/" + at.lat.toFixed(5) + "/" + at.lng.toFixed(5); }

  // The frame changed its size: a view that nobody moved is fitted anew.
  _resized() {
    const untouched = this.opened === this._place(), height = this.map.getContainer().clientHeight;
    this.map.invalidateSize({ pan: false, animate: false });
    if (untouched) this.goHome();
    if (this.legend) this.legend.style.maxHeight = Math.max(120, height - 70) + "px";
  }

  _watch() {
    const map = this.map;
    map.on("mousemove", (e) => { this.readout.textContent = this.words.coordinates + " " + e.latlng.lng.toFixed(6) + ", " + e.latlng.lat.toFixed(6); });
    map.on("moveend", () => { thin(map, this._labels()); this._toUrl(); this._tell("moveend", map.getBounds()); });
    map.on("zoomend", () => this._zoomed());
    this._zoomed();
    map.on("popupclose", () => { if (this.chosenByClick) this.select(); });
    this._resized();
    if (window.ResizeObserver) new ResizeObserver(() => window.requestAnimationFrame(() => this._resized())).observe(map.getContainer());
    paper(map, Object.values(this.renderers));
  }

  // Far away, fewer names; symbols shrink with the view, so that a whole city stays readable.
  _zoomed() {
    const zoom = this.map.getZoom(), box = this.map.getContainer();
    box.classList.toggle("map-far", zoom < 12); box.classList.toggle("map-tiny", zoom < 10);
    const scale = scaleAt(zoom);
    if (this.scale === scale) return;
    this.scale = scale;
    for (const marker of this.markers.values()) marker.setRadius(RADIUS[marker.options.kind] * scale);
  }

  // --- the view in the URL: a link can be pasted into a message ---------------------------------------------

  _fromUrl() {
    const asked = new URLSearchParams(window.location.search).get("layers");
    if (asked === null || !WITH_LAYERS_IN_URL.includes(this.config.kind)) return;
    const names = asked.split(",");
    for (const source of this.sources) source.on = names.includes(source.layer);
  }

  _toUrl() {
    const url = new URL(window.location.href), place = this._place();
    if (this.layersChanged && WITH_LAYERS_IN_URL.includes(this.config.kind)) url.searchParams.set("layers", this.visible().join(","));
    url.hash = place === this.opened ? "" : place;
    try { window.history.replaceState(window.history.state, "", url.href.replace(/%2C/g, ",").replace(/#$/, "")); } catch (fault) { /* a file opened from disk may refuse */ }
  }

  visible() { return this.sources.filter((source) => source.on).map((source) => source.layer); }

  // --- loading -----------------------------------------------------------------------------------------------

  _fetch(url, key) { return this.loads.fetch(url, key, this.asOf); }

  _load(key, work) { return this.loads.run(key, work); }

  async start() { await Promise.all([this._load("base", () => this.showBase()), ...this.sources.filter((source) => source.on).map((source) => this.loadLayer(source.layer))]); }

  // Another day: everything on the map is asked for again.
  async setAsOf(day) {
    this.asOf = day;
    const again = this.sources.filter((source) => source.on);
    for (const name of Object.keys({ ...this.drawn, ...this.windowed })) if (!again.some((source) => source.layer === name)) this._forget(name);
    await Promise.all([...again.map((source) => this.loadLayer(source.layer)), this.asked ? this.showFacilities(this.asked) : null]);
  }

  loadLayer(name) {
    const source = this.sources.find((candidate) => candidate.layer === name);
    return this._load(name, () => this.show(source));
  }

  // --- drawing -----------------------------------------------------------------------------------------------

  async showBase() { drawBase(this, await this._fetch("/api/base", "base")); }

  async show(source) {
    const data = await this._fetch(source.url + "?most=" + MOST_WHOLE, source.layer), count = data.numberMatched || data.features.length;
    this._forget(source.layer);
    tell(this, "layer-" + source.layer, count);
    if (count > data.features.length) {
      this.windowed[source.layer] = new Windowed(this, source, count);
      return this.windowed[source.layer].look();
    }
    const { group, labels } = shapesOf(this, source, data.features, count);
    return this.put(source, group, labels);
  }

  // Draws the shapes of a layer in place of those it had.
  put(source, group, labels) {
    this._clear(source.layer);
    this.labels[source.layer] = labels;
    this.drawn[source.layer] = L.layerGroup([group, ...labels]);
    this.drawn[source.layer].shapes = group;
    if (source.on) this.drawn[source.layer].addTo(this.map);
    this.order();
    return group;
  }

  _clear(name) {
    if (this.drawn[name]) this.drawn[name].remove();
    delete this.drawn[name]; delete this.labels[name];
  }

  _forget(name) {
    if (this.windowed[name]) this.windowed[name].remove();
    delete this.windowed[name];
    this._clear(name);
  }

  _labels() { return this.visible().flatMap((name) => this.labels[name] || []); }

  // Layers lie in their order, facilities above all.
  order() {
    for (const source of [...this.sources].sort((a, b) => a.order - b.order)) {
      const drawn = this.drawn[source.layer];
      if (drawn && source.on) drawn.shapes.eachLayer((shape) => { if (shape.bringToFront) shape.bringToFront(); });
    }
    for (const marker of this.markers.values()) if (marker._map) marker.bringToFront();
    thin(this.map, this._labels());
  }

  toggle(name, on) {
    const source = this.sources.find((candidate) => candidate.layer === name);
    source.on = on; this.layersChanged = true;
    if (this.windowed[name] && on) this.windowed[name].rest();
    if (this.drawn[name]) { if (on) this.drawn[name].addTo(this.map); else this.drawn[name].remove(); this.order(); } else if (on && !this.windowed[name]) this.loadLayer(name);
    this._toUrl();
    this._tell("layers", this.visible());
  }

  // Facilities by worst verdict; a later call replaces them and cancels what is still on its way. Of very many, what the
  // window shows is asked for whenever it comes to rest.
  async showFacilities(urlOrData, many = Number(document.body.dataset.many || 0) > MOST_AT_ONCE) {
    this.asked = urlOrData;
    if (this.many) { this.many.remove(); this.many = null; }
    if (many && typeof urlOrData === "string") {
      this.many = new Many(this, urlOrData.replace("/api/facilities", "/api/layers/facilities/view").replace(/^\/api\/cases(?=\?|$)/, "/api/cases/view"));
      await this.many.rest();
      return;
    }
    const get = async () => { this._points(typeof urlOrData === "string" ? await this._fetch(urlOrData, "facilities") : urlOrData); };
    await this._load("facilities", get);
  }

  _points(data) {
    const features = data.features.filter((feature) => feature.geometry);
    this._draw(features);
    this.counted(Object.fromEntries(KINDS.map((kind) => [kind, features.filter((feature) => kindOf(feature.properties) === kind).length])));
    document.body.dataset.facilities = String(features.length);
    this._tell("facilities", features.length);
  }

  // Who was there before and has not changed stays as drawn: a popup remains open.
  _draw(features) {
    const worstLast = (feature) => -KINDS.indexOf(kindOf(feature.properties)), had = this.told, left = new Set(had.values());
    this.markers = new Map(); this.told = new Map();
    for (const feature of features.sort((a, b) => worstLast(a) - worstLast(b))) {
      const { layer, key } = feature.properties, told = JSON.stringify(feature), marker = had.get(told) || this._marker(feature).addTo(this.points);
      left.delete(marker);
      this.told.set(told, marker); this.markers.set(layer + "/" + key, marker);
    }
    for (const marker of left) this.points.removeLayer(marker);
    this._hideKinds();
  }

  // How many of each kind the whole map has, in the legend.
  counted(counts) {
    for (const kind of KINDS) tell(this, "kind-" + kind, counts[kind] || 0);
    this.loads.nothing(KINDS.every((kind) => !counts[kind]));
  }

  // What cells say; under a drawing they leave every click to it.
  kindTitles() { return { titles: { ...this.config.verdicts, near: this.words.near }, facilities: this.words.facilities, interactive: this.config.kind !== "plan" }; }

  isHidden(properties) { return this.hidden.has(kindOf(properties)); }

  tileOptions(url) {
    const radius = (kind, zoom) => RADIUS[kind] * scaleAt(zoom), failed = (fault) => { console.warn("tile", fault.message); };
    return { url, kinds: KINDS, radius, hidden: this.hidden, failed };
  }

  popAt(feature) {
    const [lon, lat] = feature.geometry.coordinates;
    L.popup().setLatLng([lat, lon]).setContent(facilityPopup(this, feature.properties)).openOn(this.map);
    this._tell("select", feature.properties);
  }

  _marker(feature) {
    const p = feature.properties, [lon, lat] = feature.geometry.coordinates, kind = kindOf(p);
    const marker = new this.Marker([lat, lon], { pane: "data", renderer: this.renderers.data, radius: RADIUS[kind] * this.scale, kind, interactive: this.config.kind !== "report" });
    marker.bindPopup(() => facilityPopup(this, p));
    marker.on("click", () => { this.select(p.layer, p.key, true); this._tell("select", p); });
    return marker;
  }

  // Shows or hides the facilities of a verdict; gives whether they are shown.
  switchKind(kind) {
    const shown = this.hidden.has(kind);
    if (shown) this.hidden.delete(kind); else this.hidden.add(kind);
    this._hideKinds();
    return shown;
  }

  _hideKinds() {
    for (const marker of this.markers.values()) {
      if (this.hidden.has(marker.options.kind)) marker.remove(); else if (!marker._map) marker.addTo(this.points);
    }
    if (this.many) this.many.repaint();
    this.order();
  }

  // Rings a facility; without arguments, none.
  select(layer, key, byClick = false) {
    const marker = this.markers.get(layer + "/" + key) || null;
    if (this.chosen && this.chosen !== marker) { this.chosen.options.selected = false; if (this.chosen._map) this.chosen.redraw(); }
    this.chosen = marker; this.chosenByClick = Boolean(marker) && byClick;
    if (!marker || !marker._map) return;
    marker.options.selected = true;
    marker.bringToFront();
    if (!this.map.getBounds().pad(-0.1).contains(marker.getLatLng())) this.map.panTo(marker.getLatLng());
    marker.redraw();
  }

  fit(bounds, zoom) { const [w, s, e, n] = bounds; this.map.fitBounds([[s, w], [n, e]], { padding: [24, 24], maxZoom: zoom || CLOSEST_FIT }); }
}

let app;
export function ready() {
  if (!app) app = new MapApp(window.blueSky);
  return Promise.resolve(app);
}
