// Live impact: one request in flight, the newest geometry next, so that numbers follow the mouse at the server's own pace.
import { drawSymbols } from "./symbols.js";
import { button, element } from "./nodes.js";

const MOST_SHOWN = 60, BANDS = [10, 20, 35];
const COLOUR = { entering: "#D9480F", leaving: "#1B6FAE", changed: "#6B7280" };

// A ring round a facility with its sign: who comes in, who goes out.
function rings(leaflet) {
  leaflet.Canvas.include({
    _updateRing(layer) {
      if (!this._drawing || layer._empty()) return;
      const p = layer._point, o = layer.options, ctx = this._ctx, x = p.x + o.radius * 0.8, y = p.y - o.radius * 0.8;
      ctx.save(); ctx.setLineDash([]); ctx.globalAlpha = 1;
      ctx.beginPath(); ctx.arc(p.x, p.y, o.radius, 0, Math.PI * 2);
      ctx.globalAlpha = 0.18; ctx.fillStyle = o.colour; ctx.fill(); ctx.globalAlpha = 1;
      ctx.lineWidth = 2.6; ctx.strokeStyle = o.colour; ctx.stroke();
      ctx.beginPath(); ctx.arc(x, y, 6.5, 0, Math.PI * 2); ctx.fillStyle = o.colour; ctx.fill(); ctx.lineWidth = 1.4; ctx.strokeStyle = "#fff"; ctx.stroke();
      ctx.beginPath(); ctx.moveTo(x - 3.2, y); ctx.lineTo(x + 3.2, y);
      if (o.sign === "+") { ctx.moveTo(x, y - 3.2); ctx.lineTo(x, y + 3.2); }
      ctx.lineWidth = 1.8; ctx.stroke(); ctx.restore();
    },
  });
  return leaflet.CircleMarker.extend({ _updatePath() { this._renderer._updateRing(this); } });
}

export class Live {
  constructor(app, words, about) {
    this.app = app; this.words = words; this.about = about; this.units = {}; this.next = null; this.flying = false; this.answers = 0; this.times = [];
    this.Ring = rings(L);
    app.map.createPane("rings").style.zIndex = 430;
    app.map.getPane("rings").style.pointerEvents = "none";
    this.renderer = L.canvas({ pane: "rings", padding: 0.3 });
    this.group = L.layerGroup().addTo(app.map);
  }

  async equip(get) { const found = await get("/api/equipment"); this.units = found ? found.units : {}; if (this.shown) this._lists(this.shown); }

  ask(geometry, props) { this.next = { geometry, props }; if (!this.flying) this._fly(); }

  // Sends what is newest until nothing newer is left.
  async _fly() {
    this.flying = true;
    while (this.next) {
      const asked = this.next, began = performance.now();
      this.next = null;
      try {
        const answer = await fetch("/api/impact", {
          method: "POST", credentials: "same-origin", headers: { "Content-Type": "application/json", Accept: "application/json", "X-CSRFToken": this.about.token },
          body: JSON.stringify({ layer: this.about.layer, code: this.about.code, geometry: asked.geometry, props: asked.props, as_of: this.about.asOf || undefined }),
        });
        const body = await answer.json().catch(() => ({}));
        if (answer.ok) this.show(body); else this.fail(body.detail || String(answer.status));
      } catch (fault) { this.fail(this.words.no_impact); }
      this.times.push(performance.now() - began);
      if (this.times.length > 200) this.times.shift();
    }
    this.flying = false;
    if (this.settled) this.settled();
  }

  fail(text) {
    this._issues([{ severity: "error", text }]);
    document.body.dataset.impact = "failed";
  }

  show(found) {
    this.shown = found; this.answers += 1;
    this._numbers(found); this._issues(found.issues || []); this._lists(found); this._rings(found);
    document.body.dataset.impact = "shown"; document.body.dataset.answers = String(this.answers);
    if (this.onShown) this.onShown(found);
  }

  _facilities(rows) { return new Set(rows.map((row) => row.enterprise_code || row.subject_layer + "/" + row.subject_code)); }

  _tph(rows) {
    const codes = new Set(rows.filter((row) => row.subject_layer === "combustion_units").map((row) => row.subject_code));
    let sum = 0, unknown = 0;
    for (const code of codes) { const unit = this.units[code]; if (unit && unit[3] !== null) sum += unit[3]; else unknown += 1; }
    return { units: codes.size, sum, unknown };
  }

  _numbers(found) {
    const put = (id, text) => { document.getElementById(id).textContent = text; };
    const entering = this._facilities(found.entering), leaving = this._facilities(found.leaving);
    put("count-entering", "+" + entering.size); put("count-leaving", "−" + leaving.size);
    const told = (rows) => { const t = this._tph(rows); return t.units + " · " + t.sum.toFixed(1) + " " + this.words.th + (t.unknown ? " +" + t.unknown + "?" : ""); };
    put("fact-entering", told(found.entering)); put("fact-leaving", told(found.leaving));
    put("fact-changed", String(this._facilities(found.changed).size));
    if (typeof found.area_km2 === "number") {
      put("fact-area", found.area_km2.toFixed(2) + " km²");
      const delta = found.area_km2 - this.about.baseArea;
      put("fact-delta", (delta < 0 ? "−" : "+") + Math.abs(delta).toFixed(2) + " km²");
    }
    this._shares(found);
  }

