// One symbol language for map, lists, legend and print: shape first, colour second.
const FLAG = "#C8410B", FINE = "#1B6FAE", GREY = "#6B7280", PALE = "#A3AEB9";

export const KINDS = ["V", "T", "U", "near", "B", "X", "C", "N"]; // worst first
export function kindOf(properties) { return properties.near ? "near" : properties.verdict; }

function circle(ctx, x, y, r) { ctx.beginPath(); ctx.arc(x, y, r, 0, Math.PI * 2); }
function diamond(ctx, x, y, r) {
  ctx.beginPath(); ctx.moveTo(x, y - r); ctx.lineTo(x + r, y); ctx.lineTo(x, y + r); ctx.lineTo(x - r, y); ctx.closePath();
}
function paint(ctx, fill, line, width) {
  if (fill) { ctx.fillStyle = fill; ctx.fill(); }
  if (line) { ctx.strokeStyle = line; ctx.lineWidth = width; ctx.stroke(); }
}
function glyph(ctx, text, x, y, size) {
  ctx.fillStyle = GREY; ctx.font = "bold " + size + "px sans-serif"; ctx.textAlign = "center"; ctx.textBaseline = "middle";
  ctx.fillText(text, x, y + size * 0.06);
}

const DRAW = {
  V(ctx, x, y, r) { diamond(ctx, x, y, r * 1.18); paint(ctx, FLAG, "#fff", 1.6); },
  T(ctx, x, y, r) {
    diamond(ctx, x, y, r * 1.12); paint(ctx, "#fff", FLAG, 2);
    ctx.beginPath(); ctx.moveTo(x, y - r * 0.45); ctx.lineTo(x, y); ctx.lineTo(x + r * 0.36, y + r * 0.2); paint(ctx, null, FLAG, 1.5);
  },
  C(ctx, x, y, r) { circle(ctx, x, y, r * 0.86); paint(ctx, FINE, "#fff", 1.4); },
  U(ctx, x, y, r) {
    circle(ctx, x, y, r * 0.95); ctx.setLineDash([2.2, 1.8]); paint(ctx, "#fff", GREY, 1.5); ctx.setLineDash([]);
    glyph(ctx, "?", x, y, r * 1.35);
  },
  near(ctx, x, y, r) {
    circle(ctx, x, y, r * 0.92); paint(ctx, "#fff", GREY, 1.6);
    ctx.beginPath(); ctx.arc(x, y, r * 0.92, Math.PI / 2, Math.PI * 1.5); ctx.closePath(); paint(ctx, GREY, null, 0);
  },
  B(ctx, x, y, r) { circle(ctx, x, y, r * 0.95); paint(ctx, "#fff", GREY, 1.6); glyph(ctx, "=", x, y, r * 1.4); },
  X(ctx, x, y, r) {
    circle(ctx, x, y, r * 0.88); paint(ctx, "#fff", FINE, 1.8);
    ctx.beginPath(); ctx.moveTo(x - r * 0.6, y + r * 0.6); ctx.lineTo(x + r * 0.6, y - r * 0.6); paint(ctx, null, FINE, 1.8);
  },
  triangle(ctx, x, y, r, colour) {
    ctx.beginPath(); ctx.moveTo(x, y - r * 0.95); ctx.lineTo(x + r * 0.95, y + r * 0.75); ctx.lineTo(x - r * 0.95, y + r * 0.75); ctx.closePath();
    paint(ctx, colour, "#fff", 1.2);
  },
  square(ctx, x, y, r, colour) { ctx.beginPath(); ctx.rect(x - r * 0.75, y - r * 0.75, r * 1.5, r * 1.5); paint(ctx, colour, "#fff", 1.2); },
  dot(ctx, x, y, r, colour) { circle(ctx, x, y, r * 0.6); paint(ctx, colour, "#fff", 1); },
  N(ctx, x, y, r) { circle(ctx, x, y, r * 0.42); paint(ctx, PALE, "#fff", 0.8); },
};

export function drawSymbol(ctx, kind, x, y, r, colour = GREY) { (DRAW[kind] || DRAW.N)(ctx, x, y, r, colour); }

// A symbol as a canvas element for lists, legend and cards.
export function symbol(kind, size = 18, colour = GREY) {
  const canvas = document.createElement("canvas"), scale = Math.max(2, window.devicePixelRatio || 1);
  canvas.width = canvas.height = size * scale;
  canvas.className = "symbol symbol-" + size;
  const ctx = canvas.getContext("2d");
  ctx.scale(scale, scale);
  drawSymbol(ctx, kind, size / 2, size / 2, size * 0.36, colour);
  canvas.setAttribute("aria-hidden", "true");
  return canvas;
}

// Puts a symbol into every element that names one with data-symbol.
export function drawSymbols(root = document) {
  for (const place of root.querySelectorAll("[data-symbol]:empty")) place.append(symbol(place.dataset.symbol, Number(place.dataset.size) || 18));
}

// A Leaflet marker that draws its verdict on the canvas and answers clicks like any circle.
export function verdictMarkers(L) {
  L.Canvas.include({
    _updateVerdict(layer) {
      if (!this._drawing || layer._empty()) return;
      const p = layer._point, o = layer.options;
      this._ctx.save(); this._ctx.setLineDash([]); this._ctx.globalAlpha = 1; this._ctx.lineJoin = "miter";
      if (o.selected) { this._ctx.beginPath(); this._ctx.arc(p.x, p.y, o.radius + 6, 0, Math.PI * 2); this._ctx.strokeStyle = "#0F4C81"; this._ctx.lineWidth = 3; this._ctx.stroke(); }
      drawSymbol(this._ctx, o.kind, p.x, p.y, o.radius, o.colour);
      this._ctx.restore();
    },
  });
  return L.CircleMarker.extend({ _updatePath() { this._renderer._updateVerdict(this); } });
}
