// Hot cells: the choropleth of a month, a slider over the months, the lists beside it.
import { ready } from "./map.js";
import { element } from "./nodes.js";

const bar = document.querySelector("[data-hot-bar]"), words = bar.dataset;

class HotMap {
  constructor(app) {
    this.app = app; this.url = document.body.dataset.hot; this.cells = new Map();
    app.map.createPane("hot").style.zIndex = 390;
    this.renderer = L.canvas({ pane: "hot", padding: 0.3 });
    this.slider = bar.querySelector("[data-hot-slider]"); this.month = bar.querySelector("[data-hot-month]");
    this.slider.addEventListener("input", () => { this.month.textContent = this.months[Number(this.slider.value)]; this.load(this.months[Number(this.slider.value)]); });
    this.slider.addEventListener("change", () => { const next = new URL(window.location.href); next.searchParams.set("month", this.months[Number(this.slider.value)]); window.location.assign(next.href); });
    for (const press of document.querySelectorAll("[data-cell]")) press.addEventListener("click", () => this.open(press.dataset.cell));
  }

  async load(month) {
    const url = new URL(this.url, window.location.href);
    if (month) url.searchParams.set("month", month);
    if (this.flight) this.flight.abort();
    this.flight = new AbortController();
    try {
      const answer = await fetch(url, { headers: { Accept: "application/json" }, credentials: "same-origin", signal: this.flight.signal });
      if (answer.ok) this.draw(await answer.json());
    } catch (fault) { if (fault.name !== "AbortError") console.warn("hot", fault.message); }
  }

  draw(data) {
    if (this.layer) this.layer.remove();
    this.cells.clear();
    this.layer = L.geoJSON(data, {
      pane: "hot", renderer: this.renderer,
      style: ({ properties: p }) => ({ renderer: this.renderer, pane: "hot", fill: true, fillColor: p.colour || "#FFFFFF", fillOpacity: p.colour ? 0.62 : 0.08, color: p.lists.length ? "#12212E" : "#7D8A96", weight: p.lists.length ? 2.4 : 0.4, dashArray: p.lists.length || p.colour ? null : "2 3" }),
      onEachFeature: (feature, layer) => { layer.bindPopup(() => this.popup(feature.properties)); this.cells.set(feature.id, layer); },
    }).addTo(this.app.map);
    this.layer.eachLayer((one) => { if (one.feature.properties.lists.length) one.bringToFront(); });
    this.months = data.months; bar.hidden = false;
    this.slider.max = String(Math.max(0, data.months.length - 1)); this.slider.value = String(Math.max(0, data.months.indexOf(data.month)));
    this.slider.parentNode.hidden = data.months.length < 2;
    const legend = bar.querySelector("[data-hot-legend]");
    legend.replaceChildren(...data.classes.map((one) => {
      const line = element("li"), mark = element("span", "map-raster-swatch");
      mark.style.backgroundColor = one.colour;
      line.append(mark, element("span", null, one.low === null ? (one.high === null ? "—" : "≤ " + one.high) : one.high === null ? "> " + one.low : one.low + " – " + one.high));
      return line;
    }));
    document.body.dataset.cells = String(data.features.length);
  }

  popup(p) {
    const box = element("div", "map-popup"), number = (value) => (value === null ? words.none : value.toFixed(1));
    box.append(element("div", "popup-title", p.code), element("div", null, "PM2.5 " + number(p.pm25) + " µg/m³" + (p.stations ? " · " + words.stations + " " + p.stations : "")
      + (p.pm25 !== null && p.nodata >= 0.005 ? " · " + words.none + " " + Math.round(100 * p.nodata) + "%" : "")));
    box.append(element("div", "small", words.yoy + " " + number(p.yoy) + " · " + words.mom + " " + number(p.mom)));
    box.append(element("div", "small", words.units + " " + p.units + " · " + words.findings + " " + p.findings + " · " + words.complaints + " " + p.complaints));
    const names = { high: words.high, yoy: words.listYoy, mom: words.listMom };
    if (p.lists.length) box.append(element("div", "strong", p.lists.map((name) => names[name]).join("、")));
    if (p.heads.length) box.append(element("div", "small", words.heads + "：" + p.heads.join("；")));
    return box;
  }

  open(code) {
    const cell = this.cells.get(code);
    if (!cell) return;
    this.app.map.fitBounds(cell.getBounds(), { padding: [60, 60], maxZoom: 13 });
    cell.openPopup();
    document.querySelector(".air-map").scrollIntoView({ block: "nearest" });
  }
}

ready().then(async (app) => {
  for (const source of app.sources) source.on = source.layer === "towns";
  for (const tick of document.querySelectorAll(".map-legend input[data-layer]")) tick.checked = tick.dataset.layer === "towns";
  for (const legend of document.querySelectorAll(".map-legend")) legend.open = false;
  const hot = new HotMap(app);
  await Promise.all([app.start(), hot.load()]);
  document.body.dataset.ready = "map";
});