  _shares(found) {
    const box = document.getElementById("shares"), tally = new Map();
    for (const row of found.entering.concat(found.changed)) {
      const unit = row.subject_layer === "combustion_units" && this.units[row.subject_code];
      if (!unit) continue;
      const band = unit[3] === null ? this.words.unknown_size : "< " + (BANDS.find((limit) => unit[3] < limit) || "∞") + " " + this.words.th;
      const at = (row.zone_after || this.about.code) + " · " + band, now = tally.get(at) || { codes: new Set(), sum: 0 };
      if (!now.codes.has(row.subject_code)) { now.codes.add(row.subject_code); now.sum += unit[3] || 0; }
      tally.set(at, now);
    }
    box.replaceChildren(); box.hidden = !tally.size;
    if (!tally.size) return;
    box.append(element("h3", "small muted", this.words.classes));
    for (const [name, one] of [...tally].sort()) { const line = element("p", "small plan-band"); line.append(element("span", null, name), element("b", null, one.codes.size + " · " + one.sum.toFixed(1) + " " + this.words.th)); box.append(line); }
  }

  _issues(issues) {
    const list = document.getElementById("issues"), worst = issues.some((issue) => issue.severity === "error");
    list.replaceChildren();
    if (!issues.length) list.append(element("li", "fine", "✓ " + this.words.valid));
    for (const issue of issues.slice(0, 12)) {
      const line = element("li", issue.severity === "error" ? "error" : "warning");
      line.append(element("span", null, (issue.severity === "error" ? "✕ " : "! ") + issue.text));
      if (issue.lonlat) line.append(button("small", this.words.place, () => this.app.map.setView([issue.lonlat[1], issue.lonlat[0]], Math.max(this.app.map.getZoom(), 15))));
      list.append(line);
    }
    document.body.dataset.faulty = worst ? "1" : "0";
    const publish = document.getElementById("publish");
    if (publish) publish.classList.toggle("blocked", worst);
    if (this.onIssues) this.onIssues(issues);
  }

  _lists(found) {
    const box = document.getElementById("lists");
    box.replaceChildren();
    for (const kind of ["entering", "leaving", "changed"]) {
      const rows = found[kind], head = element("h3", "plan-list-head " + kind, this.words[kind]);
      head.append(element("span", "muted small", String(rows.length)));
      if (kind === "changed" && !rows.length) continue;
      box.append(head);
      const list = element("ul", "plan-list"); list.dataset.list = kind;
      for (const row of rows.slice(0, MOST_SHOWN)) list.append(this._row(kind, row));
      if (!rows.length) list.append(element("li", "muted small", this.words.none));
      if (rows.length > MOST_SHOWN) list.append(element("li", "muted small", this.words.more + " " + (rows.length - MOST_SHOWN)));
      box.append(list);
    }
    drawSymbols(box);
  }

  _row(kind, row) {
    const line = element("li", "plan-hit"), mark = element("span"), text = element("button", "plan-hit-text"), unit = row.subject_layer === "combustion_units" ? this.units[row.subject_code] : null;
    const verdict = row.verdict_after || "N";
    mark.dataset.symbol = verdict; text.type = "button";
    text.append(element("b", null, row.name || row.enterprise_code || row.subject_code));
    const parts = [row.subject_code];
    if (unit) parts.push(unit[0] || this.words.kinds[unit[1]] || unit[1], unit[2].map((fuel) => this.words.fuels[fuel] || fuel).join("、"), unit[3] === null ? this.words.unknown_size : unit[3] + " " + this.words.th);
    text.append(element("span", "small muted", parts.join(" · ")));
    const zones = (row.zone_before || this.words.outside) + " → " + (row.zone_after || this.words.outside);
    text.append(element("span", "small muted", row.rule + " · " + zones + (row.due_on ? " · " + this.words.due + " " + row.due_on : "") + (row.missing ? " · " + this.words.missing : "")));
    text.addEventListener("click", () => { const marker = this._marker(row); if (marker) this.app.map.panTo(marker.getLatLng()); });
    const names = this.app.config.verdicts, badge = element("span", "verdict verdict-" + verdict, kind === "entering" ? names[verdict] || verdict : (names[row.verdict_before] || this.words.outside) + "→" + (names[verdict] || this.words.outside));
    line.append(mark, text, badge);
    return line;
  }

  _marker(row) { return this.app.markers.get("enterprises/" + row.enterprise_code) || this.app.markers.get(row.subject_layer + "/" + row.subject_code) || null; }

  _rings(found) {
    this.group.clearLayers();
    const seen = new Set();
    for (const [kind, sign] of [["entering", "+"], ["leaving", "−"]]) {
      for (const row of found[kind]) {
        const marker = this._marker(row);
        if (!marker || seen.has(marker)) continue;
        seen.add(marker);
        new this.Ring(marker.getLatLng(), { pane: "rings", renderer: this.renderer, radius: 12, colour: COLOUR[kind], sign, interactive: false }).addTo(this.group);
      }
    }
  }
}
