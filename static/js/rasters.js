// Rasters on a map: series, day, scale, opacity, legend, and the value under the cursor.
import { control } from "./map_controls.js";
import { element } from "./nodes.js";

const WAIT_MS = 120;

// Adds the control; without a raster nothing appears. open: shown with its panel open and a series chosen.
export async function addRasters(app, { open = false } = {}) {
  const asked = { headers: { Accept: "application/json" }, credentials: "same-origin" };
  const answers = await Promise.all([fetch("/api/rasters", asked), fetch("/api/basemaps", asked)]);
  if (!answers.every((answer) => answer.ok)) return null;
  const [{ series }, { basemaps }] = await Promise.all(answers.map((answer) => answer.json()));
  return series.length || basemaps.length ? new RasterControl(app, series, basemaps, open) : null;
}

class RasterControl {
  constructor(app, series, basemaps, open) {
    if (!document.documentElement.lang.startsWith("zh")) for (const one of series) one.unit = one.unit.replace("人", "people");
    this.app = app; this.series = series; this.basemaps = basemaps; this.words = app.words.raster; this.opacity = 0.7; this.shown = null; this.layer = null;
    app.map.createPane("basemap").style.zIndex = 215; // above the drawn land, below everything else
    app.map.getPane("basemap").style.pointerEvents = "none";
    app.map.createPane("rasters").style.zIndex = 300;
    app.map.getPane("rasters").style.pointerEvents = "none";
    this.box = element("details", "map-raster"); this.box.open = open && window.innerWidth > 900;
    this.box.append(element("summary", null, this.words.title), this._panel());
    control(app.map, open ? "topleft" : "topright", "map-raster-place", (place) => place.append(this.box));
    app.map.on("mousemove", (event) => this._ask(event.latlng));
    app.map.on("click", (event) => this._ask(event.latlng));
    this.choose(open && series.length ? 0 : -1);
  }

  _panel() {
    const panel = element("div", "map-raster-panel"), zh = document.documentElement.lang.startsWith("zh");
    this.pick = this._select(this.words.series, [["-1", this.words.none], ...this.series.map((one, n) => [String(n), (zh ? one.title : one.title_en) + " · " + one.name])]);
    this.pick.addEventListener("change", () => this.choose(Number(this.pick.value)));
    this.scheme = this._select(this.words.scheme, []);
    this.scheme.addEventListener("change", () => this._draw());
    this.days = element("input"); this.days.type = "range"; this.days.min = "0"; this.days.step = "1";
    this.dayText = element("output", "map-raster-day");
    this.days.addEventListener("input", () => { this.place = Number(this.days.value); this._dayShown(); });
    this.days.addEventListener("change", () => this._draw());
    const opacity = element("input");
    opacity.type = "range"; opacity.min = "10"; opacity.max = "100"; opacity.step = "5"; opacity.value = String(this.opacity * 100);
    opacity.addEventListener("input", () => { this.opacity = Number(opacity.value) / 100; if (this.layer) this.layer.setOpacity(this.opacity); });
    this.legend = element("ul", "map-raster-legend"); this.reading = element("output", "map-raster-value");
    this.dayRow = this._row(this.words.day, this.days, this.dayText);
    this.more = element("div"); this.more.append(this.dayRow, this._row(this.words.scheme, this.scheme), this._row(this.words.opacity, opacity), this.legend, this.reading);
    if (this.basemaps.length) panel.append(this._row(this.words.basemap, this._basemaps(zh)));
    panel.append(this._row(this.words.series, this.pick), this.more);
    return panel;
  }

