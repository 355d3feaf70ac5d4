// Very many facilities: vector tiles of symbols, cells with counts from far away; single ones while few are in view.
import { feature, open } from "./mvt.js";
import { afterwards, shown, slices, tileBytes } from "./slices.js";
import { drawSymbol } from "./symbols.js";

const URGENT = ["V", "T", "U"];
const TILE = 256, PICK_PIXELS = 10, CLOSEST = 19, SPRITE_ROOM = 1.6;
const STAMPS = 200;

// [{ kind, at: Int32Array of x, y … }] of a tile of points, in units of its extent.
export function decode(bytes) {
  const opened = open(bytes);
  return { extent: opened.extent, kinds: opened.features.map((one) => feature(opened, one, ["kind"])) };
}

// --- a layer of tiles ----------------------------------------------------------------------------------------

function sprite(kind, radius, scale) {
  const canvas = document.createElement("canvas"), side = Math.ceil(radius * 2 * SPRITE_ROOM) * scale;
  canvas.width = canvas.height = side;
  const ctx = canvas.getContext("2d");
  ctx.scale(scale, scale);
  drawSymbol(ctx, kind, side / scale / 2, side / scale / 2, radius);
  return canvas;
}

export function tileLayer(L, { url, kinds, radius, hidden, failed }) {
  const scale = Math.max(1, Math.min(2, window.devicePixelRatio || 1)), sprites = new Map();
  const stamp = (kind, size) => {
    const name = kind + size;
    if (!sprites.has(name)) sprites.set(name, sprite(kind, size, scale));
    return sprites.get(name);
  };
  const Tiles = L.GridLayer.extend({
    createTile(coords, done) {
      const canvas = L.DomUtil.create("canvas", "leaflet-tile"), flight = new AbortController();
      canvas.width = canvas.height = TILE * scale; canvas.flight = flight;
      this._get(coords, flight.signal).then(
        (bytes) => { canvas.bytes = bytes; this._paint(canvas, coords.z); done(null, canvas); },
        (fault) => { if (fault.name !== "AbortError") failed(fault); done(fault, canvas); },
      );
      return canvas;
    },
    async _get({ z, x, y }, signal) {
      await shown();
      return tileBytes(url, { z, x, y }, signal);
    },
    _paint(canvas, zoom) { slices.put(canvas, this._stamps(canvas, zoom)); },
    * _stamps(canvas, zoom) {
      if (!canvas.tile) { canvas.tile = decode(canvas.bytes); canvas.bytes = null; yield; }
      const ctx = canvas.getContext("2d"), { tile } = canvas, step = (TILE * scale) / tile.extent;
      ctx.clearRect(0, 0, canvas.width, canvas.height);
      const ordered = [...tile.kinds].sort((a, b) => kinds.indexOf(b.kind) - kinds.indexOf(a.kind));
      for (const { kind, at } of ordered) {
        if (hidden.has(kind)) continue;
        const image = stamp(kind, radius(kind, zoom)), half = image.width / 2;
        for (let i = 0; i < at.length; i += 2) {
          ctx.drawImage(image, Math.round(at[i] * step - half), Math.round(at[i + 1] * step - half));
          if (i % (2 * STAMPS) === 0) yield;
        }
      }
    },
    repaint() { for (const { el, coords } of Object.values(this._tiles)) if (el.tile || el.bytes) this._paint(el, coords.z); },
  });
  const made = new Tiles({ pane: "many", tileSize: TILE, updateWhenZooming: false, keepBuffer: 1, maxZoom: CLOSEST });
  made.on("tileunload", ({ tile }) => { slices.drop(tile); if (tile.flight) tile.flight.abort(); });
  return made;
}

// --- cells ---------------------------------------------------------------------------------------------------

