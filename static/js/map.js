// The map of a page: shell from Folium, data by fetch, text only as text nodes.
import { symbol, verdictMarkers } from "./symbols.js";
import { swatch } from "./map_style.js";
import { thin } from "./map_labels.js";
import { shapesOf, Windowed } from "./map_layer.js";
import { button, element } from "./nodes.js";
import { Many } from "./map_many.js";

const KINDS = ["V", "T", "U", "near", "B", "X", "C", "N"];
const RADIUS = { N: 7, C: 7, X: 7.5, B: 8, U: 8, near: 8, T: 8.5, V: 8.5 };
const WITH_LAYERS_IN_URL = ["overview", "findings"];
const MOST_AT_ONCE = 6000; // facilities fetched and drawn one by one; of more, the window asks for what it shows
const MOST_WHOLE = 3000; // rows of a layer fetched whole; of more, likewise
const CLOSEST_FIT = 15;
const AROUND = "#E9EEF2", LAND = "#F6F4EE", WATER = "#A9CFE8", ROAD = "#FFFFFF", CASING = "#D9D3C4";

function scaleAt(zoom) { return Math.min(1, Math.max(0.45, 0.5 + (zoom - 9) * 0.1)); }
function kindOf(properties) { return properties.near ? "near" : properties.verdict; }

