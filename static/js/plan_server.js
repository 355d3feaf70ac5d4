// The draft on the server: every step is saved in order, and nobody's work is overwritten unasked.
import { button } from "./nodes.js";

export class Changed extends Error {}

export class Refusal extends Error { constructor(told) { super(told.detail); this.issues = told.issues || []; } }

// One call of the workspace. What is refused with a sentence comes back as an answer (X-Told), so that an outline crossing
// itself is no error of the page.
export async function send(url, body, token) {
  const answer = await fetch(url, {
    method: "POST", credentials: "same-origin", body: typeof body === "string" ? body : JSON.stringify(body),
    headers: { "Content-Type": "application/json", Accept: "application/json", "X-CSRFToken": token, "X-Told": "1" },
  });
  const told = await answer.json().catch(() => ({}));
  const status = answer.ok && told.detail ? told.status : answer.status;
  if (status === 409) throw new Changed(told.detail || "409");
  if (status >= 400) throw new Refusal({ detail: told.detail || String(status), issues: told.issues });
  return told;
}

export class Server {
  constructor(number, token, words) {
    this.number = number; this.token = token; this.words = words; this.chain = Promise.resolve(); this.waiting = 0; this.draft = null;
  }

  async get(url) {
    const answer = await fetch(url, { headers: { Accept: "application/json" }, credentials: "same-origin" });
    if (!answer.ok) throw new Error(String(answer.status));
    return answer.json();
  }

  post(url, body) { return send(url, body, this.token); }

  // The rows of a polygon layer on a day, as areas to choose from or to snap to.
  unitsOf(layer, day) { return this.get("/api/drafts/units/" + layer + (day ? "?as_of=" + day : "")).catch(() => ({ type: "FeatureCollection", features: [] })); }

  _url(what) { return "/api/drafts/" + this.number + (what ? "/" + what : ""); }

  async load() { this._take(await this.get(this._url(""))); return this.draft; }

  _take(draft) {
    this.draft = draft;
    for (const field of document.querySelectorAll("[data-revision]")) field.value = draft.revision;
    if (this.onDraft) this.onDraft(draft);
    return draft;
  }

  // Changes go one after another; what a failed one holds stays with the page until it is decided.
  _queue(what, body, redraw) {
    this.waiting += 1; this._state();
    const run = async () => {
      try {
        const draft = this._take(await this.post(this._url(what), { revision: this.draft.revision, ...body }));
        this.failed = null;
        if (redraw && this.onGeometry) this.onGeometry(draft);
        return draft;
      } catch (fault) {
        this.failed = { what, body, text: fault.message };
        if (fault instanceof Changed) await this._conflict(fault.message, what, body);
        else if (redraw && this.onGeometry) { this.failed = null; this._say(fault.message); }
        return null;
      } finally { this.waiting -= 1; this._state(); }
    };
    this.chain = this.chain.then(run, run);
    return this.chain;
  }

  save(geometry, kind, props) { return this._queue("steps", { geometry, kind, ...(props ? { props } : {}) }, false); }
  go(to) { return this._queue("go", { to: String(to) }, true); }
  paint(units) { return this._queue("units", { units }, true); }
  aside(issue, reason) { return this.post(this._url("aside"), { code: issue.code, lonlat: issue.lonlat || null, text: issue.text, neighbour: issue.neighbour || "", reason }); }
  again() { if (!this.failed) return this.chain; const { what, body } = this.failed; return this._queue(what, body, what !== "steps"); }

  _say(text) { if (this.onSay) this.onSay(text); }

  // Nothing was changed after all: what is saved is shown again.
  settled() { this._state(); }

  _state() { if (this.onState) this.onState(this.waiting ? "saving" : this.failed ? "failed" : "saved", this.failed ? this.failed.text : ""); }

  // Somebody else drew on this draft: both are kept, the user decides. Esc means later.
  async _conflict(text, what, body) {
    const theirs = await this.get(this._url("")).catch(() => null), box = document.getElementById("conflict"), choices = document.getElementById("conflict-choices");
    document.getElementById("conflict-title").textContent = this.words.conflict;
    document.getElementById("conflict-text").textContent = text;
    if (theirs && this.onTheirs) this.onTheirs(theirs);
    const mine = body.geometry ? body : { ...body, geometry: this.onMine ? this.onMine() : null };
    const close = () => { box.close(); if (this.onTheirs) this.onTheirs(null); };
    const choose = (name, act) => button(name === "mine" ? "primary" : "", this.words[name], async () => {
      close();
      try { await act(); this.failed = null; } catch (fault) { this.failed = { what, body, text: fault.message }; }
      this._state();
    });
    choices.replaceChildren(
      choose("mine", async () => { const draft = this._take(await this.post(this._url("mine"), { geometry: mine.geometry, ...(mine.props ? { props: mine.props } : {}) })); if (this.onGeometry) this.onGeometry(draft); }),
      choose("theirs", async () => { const draft = await this.load(); if (this.onGeometry) this.onGeometry(draft); }),
      choose("fork", async () => { const made = await this.post(this._url("fork"), { geometry: mine.geometry, ...(mine.props ? { props: mine.props } : {}), name: this.draft.name + " " + this.words.copy }); this.failed = null; window.location.assign("/plan/" + made.id); }),
      button("", this.words.later, close),
    );
    if (!box.open) box.showModal();
  }
}