// The number of the worst that has to be done something about; grey where nothing has.
export function cellLayer(L, cells, { titles, facilities, interactive }) {
  return L.layerGroup(cells.map(({ at: [lon, lat], count, kinds }) => {
    const worst = URGENT.find((kind) => kinds[kind]), shown = worst ? kinds[worst] : count, html = document.createElement("span");
    html.textContent = shown > 9999 ? Math.round(shown / 1000) + "k" : String(shown);
    const size = 24 + Math.min(24, Math.round(Math.log10(shown) * 8)), told = Object.entries(kinds).map(([kind, number]) => titles[kind] + " " + number);
    const icon = L.divIcon({ className: "map-cell map-cell-" + (worst || "none"), html, iconSize: [size, size] });
    const marker = L.marker([lat, lon], { icon, pane: "many", interactive, title: facilities + " " + count + ": " + told.join(", "), keyboard: interactive });
    marker.on("click", () => marker._map.setView(marker.getLatLng(), marker._map.getZoom() + 2));
    return marker;
  }));
}

// --- together ------------------------------------------------------------------------------------------------

// The address that tells what a window shows.
export function windowUrl(view, bounds, zoom) {
  const url = new URL(view, window.location.href), box = [bounds.getWest(), bounds.getSouth(), bounds.getEast(), bounds.getNorth()];
  url.searchParams.set("bbox", box.map((part, i) => Math.min(i % 2 ? 90 : 180, Math.max(i % 2 ? -90 : -180, part)).toFixed(6)).join(","));
  url.searchParams.set("zoom", String(Math.floor(zoom)));
  return url.href;
}

// Asks what a window shows, whenever it comes to rest, and draws that.
export class Many {
  constructor(app, url) {
    this.app = app; this.url = url;
    this.rest = () => (this.gone ? undefined : app._load("facilities", () => this.look()));
    this.moved = afterwards(this.rest);
    app.map.on("moveend", this.moved);
    this.clicked = (event) => { this.picked = this.pick(event); }; // before an area under the pointer answers: a facility goes first
    app.map.on("preclick", this.clicked);
  }

  _ask(bounds) { return windowUrl(this.url, bounds, this.app.map.getZoom()); }

  async look() {
    const told = await this.app._fetch(this._ask(this.app.map.getBounds()), "facilities");
    if (this.gone) return;
    document.body.dataset.show = told.show; document.body.dataset.facilities = String(told.in_view);
    this.app.counted(told.counts);
    if (told.show !== "tiles" || told.tiles !== this.address) this._drop();
    if (told.show === "features") this.app._draw(told.features); else this.app._draw([]);
    if (told.show === "cells") this.drawn = cellLayer(L, told.cells, this.app.kindTitles()).addTo(this.app.map);
    if (told.show === "tiles" && !this.drawn) {
      this.address = told.tiles;
      this.drawn = tileLayer(L, this.app.tileOptions(told.tiles)).addTo(this.app.map);
    }
  }

  _drop() { if (this.drawn) this.drawn.remove(); this.drawn = null; this.address = null; }

  repaint() { if (this.drawn && this.drawn.repaint) this.drawn.repaint(); }

  // A click near a symbol of a tile: the facility is asked for, not guessed. Gives whether there was one.
  async pick({ containerPoint }) {
    if (!this.address || (this.app.busy && this.app.busy())) return false;
    const corner = (dx, dy) => this.app.map.containerPointToLatLng(containerPoint.add([dx, dy]));
    const told = await this.app._fetch(this._ask(L.latLngBounds(corner(-PICK_PIXELS, PICK_PIXELS), corner(PICK_PIXELS, -PICK_PIXELS))), "picked").catch(() => null);
    const near = (told && told.features) || [];
    if (near.length) this.app.popAt(this._nearest(near, containerPoint));
    return near.length > 0;
  }

  _nearest(features, point) {
    const apart = ({ geometry: { coordinates: [lon, lat] } }) => this.app.map.latLngToContainerPoint([lat, lon]).distanceTo(point);
    return features.filter((one) => !this.app.isHidden(one.properties)).sort((a, b) => apart(a) - apart(b))[0] || features[0];
  }

  remove() { this.gone = true; this._drop(); this.app.map.off("moveend", this.moved); this.app.map.off("preclick", this.clicked); }
}
