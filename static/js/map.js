// The map of a page: shell from Folium, data by fetch, text only as text nodes.
import { symbol, verdictMarkers } from "./symbols.js";

const ORDER = { N: 0, C: 1, X: 2, B: 3, U: 4, T: 5, V: 6 };
const RADIUS = { N: 7, C: 7, X: 7.5, B: 8, U: 8, T: 8.5, V: 8.5 };

function element(tag, className, text) {
  const node = document.createElement(tag);
  if (className) node.className = className;
  if (text !== undefined && text !== null) node.textContent = text;
  return node;
}

function hatch(colour) {
  const tile = document.createElement("canvas");
  tile.width = tile.height = 8;
  const ctx = tile.getContext("2d");
  ctx.strokeStyle = colour; ctx.lineWidth = 1.4;
  ctx.beginPath(); ctx.moveTo(-2, 10); ctx.lineTo(10, -2); ctx.moveTo(-2, 2); ctx.lineTo(2, -2); ctx.moveTo(6, 10); ctx.lineTo(10, 6); ctx.stroke();
  return ctx.createPattern(tile, "repeat");
}

function leafletStyle(style) {
  const fill = style.pattern === "hatch" ? hatch(style.fill || style.line) : style.fill || style.line;
  return {
    color: style.line, weight: style.weight, dashArray: style.dash, fill: true, fillColor: fill,
    fillOpacity: style.fill ? (style.pattern ? 0.75 : style.fill_opacity) : 0, opacity: 1,
  };
}

class MapApp {
  constructor(blueSky) {
    this.map = blueSky.map; this.config = blueSky.config; this.sources = blueSky.sources;
    this.words = this.config.words; this.asOf = document.body.dataset.asOf || ""; this.drawn = {}; this.handlers = {};
    this.Marker = verdictMarkers(L);
    this._panes(); this._controls();
    const [w, s, e, n] = this.config.bounds;
    this.home = L.latLngBounds([[s, w], [n, e]]);
    this.map.fitBounds(this.home, { padding: [8, 8] });
  }

  on(name, handler) { (this.handlers[name] = this.handlers[name] || []).push(handler); return this; }
  _tell(name, value) { for (const handler of this.handlers[name] || []) handler(value); }

  _panes() {
    const zIndex = { base: 210, zones: 320, areas: 360, points: 430 };
    this.renderers = {};
    for (const [name, z] of Object.entries(zIndex)) {
      this.map.createPane(name).style.zIndex = z;
      this.renderers[name] = L.canvas({ pane: name, padding: 0.3 });
      if (name === "base") this.map.getPane(name).style.pointerEvents = "none";
    }
    this.map.createPane("labels").style.zIndex = 440;
    this.map.getPane("labels").style.pointerEvents = "none";
  }

  _controls() {
    this.map.attributionControl.setPrefix(false);
    this.map.attributionControl.addAttribution(this.words.attribution);
    L.control.zoom({ position: "topright" }).addTo(this.map);
    L.control.scale({ imperial: false, position: "bottomleft" }).addTo(this.map);
    const readout = L.control({ position: "bottomleft" });
    readout.onAdd = () => (this.readout = element("div", "map-readout", this.words.coordinates));
    readout.addTo(this.map);
    this.map.on("mousemove", (e) => { this.readout.textContent = this.words.coordinates + " " + e.latlng.lng.toFixed(6) + ", " + e.latlng.lat.toFixed(6); });
    const north = L.control({ position: "topright" });
    north.onAdd = () => { const box = element("div", "map-north"); box.append(element("span", "map-north-arrow", "▲"), element("span", null, this.words.north)); return box; };
    north.addTo(this.map);
    const box = this.map.getContainer();
    this.status = element("div", "map-status"); this.status.hidden = true; this.status.setAttribute("role", "status"); box.append(this.status);
    if (this.config.kind !== "facility") this._legend();
    const zoomed = () => { box.classList.toggle("map-far", this.map.getZoom() < 12); this._rescale(); };
    this.map.on("zoomend", zoomed);
    zoomed();
    this.map.on("moveend", () => this._tell("moveend", this.map.getBounds()));
  }

  _legend() {
    const control = L.control({ position: "bottomright" });
    control.onAdd = () => {
      const box = element("details", "map-legend");
      box.open = window.innerWidth > 1100 && this.config.kind !== "findings";
      box.append(element("summary", null, this.words.legend));
      for (const source of this.sources) box.append(this._legendRow(source));
      const verdicts = element("div", "legend-verdicts");
      for (const kind of ["V", "T", "U", "near", "B", "X", "C"]) {
        const row = element("span", "legend-verdict");
        row.append(symbol(kind, 18), element("span", null, kind === "near" ? this.words.near : this.config.verdicts[kind]));
        verdicts.append(row);
      }
      box.append(element("div", "legend-head", this.words.facilities), verdicts);
      L.DomEvent.disableClickPropagation(box); L.DomEvent.disableScrollPropagation(box);
      return box;
    };
    control.addTo(this.map);
  }

