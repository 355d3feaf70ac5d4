// Areas and points of vector tiles as one sheet among the shapes of the canvas: it lies in the order of its layer, below the
// facilities, answers the pointer where something is drawn, and goes onto paper with the rest.
import { AREA, feature, open, POINT } from "./mvt.js";
import { slices, tileBytes } from "./slices.js";
import { drawSymbol } from "./symbols.js";

const TILE = 256, CLOSEST = 19, ROOM = 0.05, WASH = 0.4, SMALL = 1 / 64, PICK_PIXELS = 10;

function tiny(at, most) {
  let west = at[0], east = at[0], north = at[1], south = at[1];
  for (let n = 2; n < at.length; n += 2) { west = Math.min(west, at[n]); east = Math.max(east, at[n]); north = Math.min(north, at[n + 1]); south = Math.max(south, at[n + 1]); }
  return east - west < most && south - north < most;
}

// Areas smaller than four pixels have no edges, and in crowded tiles come as squares, whose edges would not be theirs.
function wash(style) {
  return style.fillOpacity ? { ...style, weight: 0 } : { ...style, weight: 0, fillColor: style.color, fillOpacity: style.opacity * WASH };
}

// One tile: fetched, then painted piece by piece onto a canvas of its own.
class Tile {
  constructor(place, sheet) {
    this.place = place; this.sheet = sheet; this.paths = []; this.points = []; this.done = false;
    this.flight = new AbortController();
    this._get().catch((fault) => { if (fault.name !== "AbortError") { sheet.options.failed(fault); this._finish(); } });
  }

  async _get() {
    const bytes = await tileBytes(this.sheet.address, this.place, this.flight.signal);
    if (!this.flight.signal.aborted) slices.put(this, this._paint(bytes));
  }

  * _paint(tile) {
    const opened = open(tile), { tags, style, scale } = this.sheet.options, canvas = document.createElement("canvas");
    canvas.width = canvas.height = TILE * scale;
    const ctx = canvas.getContext("2d"), step = TILE / opened.extent;
    ctx.scale(scale, scale); ctx.lineJoin = ctx.lineCap = "round";
    for (const bytes of opened.features) {
      const one = feature(opened, bytes, tags);
      if (one.type === AREA) this._area(ctx, one, step, one.tag === "kind" || tiny(one.at, opened.extent * SMALL) ? wash(style(one.kind)) : style(one.kind));
      if (one.type === POINT) this._point(ctx, one, step);
      yield;
    }
    this.canvas = canvas;
    this._finish();
  }

  _area(ctx, { at, starts }, step, style) {
    const path = new Path2D();
    starts.forEach((start, i) => {
      const end = i + 1 < starts.length ? starts[i + 1] : at.length;
      path.moveTo(at[start] * step, at[start + 1] * step);
      for (let n = start + 2; n < end; n += 2) path.lineTo(at[n] * step, at[n + 1] * step);
      path.closePath();
    });
    if (style.fillOpacity) { ctx.globalAlpha = style.fillOpacity; ctx.fillStyle = style.fillColor; ctx.fill(path, "evenodd"); }
    this.paths.push(path);
    if (!style.weight) return;
    ctx.globalAlpha = style.opacity; ctx.strokeStyle = style.color; ctx.lineWidth = style.weight;
    ctx.setLineDash((style.dashArray || "").split(/[ ,]+/).filter(Boolean).map(Number));
    ctx.stroke(path);
  }

  _point(ctx, { at }, step) {
    const { point } = this.sheet.options;
    if (!point) return;
    ctx.globalAlpha = 1; ctx.setLineDash([]);
    for (let n = 0; n < at.length; n += 2) {
      drawSymbol(ctx, point.kind, at[n] * step, at[n + 1] * step, point.radius, point.colour);
      this.points.push([at[n] * step, at[n + 1] * step]);
    }
  }

  _finish() { this.done = true; this.sheet.painted(this); }

  // Its corners as the map lies now.
  box(map) {
    const { z, x, y } = this.place, corner = (dx, dy) => map.latLngToLayerPoint(map.unproject([(x + dx) * TILE, (y + dy) * TILE], z)).round();
    return L.bounds(corner(0, 0), corner(1, 1));
  }

