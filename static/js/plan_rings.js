// Rings round those whom a draft catches or lets go. Among very many facilities, which come as tiles, each has its own symbol
// and as many of their names as have room.
import { drawSymbol } from "./symbols.js";

const MOST_NAMED = 12, RADIUS = 12, SYMBOL = 8, SIDE = 40, FONT = "600 12px sans-serif", HEIGHT = 16, BESIDE = 20, INK = "#1B2733";
const KINDS = [["entering", "+", "#D9480F"], ["leaving", "−", "#1B6FAE"]];

function ring(ctx, x, y, { colour, sign, symbol }) {
  ctx.beginPath(); ctx.arc(x, y, RADIUS, 0, Math.PI * 2);
  ctx.globalAlpha = 0.18; ctx.fillStyle = colour; ctx.fill(); ctx.globalAlpha = 1;
  if (symbol) drawSymbol(ctx, symbol, x, y, SYMBOL);
  ctx.beginPath(); ctx.arc(x, y, RADIUS, 0, Math.PI * 2); ctx.lineWidth = 2.6; ctx.strokeStyle = colour; ctx.stroke();
  x += RADIUS * 0.8; y -= RADIUS * 0.8;
  ctx.beginPath(); ctx.arc(x, y, 6.5, 0, Math.PI * 2); ctx.fillStyle = colour; ctx.fill(); ctx.lineWidth = 1.4; ctx.strokeStyle = "#fff"; ctx.stroke();
  ctx.beginPath(); ctx.moveTo(x - 3.2, y); ctx.lineTo(x + 3.2, y);
  if (sign === "+") { ctx.moveTo(x, y - 3.2); ctx.lineTo(x, y + 3.2); }
  ctx.lineWidth = 1.8; ctx.stroke();
}

// A ring is drawn once and stamped: with every move of the mouse all of them are painted anew.
function stamp(leaflet, stamps, options) {
  const name = options.colour + options.sign + (options.symbol || "");
  if (!stamps.has(name)) {
    const canvas = document.createElement("canvas"), scale = leaflet.Browser.retina ? 2 : 1;
    canvas.width = canvas.height = SIDE * scale;
    const ctx = canvas.getContext("2d");
    ctx.scale(scale, scale); ring(ctx, SIDE / 2, SIDE / 2, options);
    stamps.set(name, canvas);
  }
  return stamps.get(name);
}

function shapes(leaflet) {
  const stamps = new Map();
  leaflet.Canvas.include({
    _updateRing(layer) {
      if (!this._drawing || layer._empty()) return;
      this._ctx.globalAlpha = 1;
      this._ctx.drawImage(stamp(leaflet, stamps, layer.options), layer._point.x - SIDE / 2, layer._point.y - SIDE / 2, SIDE, SIDE);
    },
    _updateName(layer) {
      if (!this._drawing || layer._empty()) return;
      const p = layer._point, ctx = this._ctx, { name, align } = layer.options, x = align === "left" ? p.x + BESIDE : p.x - BESIDE;
      ctx.save(); ctx.setLineDash([]); ctx.globalAlpha = 1;
      ctx.font = FONT; ctx.textAlign = align; ctx.textBaseline = "middle"; ctx.lineJoin = "round";
      ctx.lineWidth = 4; ctx.strokeStyle = "#fff"; ctx.strokeText(name, x, p.y);
      ctx.fillStyle = INK; ctx.fillText(name, x, p.y);
      ctx.restore();
    },
  });
  const Ring = leaflet.CircleMarker.extend({ _updatePath() { this._renderer._updateRing(this); } });
  const Name = leaflet.CircleMarker.extend({
    _updatePath() { this._renderer._updateName(this); },
    _updateBounds() {
      leaflet.CircleMarker.prototype._updateBounds.call(this);
      const reach = BESIDE + this.options.width;
      this._pxBounds.extend(this._point.add([this.options.align === "left" ? reach : -reach, HEIGHT / 2]));
    },
  });
  return { Ring, Name };
}

// The boxes of a ring, of a name right of it and of one left of it.
function around({ x, y }, { width = 0 }) {
  const box = (left, right, half) => ({ left, right, top: y - half, bottom: y + half });
  return { ring: box(x - RADIUS, x + RADIUS, RADIUS), right: box(x + BESIDE, x + BESIDE + width, HEIGHT / 2), left: box(x - BESIDE - width, x - BESIDE, HEIGHT / 2) };
}

function apart(a, b) { return a.right < b.left || b.right < a.left || a.bottom < b.top || b.bottom < a.top; }

export class Rings {
  constructor(app, words) {
    this.app = app; this.words = words; this.shapes = shapes(L); this.shown = []; this.widths = new Map();
    app.map.createPane("rings").style.zIndex = 430;
    app.map.getPane("rings").style.pointerEvents = "none";
    this.renderer = L.canvas({ pane: "rings", padding: 0.3 });
    this.group = L.layerGroup().addTo(app.map); this.names = L.layerGroup().addTo(app.map);
    this.measure = document.createElement("canvas").getContext("2d"); this.measure.font = FONT;
    app.map.on("moveend", () => { if (this.app.many) this._name(); });
  }

  // ``found``: an answer of the live impact.
  show(found) {
    const seen = new Map();
    for (const [kind, mark, colour] of KINDS) {
      for (const row of found[kind]) {
        const key = row.facility_layer + "/" + row.facility_key, marker = this.app.markers.get(key), at = marker ? marker.getLatLng() : row.lat === null ? null : [row.lat, row.lon];
        if (at && !seen.has(key)) seen.set(key, new this.shapes.Ring(at, { ...this._drawn(), colour, sign: mark, ...this._own(row) }));
      }
    }
    this.group.clearLayers();
    this.shown = [...seen.values()];
    for (const ring of this.shown) this.group.addLayer(ring);
    this._name();
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

  _drawn() { return { pane: "rings", renderer: this.renderer, radius: RADIUS, interactive: false }; }

  // Names of rings in view, so many of each sign, above all rings: none over another, beside a ring where there is room.
  _name() {
    const map = this.app.map, view = map.getBounds(), taken = [], named = {};
    const rings = this.shown.map((ring) => around(map.latLngToLayerPoint(ring.getLatLng()), ring.options));
    this.names.clearLayers();
    this.shown.forEach((ring, n) => {
      const at = ring.getLatLng(), { name, width, sign } = ring.options, before = named[sign] || 0;
      if (!name || before === MOST_NAMED || !view.contains(at)) return;
      const { right, left } = rings[n], free = (box, others) => others.every((one) => apart(box, one));
      const box = [right, left].find((side) => free(side, taken) && rings.every((one, m) => m === n || apart(side, one.ring))) || (free(right, taken) ? right : null);
      if (!box) return;
      taken.push(box); named[sign] = before + 1;
      this.names.addLayer(new this.shapes.Name(at, { ...this._drawn(), name, width, align: box === left ? "right" : "left" }));
    });
    document.body.dataset.named = String(taken.length);
  }

  _note(found, ringed) {
    const note = document.querySelector("[data-ring-note]"), all = found.totals.entering.facilities + found.totals.leaving.facilities;
    note.hidden = !KINDS.some(([kind]) => found.rows[kind] > found[kind].length);
    note.textContent = this.words.ringed.replace("{n}", ringed).replace("{all}", all);
  }
}
