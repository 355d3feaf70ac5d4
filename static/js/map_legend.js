// The legend of a map: what its signs mean, how many there are, and switches for layers and verdicts.
import { button, element } from "./nodes.js";
import { swatch } from "./map_style.js";
import { KINDS, symbol } from "./symbols.js";

const ROOMY = 760; // pixels of width from which it lies open

export function legend(app) {
  const box = element("details", "map-legend"), rows = element("div", "legend-rows"), kinds = element("div", "legend-verdicts"), more = element("details", "legend-more");
  box.open = app.map.getContainer().clientWidth > ROOMY && app.config.kind !== "findings";
  box.append(element("summary", null, app.words.legend));
  more.append(element("summary", null, app.words.more));
  for (const source of [...app.sources].reverse()) (source.on ? rows : more).append(ofLayer(app, source));
  if (more.childNodes.length > 1) rows.append(more);
  for (const kind of KINDS) kinds.append(ofKind(app, kind));
  box.append(element("div", "legend-head", app.words.facilities), kinds, element("div", "legend-head", app.words.layers), rows);
  return box;
}

function counter(name) {
  const count = element("span", "legend-count");
  count.dataset.count = name;
  return count;
}

function ofLayer(app, source) {
  const row = element("label", "legend-row"), tick = element("input"), swatches = element("span", "legend-swatches");
  tick.type = "checkbox"; tick.checked = source.on; tick.dataset.layer = source.layer;
  tick.addEventListener("change", () => app.toggle(source.layer, tick.checked));
  const styles = source.kinds.length ? source.kinds.map((kind) => kind.style) : [source.style];
  for (const style of styles) swatches.append(swatch(style, styles.length > 1 ? 16 : 28));
  row.append(tick, swatches, element("span", "legend-title", source.title), counter("layer-" + source.layer));
  row.title = source.kinds.map((kind) => kind.title).join(" · ");
  return row;
}

// A verdict of the legend is a switch: pressed in, its facilities are shown.
function ofKind(app, kind) {
  const row = button("legend-verdict", null, () => row.setAttribute("aria-pressed", String(app.switchKind(kind))));
  row.setAttribute("aria-pressed", "true");
  row.append(symbol(kind, 18), element("span", "legend-title", kind === "near" ? app.words.near : app.config.verdicts[kind]), counter("kind-" + kind));
  return row;
}

// Writes how many there are of a layer ("layer-…") or a verdict ("kind-…").
export function tell(app, name, number) {
  const place = app.map.getContainer().querySelector('[data-count="' + name + '"]');
  if (place) place.textContent = String(number);
}