  holds(point, map) {
    const box = this.box(map);
    if (!this.canvas || !box.contains(point)) return false;
    const factor = TILE / box.getSize().x, x = (point.x - box.min.x) * factor, y = (point.y - box.min.y) * factor, ctx = bare();
    return this.points.some(([px, py]) => Math.hypot(px - x, py - y) <= PICK_PIXELS) || this.paths.some((path) => ctx.isPointInPath(path, x, y, "evenodd"));
  }

  drop() { this.flight.abort(); slices.drop(this); }
}

let asked;
function bare() { if (!asked) asked = document.createElement("canvas").getContext("2d"); return asked; }

// A sheet of the tiles at an address. Options: renderer, pane, interactive; tags (where a feature tells its kind), style (of a
// kind, as Leaflet has it), point ({ kind, radius, colour }, null where points are not drawn), failed (told of faults).
export function sheetClass() {
  return L.Path.extend({
    initialize(address, options) {
      L.setOptions(this, { ...options, scale: Math.max(1, Math.min(2, window.devicePixelRatio || 1)) });
      this.address = address; this.tiles = new Map(); this.old = [];
    },
    onRemove(map) { L.Path.prototype.onRemove.call(this, map); for (const tile of this.tiles.values()) tile.drop(); this.tiles.clear(); this.old = []; },
    _project() { /* tiles know their place */ },
    _update() { if (this._map) { this._pxBounds = this._renderer._bounds; this._updatePath(); } },

    // Fetches what the window needs. Tiles of another zoom stay until the new ones are there.
    look() {
      const map = this._map, bounds = map.getBounds().pad(ROOM), z = Math.min(CLOSEST, Math.round(map.getZoom())), side = 2 ** z;
      const from = map.project(bounds.getNorthWest(), z).divideBy(TILE).floor(), to = map.project(bounds.getSouthEast(), z).divideBy(TILE).floor();
      if (this.z !== z) this._shelve();
      this.z = z;
      const wanted = new Map();
      for (let x = Math.max(0, from.x); x <= Math.min(side - 1, to.x); x++) for (let y = Math.max(0, from.y); y <= Math.min(side - 1, to.y); y++) wanted.set(x + "/" + y, { z, x, y });
      for (const [name, tile] of this.tiles) if (!wanted.has(name)) { tile.drop(); this.tiles.delete(name); }
      for (const [name, place] of wanted) if (!this.tiles.has(name)) this.tiles.set(name, new Tile(place, this));
      this.painted();
    },
    _shelve() {
      const ready = [...this.tiles.values()].filter((tile) => tile.canvas);
      for (const tile of this.tiles.values()) tile.drop();
      if (ready.length && !this.old.length) this.old = ready;
      this.tiles.clear();
    },

    // A tile is ready: only where it lies the canvas is drawn anew; all are: those of the zoom before go.
    painted(tile) {
      const swap = this.old.length > 0, all = [...this.tiles.values()].every((one) => one.done);
      if (all) { this.old = []; this.options.ready(); }
      if (!this._map || this.old.length) return;
      const whole = this._pxBounds;
      if (tile && !swap) this._pxBounds = tile.box(this._map);
      this.redraw();
      this._pxBounds = whole;
    },
    _shown() { return this.old.length ? this.old : [...this.tiles.values()].filter((tile) => tile.canvas); },
    _updatePath() {
      if (!this._renderer._drawing) return;
      const ctx = this._renderer._ctx;
      ctx.save(); ctx.globalAlpha = 1;
      for (const tile of this._shown()) {
        const { min } = tile.box(this._map), size = tile.box(this._map).getSize();
        ctx.drawImage(tile.canvas, min.x, min.y, size.x, size.y);
      }
      ctx.restore();
    },
    _containsPoint(point) { return this._shown().some((tile) => tile.holds(point, this._map)); },
    hasPoints() { return this._shown().some((tile) => tile.points.length); },
  });
}