  _legendRow(source) {
    const row = element("label", "legend-row"), tick = element("input");
    tick.type = "checkbox"; tick.checked = source.on; tick.dataset.layer = source.layer;
    tick.addEventListener("change", () => this.toggle(source.layer, tick.checked));
    const styles = source.kinds.length ? source.kinds.map((kind) => kind.style) : [source.style];
    const shades = element("span", "legend-swatches");
    for (const style of styles) shades.append(swatch(style, source.kinds.length > 1 ? 16 : 28));
    row.append(tick, shades, element("span", "legend-title", source.title));
    return row;
  }

  _url(url) {
    const made = new URL(url, window.location.href);
    if (this.asOf) made.searchParams.set("as_of", this.asOf);
    return made;
  }

  async _fetch(url, key) {
    const embedded = document.getElementById("data-" + key);
    if (embedded) return JSON.parse(embedded.textContent);
    const answer = await fetch(this._url(url), { headers: { Accept: "application/json" }, credentials: "same-origin" });
    if (!answer.ok) throw new Error(String(answer.status));
    return answer.json();
  }

  _busy(task, again) {
    this.pending = (this.pending || 0) + 1;
    this.status.hidden = false; this.status.textContent = this.words.loading;
    return task.then(
      (value) => { this.pending -= 1; if (!this.pending && !this.failed) this.status.hidden = true; return value; },
      () => {
        this.pending -= 1; this.failed = true;
        const retry = element("button", "button small", this.words.retry);
        retry.addEventListener("click", () => { this.failed = false; this.status.hidden = true; again(); });
        this.status.replaceChildren(element("span", null, this.words.failed + " "), retry);
      },
    );
  }

  async start() {
    const base = this._busy(this.showBase(), () => this.showBase());
    const layers = this.sources.filter((source) => source.on).map((source) => this._busy(this.show(source), () => this.show(source)));
    await Promise.all([base, ...layers]);
  }

  async showBase() {
    const data = await this._fetch("/api/base", "base");
    const rank = { neighbour: 0, county: 1, road: 2, river: 3 };
    data.features.sort((a, b) => rank[a.properties.kind] - rank[b.properties.kind]);
    const styles = {
      neighbour: { fill: true, fillColor: "#E4EAF0", fillOpacity: 1, color: "#CBD3DB", weight: 1 },
      county: { fill: true, fillColor: "#F6F4EE", fillOpacity: 1, color: "#7A8694", weight: 2, dashArray: "9 3 2 3" },
    };
    const renderer = this.renderers.base;
    for (const feature of data.features) {
      const { kind, width } = feature.properties, style = (o) => ({ style: () => ({ ...o, renderer }), pane: "base", interactive: false, renderer });
      if (styles[kind]) L.geoJSON(feature, style(styles[kind])).addTo(this.map);
      if (kind === "road") { L.geoJSON(feature, style({ color: "#D9D3C4", weight: width + 2 })).addTo(this.map); L.geoJSON(feature, style({ color: "#FFFFFF", weight: width })).addTo(this.map); }
      if (kind === "river") L.geoJSON(feature, style({ color: "#A9CFE8", weight: width, lineCap: "round" })).addTo(this.map);
    }
  }

  async show(source) {
    const data = await this._fetch(source.url, source.layer);
    if (this.drawn[source.layer]) this.drawn[source.layer].remove();
    const pane = source.group === "zones" || source.group === "base" ? "zones" : "areas", kinds = Object.fromEntries(source.kinds.map((k) => [k.value, k.style]));
    const group = L.geoJSON(data, {
      pane, renderer: this.renderers[pane],
      style: (feature) => ({ ...leafletStyle(kinds[feature.properties.style] || source.style), renderer: this.renderers[pane] }),
      pointToLayer: (feature, at) => L.circleMarker(at, { pane: "points", renderer: this.renderers.points, radius: 4, color: "#fff", weight: 1, fillColor: source.style.line, fillOpacity: 1 }),
      onEachFeature: (feature, layer) => {
        if (source.group !== "base") layer.bindPopup(() => this._popup(feature.properties, source.title));
        if (source.labelled && feature.properties.label) {
          layer.bindTooltip(element("span", null, feature.properties.label), { permanent: true, direction: "center", className: "map-label label-" + source.layer, pane: "labels", interactive: false });
        }
      },
    });
    this.drawn[source.layer] = group.addTo(this.map);
    return group;
  }

  toggle(name, on) {
    const source = this.sources.find((candidate) => candidate.layer === name);
    source.on = on;
    if (!on && this.drawn[name]) this.drawn[name].remove();
    else if (on && this.drawn[name]) this.drawn[name].addTo(this.map);
    else if (on) this._busy(this.show(source), () => this.show(source));
    this._tell("layers", this.sources.filter((candidate) => candidate.on).map((candidate) => candidate.layer));
  }

