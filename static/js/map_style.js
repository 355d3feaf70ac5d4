// Styles of layers/ on the canvas: lines, dashes, fills, hatches; and their samples in the legend.
import { symbol } from "./symbols.js";

const SIGNS = ["triangle", "square"];
const hatches = new Map();

function hatch(colour) {
  if (!hatches.has(colour)) {
    const tile = document.createElement("canvas");
    tile.width = tile.height = 8;
    const ctx = tile.getContext("2d");
    ctx.strokeStyle = colour; ctx.lineWidth = 1.3;
    ctx.beginPath();
    for (const shift of [-8, 0, 8]) { ctx.moveTo(shift - 1, 9); ctx.lineTo(shift + 9, -1); }
    ctx.stroke();
    hatches.set(colour, ctx.createPattern(tile, "repeat"));
  }
  return hatches.get(colour);
}

// Whether the points of a layer have a sign of their own ("verdict" points are drawn as facilities).
export function sign(style) { return SIGNS.includes(style.symbol) ? style.symbol : "dot"; }

export function leafletStyle(style) {
  const hatched = style.pattern === "hatch";
  return {
    color: style.line, weight: style.weight, dashArray: style.dash, opacity: 1, fill: true,
    fillColor: hatched ? hatch(style.fill || style.line) : style.fill || style.line,
    fillOpacity: style.fill ? (hatched ? 0.75 : style.fill_opacity) : 0,
  };
}

export function swatch(style, width = 28) {
  if (SIGNS.includes(style.symbol)) return symbol(style.symbol, 18, style.fill || style.line);
  const canvas = document.createElement("canvas"), scale = 2, height = 16;
  canvas.width = width * scale; canvas.height = height * scale; canvas.className = "swatch swatch-" + width;
  const ctx = canvas.getContext("2d");
  ctx.scale(scale, scale);
  ctx.beginPath(); ctx.rect(2, 2, width - 4, height - 4);
  if (style.fill) {
    ctx.globalAlpha = style.pattern ? 0.9 : Math.max(style.fill_opacity, 0.3);
    ctx.fillStyle = style.pattern ? hatch(style.fill) : style.fill; ctx.fill(); ctx.globalAlpha = 1;
  }
  ctx.setLineDash((style.dash || "").split(/[ ,]+/).filter(Boolean).map(Number));
  ctx.strokeStyle = style.line; ctx.lineWidth = Math.min(style.weight, 2.4); ctx.stroke();
  canvas.setAttribute("aria-hidden", "true");
  return canvas;
}
