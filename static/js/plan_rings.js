// Rings round those whom a draft catches or lets go. Among very many facilities, which come as tiles, each has its own symbol
// and as many of their names as have room.
import { drawSymbol } from "./symbols.js";

const MOST_NAMED = 30, RADIUS = 12, SYMBOL = 8, FONT = "600 12px sans-serif", HEIGHT = 16, BESIDE = 20, INK = "#1B2733";
const KINDS = [["entering", "+", "#D9480F"], ["leaving", "−", "#1B6FAE"]];

function sign(ctx, x, y, { colour, sign: mark }) {
  ctx.beginPath(); ctx.arc(x, y, 6.5, 0, Math.PI * 2); ctx.fillStyle = colour; ctx.fill(); ctx.lineWidth = 1.4; ctx.strokeStyle = "#fff"; ctx.stroke();
  ctx.beginPath(); ctx.moveTo(x - 3.2, y); ctx.lineTo(x + 3.2, y);
  if (mark === "+") { ctx.moveTo(x, y - 3.2); ctx.lineTo(x, y + 3.2); }
  ctx.lineWidth = 1.8; ctx.stroke();
}

function name(ctx, x, y, text) {
  ctx.font = FONT; ctx.textAlign = "left"; ctx.textBaseline = "middle"; ctx.lineJoin = "round";
  ctx.lineWidth = 3.5; ctx.strokeStyle = "#fff"; ctx.strokeText(text, x, y);
  ctx.fillStyle = INK; ctx.fillText(text, x, y);
}

function rings(leaflet) {
  leaflet.Canvas.include({
    _updateRing(layer) {
      if (!this._drawing || layer._empty()) return;
      const p = layer._point, o = layer.options, ctx = this._ctx;
      ctx.save(); ctx.setLineDash([]); ctx.globalAlpha = 1;
      ctx.beginPath(); ctx.arc(p.x, p.y, o.radius, 0, Math.PI * 2);
      ctx.globalAlpha = 0.18; ctx.fillStyle = o.colour; ctx.fill(); ctx.globalAlpha = 1;
      if (o.symbol) drawSymbol(ctx, o.symbol, p.x, p.y, SYMBOL);
      ctx.beginPath(); ctx.arc(p.x, p.y, o.radius, 0, Math.PI * 2); ctx.lineWidth = 2.6; ctx.strokeStyle = o.colour; ctx.stroke();
      sign(ctx, p.x + o.radius * 0.8, p.y - o.radius * 0.8, o);
      if (o.named) name(ctx, p.x + BESIDE, p.y, o.name);
      ctx.restore();
    },
  });
  return leaflet.CircleMarker.extend({
    _updatePath() { this._renderer._updateRing(this); },
    _updateBounds() {
      leaflet.CircleMarker.prototype._updateBounds.call(this);
      if (this.options.width) this._pxBounds.extend(this._point.add([BESIDE + this.options.width, HEIGHT / 2]));
    },
  });
}

export class Rings {
  constructor(app, words) {
    this.app = app; this.words = words; this.Ring = rings(L); this.shown = []; this.widths = new Map();
    app.map.createPane("rings").style.zIndex = 430;
    app.map.getPane("rings").style.pointerEvents = "none";
    this.renderer = L.canvas({ pane: "rings", padding: 0.3 });
    this.group = L.layerGroup().addTo(app.map);
    this.measure = document.createElement("canvas").getContext("2d"); this.measure.font = FONT;
    app.map.on("moveend", () => { if (this.app.many) for (const ring of this._name()) ring.redraw(); });
  }

  // ``found``: an answer of the live impact.
  show(found) {
    const seen = new Map();
    for (const [kind, mark, colour] of KINDS) {
      for (const row of found[kind]) {
        const key = row.facility_layer + "/" + row.facility_key, marker = this.app.markers.get(key), at = marker ? marker.getLatLng() : row.lat === null ? null : [row.lat, row.lon];
        if (at && !seen.has(key)) seen.set(key, new this.Ring(at, { pane: "rings", renderer: this.renderer, radius: RADIUS, colour, sign: mark, interactive: false, ...this._own(row) }));
      }
    }
    this.group.clearLayers();
    this.shown = [...seen.values()];
    this._name();
    for (const ring of this.shown) this.group.addLayer(ring);
    document.body.dataset.rings = String(seen.size);
    this._note(found, seen.size);
  }

  // A facility in a tile cannot be picked out: what the ring is about is drawn with it.
  _own(row) {
    if (!this.app.many) return {};
    const text = row.name || row.enterprise_code || row.subject_code;
    return { symbol: row.near ? "near" : row.verdict_after || "N", name: text, width: this._width(text) };
  }

  _width(text) {
    if (!this.widths.has(text)) this.widths.set(text, this.measure.measureText(text).width);
    return this.widths.get(text);
  }

  // Which rings in view are named, none over another; returns those that changed.
  _name() {
    const map = this.app.map, view = map.getBounds(), taken = [], changed = [];
    for (const ring of this.shown) {
      const o = ring.options, was = Boolean(o.named);
      o.named = Boolean(o.name) && taken.length < MOST_NAMED && view.contains(ring.getLatLng()) && this._room(map.latLngToLayerPoint(ring.getLatLng()), o.width, taken);
      if (o.named !== was) changed.push(ring);
    }
    document.body.dataset.named = String(taken.length);
    return changed;
  }

  _room({ x, y }, width, taken) {
    const box = { left: x + BESIDE, right: x + BESIDE + width, top: y - HEIGHT / 2, bottom: y + HEIGHT / 2 };
    if (taken.some((one) => box.left < one.right && one.left < box.right && box.top < one.bottom && one.top < box.bottom)) return false;
    taken.push(box);
    return true;
  }

  _note(found, ringed) {
    const note = document.querySelector("[data-ring-note]"), all = found.totals.entering.facilities + found.totals.leaving.facilities;
    note.hidden = !KINDS.some(([kind]) => found.rows[kind] > found[kind].length);
    note.textContent = this.words.ringed.replace("{n}", ringed).replace("{all}", all);
  }
}