  _basemaps(zh) {
    const pick = this._select(this.words.basemap, [["", this.words.none], ...this.basemaps.map((one) => [one.name, zh ? one.title : one.title_en])]);
    pick.addEventListener("change", () => {
      if (this.ground) this.ground.remove();
      const one = this.basemaps.find((candidate) => candidate.name === pick.value);
      this.ground = one ? L.tileLayer("/api/basemaps/" + encodeURIComponent(one.name) + "/{z}/{x}/{y}", { pane: "basemap", minZoom: 0, maxZoom: 19, minNativeZoom: one.lowest, maxNativeZoom: one.highest, bounds: [[one.bounds[1], one.bounds[0]], [one.bounds[3], one.bounds[2]]], attribution: one.attribution, noWrap: true }) : null;
      if (this.ground) { this.ground.on("tileload", () => { document.body.dataset.basemap = one.name; }); this.ground.addTo(this.app.map); }
    });
    return pick;
  }

  _select(name, options) {
    const select = element("select");
    select.setAttribute("aria-label", name);
    for (const [value, text] of options) { const one = element("option", null, text); one.value = value; select.append(one); }
    return select;
  }

  _row(name, ...parts) { const row = element("label", "map-raster-row"); row.append(element("span", "small muted", name), ...parts); return row; }

  choose(number) {
    this.shown = this.series[number] || null; this.pick.value = String(number); this.more.hidden = !this.shown;
    if (!this.shown) { if (this.layer) this.layer.remove(); this.layer = null; document.body.dataset.raster = ""; return; }
    const names = Object.keys(this.shown.schemes);
    this.scheme.replaceChildren(...names.map((name) => { const one = element("option", null, this.words[name]); one.value = name; return one; }));
    this.scheme.parentNode.hidden = names.length < 2;
    this.place = this.shown.items.length - 1;
    this.days.max = String(this.place); this.days.value = String(this.place); this.dayRow.hidden = !this.shown.items.some((item) => item.day);
    this._draw();
  }

  get item() { return this.shown.items[this.place]; }

  _dayShown() { this.dayText.textContent = this.item.day || "—"; }

  _draw() {
    this._dayShown();
    if (this.layer) this.layer.remove();
    const [w, s, e, n] = this.item.bounds, scheme = this.scheme.value ? "?scheme=" + this.scheme.value : "";
    this.layer = L.tileLayer("/api/rasters/" + this.item.id + "/tiles/{z}/{x}/{y}.png" + scheme, { pane: "rasters", bounds: [[s, w], [n, e]], opacity: this.opacity, maxZoom: 19, minZoom: 0, noWrap: true });
    this.layer.on("load", () => { document.body.dataset.rasterDrawn = String(this.item.id); });
    this.layer.addTo(this.app.map);
    document.body.dataset.raster = String(this.item.id);
    this._legend(); this.reading.textContent = "";
  }

  _legend() {
    const classes = this.shown.schemes[this.scheme.value] || [];
    this.legend.replaceChildren(...classes.map((one) => {
      const line = element("li"), mark = element("span", "map-raster-swatch");
      mark.style.backgroundColor = one.colour;
      const text = one.low === null ? "≤ " + one.high : one.high === null ? "> " + one.low : one.low + " – " + one.high;
      line.append(mark, element("span", null, text));
      return line;
    }));
    if (classes.length && this.shown.unit) this.legend.prepend(element("li", "small muted", this.shown.unit));
  }

  _ask(at) {
    if (!this.shown || !this.box.open || this.shown.kind === "imagery") return;
    this.at = at;
    if (!this.timer) this.timer = window.setTimeout(() => { this.timer = 0; this._read(); }, WAIT_MS);
  }

  async _read() {
    const item = this.item, at = this.at;
    try {
      const answer = await fetch("/api/rasters/" + item.id + "/value?lon=" + at.lng.toFixed(6) + "&lat=" + at.lat.toFixed(6), { headers: { Accept: "application/json" }, credentials: "same-origin" });
      if (!answer.ok || item !== this.item) return;
      const told = await answer.json();
      this.reading.textContent = this.words.here + " " + (told.value === null ? this.words.no_data : Number(told.value.toPrecision(4)) + " " + this.shown.unit);
    } catch (fault) { /* the next move asks again */ }
  }
}