class MapApp {
  constructor(blueSky) {
    this.map = blueSky.map; this.config = blueSky.config; this.sources = blueSky.sources;
    this.words = this.config.words; this.asOf = document.body.dataset.asOf || "";
    this.drawn = {}; this.labels = {}; this.windowed = {}; this.markers = new Map(); this.told = new Map(); this.handlers = {}; this.flights = {};
    this.waiting = new Set(); this.failures = new Map(); this.hidden = new Set();
    this.Marker = verdictMarkers(L);
    this.points = L.layerGroup().addTo(this.map);
    this._fromUrl(); this._panes(); this._controls(); this._open(); this._watch();
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

  _controls() {
    const box = this.map.getContainer(), words = this.words;
    box.setAttribute("role", "region"); box.setAttribute("aria-label", words.map);
    this.map.attributionControl.setPrefix(false);
    this.map.attributionControl.addAttribution(words.attribution);
    L.control.zoom({ position: "topright", zoomInTitle: words.zoom_in, zoomOutTitle: words.zoom_out }).addTo(this.map);
    this._control("topright", "leaflet-bar", (bar) => {
      const home = element("a", "map-home", "⌂");
      home.href = "#"; home.title = words.home; home.setAttribute("role", "button"); home.setAttribute("aria-label", words.home);
      home.addEventListener("click", (event) => { event.preventDefault(); this._goHome(); this.opened = this._place(); this._toUrl(); });
      bar.append(home);
    });
    this._control("topright", "map-north", (north) => { north.append(element("span", "map-north-arrow", "▲"), element("span", null, words.north)); });
    this._control("bottomleft", "map-readout", (readout) => { this.readout = readout; });
    L.control.scale({ imperial: false, position: "bottomleft" }).addTo(this.map);
    if (this.config.kind !== "facility") this._control("bottomright", "", (place) => place.append(this._legend()));
    this.status = element("div", "map-status"); this.status.hidden = true; this.status.setAttribute("role", "status");
    box.append(this.status);
  }

  _control(position, className, fill) {
    const control = L.control({ position });
    control.onAdd = () => {
      const box = element("div", className);
      fill(box);
      if (position !== "bottomleft") { L.DomEvent.disableClickPropagation(box); L.DomEvent.disableScrollPropagation(box); }
      return box;
    };
    control.addTo(this.map);
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

  _goHome() { this.map.fitBounds(this.home, { paddingTopLeft: [8, this.top || 8], paddingBottomRight: [8, 8], animate: false }); }

  _place() { const at = this.map.getCenter(); return "map=" + this.map.getZoom() + "/" + at.lat.toFixed(5) + "/" + at.lng.toFixed(5); }

  // The frame changed its size: a view that nobody moved is fitted anew.
  _resized() {
    const untouched = this.opened === this._place(), height = this.map.getContainer().clientHeight;
    this.map.invalidateSize({ pan: false, animate: false });
    if (untouched) { this._goHome(); this.opened = this._place(); }
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
    // The sheet's size must be known before the browser turns to the rules for print.
    let before;
    const dress = (on) => { document.documentElement.classList.toggle("for-print", on); map.invalidateSize({ pan: false, animate: false }); };
    const onPaper = () => { map.invalidateSize({ pan: false, animate: false }); map.fitBounds(before.seen, { animate: false }); this._paint(); };
    window.addEventListener("beforeprint", () => { before = { centre: map.getCenter(), zoom: map.getZoom(), seen: map.getBounds() }; dress(true); onPaper(); });
    window.matchMedia("print").addEventListener("change", ({ matches }) => { if (matches && before) onPaper(); });
    window.addEventListener("afterprint", () => { dress(false); if (before) map.setView(before.centre, before.zoom, { animate: false }); before = null; });
  }

  // Paper does not wait for the next frame, in which Leaflet would paint what has moved.
  _paint() { for (const canvas of Object.values(this.renderers)) if (canvas._map) { canvas._redrawBounds = null; canvas._redraw(); } }

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

  _url(url) {
    const made = new URL(url, window.location.href);
    if (this.asOf) made.searchParams.set("as_of", this.asOf);
    return made;
  }

  // Data by name; a newer request for the same name cancels the older one.
  async _fetch(url, key) {
    const embedded = document.getElementById("data-" + key);
    if (embedded) return JSON.parse(embedded.textContent);
    if (this.flights[key]) this.flights[key].abort();
    const flight = (this.flights[key] = new AbortController());
    try {
      const answer = await fetch(this._url(url), { headers: { Accept: "application/json" }, credentials: "same-origin", signal: flight.signal });
      if (!answer.ok) throw new Error(String(answer.status));
      return await answer.json();
    } finally { if (this.flights[key] === flight) delete this.flights[key]; }
  }

  // Runs some work; what fails is told with a way to try again.
  async _load(key, work) {
    const token = {};
    this.waiting.add(token); this.failures.delete(key); this._showStatus();
    try { return await work(); } catch (fault) {
      if (fault.name !== "AbortError") { console.warn(key, fault.message); this.failures.set(key, () => this._load(key, work)); }
      return undefined;
    } finally { this.waiting.delete(token); this._showStatus(); }
  }

  _showStatus() {
    const box = this.status, failed = [...this.failures.values()];
    box.classList.toggle("failed", failed.length > 0);
    box.hidden = !failed.length && !this.waiting.size && !this.empty;
    if (failed.length) {
      box.replaceChildren(element("span", null, this.words.failed), button("button small", this.words.retry, () => { for (const again of failed) again(); }));
    } else box.textContent = this.waiting.size ? this.words.loading : this.empty ? this.words.empty : "";
  }

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

  async showBase() {
    const data = await this._fetch("/api/base", "base"), renderer = this.renderers.base;
    const rank = { neighbour: 0, county: 1, river: 2, road: 3 };
    const put = (feature, style) => L.geoJSON(feature, { style: () => style, pane: "base", interactive: false, renderer }).addTo(this.map);
    for (const feature of [...data.features].sort((a, b) => rank[a.properties.kind] - rank[b.properties.kind])) {
      const { kind, width } = feature.properties, line = { renderer, lineCap: "round", lineJoin: "round" };
      if (kind === "neighbour") put(feature, { ...line, fill: true, fillColor: AROUND, fillOpacity: 1, color: "#CBD3DB", weight: 1 });
      if (kind === "county") put(feature, { ...line, fill: true, fillColor: LAND, fillOpacity: 1, color: "#94A0AD", weight: 2.2, dashArray: "9 3 2 3" });
      if (kind === "river") put(feature, { ...line, color: WATER, weight: width });
      if (kind === "road") { put(feature, { ...line, color: CASING, weight: width + 1.6 }); put(feature, { ...line, color: ROAD, weight: width }); }
    }
  }

  async show(source) {
    const data = await this._fetch(source.url + "?most=" + MOST_WHOLE, source.layer), count = data.numberMatched || data.features.length;
    this._forget(source.layer);
    this._count("layer-" + source.layer, count);
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
    for (const kind of KINDS) this._count("kind-" + kind, counts[kind] || 0);
    this.empty = KINDS.every((kind) => !counts[kind]);
    this._showStatus();
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
    L.popup().setLatLng([lat, lon]).setContent(this._facilityPopup(feature.properties)).openOn(this.map);
    this._tell("select", feature.properties);
  }

  _marker(feature) {
    const p = feature.properties, [lon, lat] = feature.geometry.coordinates, kind = kindOf(p);
    const marker = new this.Marker([lat, lon], { pane: "data", renderer: this.renderers.data, radius: RADIUS[kind] * this.scale, kind, interactive: this.config.kind !== "report" });
    marker.bindPopup(() => this._facilityPopup(p));
    marker.on("click", () => { this.select(p.layer, p.key, true); this._tell("select", p); });
    return marker;
  }

  _hideKinds() {
    for (const marker of this.markers.values()) {
      if (this.hidden.has(marker.options.kind)) marker.remove(); else if (!marker._map) marker.addTo(this.points);
    }
    if (this.many) this.many.repaint();
    this.order();
  }

  // --- words on the map --------------------------------------------------------------------------------------

  _legend() {
    const box = (this.legend = element("details", "map-legend"));
    box.open = this.map.getContainer().clientWidth > 760 && this.config.kind !== "findings";
    box.append(element("summary", null, this.words.legend));
    const rows = element("div", "legend-rows"), kinds = element("div", "legend-verdicts");
    const more = element("details", "legend-more");
    more.append(element("summary", null, this.words.more));
    for (const source of [...this.sources].reverse()) (source.on ? rows : more).append(this._legendRow(source));
    if (more.childNodes.length > 1) rows.append(more);
    for (const kind of KINDS) kinds.append(this._legendKind(kind));
    box.append(element("div", "legend-head", this.words.facilities), kinds, element("div", "legend-head", this.words.layers), rows);
    return box;
  }

  _legendRow(source) {
    const row = element("label", "legend-row"), tick = element("input"), swatches = element("span", "legend-swatches");
    tick.type = "checkbox"; tick.checked = source.on; tick.dataset.layer = source.layer;
    tick.addEventListener("change", () => this.toggle(source.layer, tick.checked));
    const styles = source.kinds.length ? source.kinds.map((kind) => kind.style) : [source.style];
    for (const style of styles) swatches.append(swatch(style, styles.length > 1 ? 16 : 28));
    const count = element("span", "legend-count"); count.dataset.count = "layer-" + source.layer;
    row.append(tick, swatches, element("span", "legend-title", source.title), count);
    row.title = source.kinds.map((kind) => kind.title).join(" · ");
    return row;
  }

  // A verdict of the legend is a switch: pressed in, its facilities are shown.
  _legendKind(kind) {
    const row = button("legend-verdict", null, () => {
      if (this.hidden.has(kind)) this.hidden.delete(kind); else this.hidden.add(kind);
      row.setAttribute("aria-pressed", String(!this.hidden.has(kind)));
      this._hideKinds();
    });
    const count = element("span", "legend-count"); count.dataset.count = "kind-" + kind;
    row.setAttribute("aria-pressed", "true");
    row.append(symbol(kind, 18), element("span", "legend-title", kind === "near" ? this.words.near : this.config.verdicts[kind]), count);
    return row;
  }

  _count(name, number) {
    const place = this.map.getContainer().querySelector('[data-count="' + name + '"]');
    if (place) place.textContent = String(number);
  }

  _link(url) {
    const link = element("a", "popup-link", this.words.open + " →");
    link.href = url;
    return link;
  }

  areaPopup(p, title) {
    const box = element("div", "map-popup");
    box.append(element("div", "popup-kind", title), element("div", "popup-title", p.label || p.key));
    if (p.label !== p.key) box.append(element("div", "popup-kind", p.key));
    if (p.url) box.append(this._link(p.url));
    return box;
  }

  _facilityPopup(p) {
    const box = element("div", "map-popup"), head = element("div", "popup-verdict"), counts = element("div", "popup-counts");
    head.append(symbol(kindOf(p), 18), element("span", "verdict verdict-" + p.verdict, p.near ? this.words.near : this.config.verdicts[p.verdict]));
    box.append(head, element("div", "popup-title", p.name || p.key), element("div", "popup-kind", [p.key, p.town].filter(Boolean).join(" · ")));
    for (const [verdict, number] of Object.entries(p.counts || {})) {
      const one = element("span", "popup-count");
      one.append(symbol(verdict, 18), element("span", null, this.config.verdicts[verdict] + " " + number));
      counts.append(one);
    }
    if (counts.childNodes.length) box.append(counts);
    if (p.url) box.append(this._link(p.url));
    return box;
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
