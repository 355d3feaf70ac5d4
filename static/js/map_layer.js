// A layer on the map: whole while it has few rows, else what the window asks for.
import { leafletStyle, sign } from "./map_style.js";
import { label } from "./map_labels.js";
import { cellLayer, windowUrl } from "./map_many.js";
import { areaPopup } from "./map_popups.js";
import { sheetClass } from "./map_sheet.js";
import { afterwards } from "./slices.js";

const PICKED_ON = ["report", "cell", "round"]; // maps on which a click means a place: areas do not answer it
const CROWDED = 300, QUIET = 0.6, FAINT = 0.3, RADIUS = 7, PICK_PIXELS = 10;

function answers(app, source) { return source.layer !== "towns" && !PICKED_ON.includes(app.config.kind); }

function styleOf(app, source, count) {
  const kinds = Object.fromEntries(source.kinds.map((kind) => [kind.value, kind.style]));
  const opacity = source.group !== "base" ? 1 : count > CROWDED ? FAINT : QUIET;
  return (kind) => ({ ...leafletStyle(kinds[kind] || source.style), opacity, renderer: app.renderers.data });
}

function pointOf(source) { return { radius: RADIUS, kind: sign(source.style), colour: source.style.fill || source.style.line }; }

// Features of a layer as shapes: { group, labels }. count: of how many rows on the whole map.
export function shapesOf(app, source, features, count) {
  const labels = [], style = styleOf(app, source, count), interactive = answers(app, source), renderer = app.renderers.data;
  const group = L.geoJSON(features, {
    pane: "data", renderer, interactive,
    filter: (feature) => feature.geometry && !(feature.geometry.type === "Point" && source.style.symbol === "verdict"),
    style: (feature) => style(feature.properties.style),
    pointToLayer: (feature, at) => new app.Marker(at, { pane: "data", renderer, ...pointOf(source) }),
    onEachFeature: (feature, layer) => {
      if (interactive) layer.bindPopup(() => areaPopup(app, feature.properties, source.title));
      if (source.labelled && feature.properties.label && layer.getBounds) labels.push(label(L, layer, feature.properties.label, source));
    },
  });
  return { group, labels };
}

// A layer of very many rows: asked for whenever the window comes to rest.
export class Windowed {
  constructor(app, source, count) {
    this.app = app; this.source = source; this.count = count; this.view = source.url + "/view";
    this.rest = () => (source.on && !this.gone ? app._load(source.layer, () => this.look()) : undefined);
    this.moved = afterwards(this.rest);
    app.map.on("moveend", this.moved);
  }

  async look() {
    const { app, source } = this, key = "view-" + source.layer;
    const told = await app._fetch(windowUrl(this.view, app.map.getBounds(), app.map.getZoom()), key);
    if (this.gone || !source.on) return;
    if (told.show === "features") this._features(told.features);
    if (told.show === "cells") this._put("cells", L.layerGroup([this._cells(told.cells)]));
    if (told.show === "tiles") this._tiles(told.tiles);
    document.body.dataset.windowed = source.layer + ":" + told.show;
  }

  _put(show, group, labels = []) { this.show = show; this.app.put(this.source, group, labels); }

  // What stays in view stays drawn: a popup remains open, nothing flickers.
  _features(features) {
    const { app, source: { layer } } = this, wanted = new Set(features.map((one) => one.id)), had = new Set();
    if (this.show !== "features") { const { group, labels } = shapesOf(app, this.source, features, this.count); this._put("features", group, labels); return; }
    const drawn = app.drawn[layer], gone = new Set();
    drawn.shapes.eachLayer((one) => { if (wanted.has(one.feature.id)) had.add(one.feature.id); else { gone.add(one); drawn.shapes.removeLayer(one); } });
    const labels = app.labels[layer], left = labels.filter((one) => !gone.has(one.area));
    for (const one of labels) if (gone.has(one.area)) drawn.removeLayer(one);
    labels.splice(0, labels.length, ...left);
    drawn.shapes.addData(features.filter((one) => !had.has(one.id)));
    for (const one of labels) drawn.addLayer(one);
    app.order();
  }

  _cells(cells) {
    const titles = Object.fromEntries(this.source.kinds.map((kind) => [kind.value, kind.title]));
    return cellLayer(L, cells, { titles: { [this.source.layer]: "", ...titles }, facilities: this.source.title, interactive: answers(this.app, this.source) });
  }

  _tiles(address) {
    if (this.show !== "tiles" || this.sheet.address !== address) {
      const { app, source } = this, interactive = answers(app, source), Sheet = sheetClass();
      this.sheet = new Sheet(address, {
        pane: "data", renderer: app.renderers.data, interactive, style: styleOf(app, source, this.count),
        tags: [source.style_by, "kind"], point: source.style.symbol === "verdict" ? null : pointOf(source),
        failed: (fault) => { console.warn(source.layer, fault.message); }, ready: () => { document.body.dataset.sheet = source.layer; },
      });
      if (interactive) this.sheet.on("click", (event) => { L.DomEvent.stopPropagation(event); this.pick(event); });
      this._put("tiles", L.layerGroup([this.sheet]));
    }
    delete document.body.dataset.sheet;
    this.sheet.look();
  }

  // Which row lies at a place is asked for, not guessed; a facility goes first.
  async pick({ latlng, containerPoint }) {
    const { app } = this, corner = (dx, dy) => app.map.containerPointToLatLng(containerPoint.add([dx, dy]));
    if (app.many && (await app.many.picked)) return;
    const near = this.sheet.hasPoints() ? await this._at(L.latLngBounds(corner(-PICK_PIXELS, PICK_PIXELS), corner(PICK_PIXELS, -PICK_PIXELS))) : [];
    const apart = ({ geometry: { coordinates: [lon, lat] } }) => app.map.latLngToContainerPoint([lat, lon]).distanceTo(containerPoint);
    const points = near.filter((one) => one.geometry.type === "Point").sort((a, b) => apart(a) - apart(b));
    const found = points[0] || (await this._at(L.latLngBounds(latlng, latlng))).pop();
    if (found && !this.gone) L.popup().setLatLng(latlng).setContent(areaPopup(app, found.properties, this.source.title)).openOn(app.map);
  }

  async _at(bounds) {
    const told = await this.app._fetch(windowUrl(this.view, bounds, this.app.map.getZoom()), "picked-" + this.source.layer).catch(() => null);
    return (told && told.features) || [];
  }

  remove() { this.gone = true; this.app.map.off("moveend", this.moved); }
}
