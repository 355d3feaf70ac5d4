// People and air under what is drawn: asked once the drawing rests, not at every move.
const REST_MS = 350;

export class Exposure {
  constructor(editor, about, number) {
    this.box = document.getElementById("exposure");
    if (!this.box) return;
    this.editor = editor; this.about = about; this.number = number;
    // an answer of the live impact means that something was drawn; the last of a drag is followed by silence
    new MutationObserver(() => { window.clearTimeout(this.timer); this.timer = window.setTimeout(() => this._ask(), REST_MS); })
      .observe(document.body, { attributes: true, attributeFilter: ["data-answers"] });
  }

  async _ask() {
    const geometry = this.editor.geometry();
    if (!geometry) return;
    if (this.flight) this.flight.abort();
    this.flight = new AbortController();
    try {
      const answer = await fetch("/api/drafts/" + this.number + "/exposure" + (this.about.asOf ? "?as_of=" + this.about.asOf : ""), {
        method: "POST", credentials: "same-origin", signal: this.flight.signal, body: JSON.stringify({ geometry }),
        headers: { "Content-Type": "application/json", Accept: "application/json", "X-CSRFToken": this.about.token, "X-Told": "1" },
      });
      const found = answer.ok ? await answer.json() : {};
      if (found.sources) this._show(found);
      else this.box.hidden = true; // what is drawn wrongly has no people and no air; the checks say why
    } catch (fault) { if (fault.name !== "AbortError") console.warn("exposure", fault.message); }
  }

  _show(found) {
    const put = (name, text) => { this.box.querySelector('[data-fact="' + name + '"]').textContent = text; };
    const number = (value, digits) => (value === null ? "—" : value.toLocaleString(undefined, { maximumFractionDigits: digits, minimumFractionDigits: digits }));
    const percent = (value) => (value === null || value === undefined ? "—" : (value * 100).toFixed(1) + "%");
    put("people", number(found.people, 0) + " · " + percent(found.people_share));
    put("pm25", number(found.pm25, 1) + " / " + number(found.pm25_outside, 1) + " µg/m³");
    put("built_up", number(found.built_up_km2, 2) + " km² · " + percent(found.built_up_share));
    put("nodata", percent(found.nodata.pm25) + " / " + percent(found.nodata.population));
    const used = Object.values(found.sources).filter(Boolean).map((one) => [one.name, one.day].filter(Boolean).join(" "));
    put("sources", used.join("；") + " — " + found.weighting[document.documentElement.lang.startsWith("zh") ? "zh" : "en"]);
    this.box.hidden = !used.length; document.body.dataset.exposure = String(Math.round(found.people || 0));
  }
}