  // Facilities by worst verdict; a later call replaces them and cancels what is still on its way.
  async showFacilities(urlOrData) {
    const turn = (this.turn = (this.turn || 0) + 1);
    const data = typeof urlOrData === "string" ? await this._busy(this._fetch(urlOrData, "facilities"), () => this.showFacilities(urlOrData)) : urlOrData;
    if (turn !== this.turn || !data) return;
    if (this.points) this.points.remove();
    this.markers = new Map();
    const features = data.features.filter((f) => f.geometry).sort((a, b) => ORDER[a.properties.verdict] - ORDER[b.properties.verdict]);
    this.points = L.layerGroup(features.map((feature) => this._marker(feature))).addTo(this.map);
    if (!features.length) { this.status.hidden = false; this.status.textContent = this.words.empty; } else if (!this.pending && !this.failed) this.status.hidden = true;
    document.body.dataset.facilities = String(features.length);
  }

  // Symbols shrink with the view, so that a whole city stays readable.
  _scale() { const zoom = this.map.getZoom(); return zoom < 11 ? 0.62 : zoom < 12 ? 0.74 : zoom < 13 ? 0.88 : 1; }

  _rescale() {
    if (!this.points || this.scaled === this._scale()) return;
    this.scaled = this._scale();
    for (const marker of this.markers.values()) marker.setRadius(RADIUS[marker.verdict] * this.scaled);
  }

  _marker(feature) {
    const p = feature.properties, [lon, lat] = feature.geometry.coordinates, kind = p.near ? "near" : p.verdict;
    const marker = new this.Marker([lat, lon], { pane: "points", renderer: this.renderers.points, radius: RADIUS[p.verdict] * this._scale(), kind });
    marker.verdict = p.verdict;
    marker.bindPopup(() => this._facilityPopup(p));
    marker.on("click", () => this._tell("select", p));
    this.markers.set(p.layer + "/" + p.key, marker);
    return marker;
  }

  _popup(p, title) {
    const box = element("div", "map-popup");
    box.append(element("div", "popup-kind", title), element("div", "popup-title", p.label || p.key));
    if (p.url) { const link = element("a", "popup-link", this.words.open + " →"); link.href = p.url; box.append(link); }
    return box;
  }

  _facilityPopup(p) {
    const box = element("div", "map-popup"), head = element("div", "popup-verdict");
    head.append(symbol(p.near ? "near" : p.verdict, 18), element("span", "verdict verdict-" + p.verdict, p.near ? this.words.near : this.config.verdicts[p.verdict]));
    box.append(head, element("div", "popup-title", p.name || p.key), element("div", "popup-kind", [p.key, p.town].filter(Boolean).join(" · ")));
    const counts = Object.entries(p.counts || {}).map(([k, n]) => this.config.verdicts[k] + " " + n).join("  ");
    if (counts) box.append(element("div", "popup-counts", counts));
    if (p.url) { const link = element("a", "popup-link", this.words.open + " →"); link.href = p.url; box.append(link); }
    return box;
  }

  select(layer, key) {
    if (this.chosen) { this.chosen.options.selected = false; this.chosen.redraw(); }
    const marker = this.markers && this.markers.get(layer + "/" + key);
    this.chosen = marker || null;
    if (!marker) return;
    marker.options.selected = true;
    marker.bringToFront();
    if (!this.map.getBounds().pad(-0.1).contains(marker.getLatLng())) this.map.panTo(marker.getLatLng());
    marker.redraw();
  }

  fit(bounds, zoom) { const [w, s, e, n] = bounds; this.map.fitBounds([[s, w], [n, e]], { padding: [24, 24], maxZoom: zoom || 15 }); }
}

export function swatch(style, width = 28) {
  const canvas = document.createElement("canvas"), scale = 2, height = 16;
  canvas.width = width * scale; canvas.height = height * scale; canvas.className = "swatch swatch-" + width;
  const ctx = canvas.getContext("2d");
  ctx.scale(scale, scale);
  ctx.beginPath(); ctx.rect(2, 2, width - 4, height - 4);
  if (style.fill) { ctx.globalAlpha = style.pattern ? 0.9 : Math.max(style.fill_opacity, 0.3); ctx.fillStyle = style.pattern ? hatch(style.fill) : style.fill; ctx.fill(); ctx.globalAlpha = 1; }
  ctx.setLineDash((style.dash || "").split(/[ ,]+/).filter(Boolean).map(Number));
  ctx.strokeStyle = style.line; ctx.lineWidth = Math.min(style.weight, 2.4); ctx.stroke();
  return canvas;
}

let app;
export function ready() {
  if (!app) app = new MapApp(window.blueSky);
  return Promise.resolve(app);
}
