// Cells of the workspace's forms are looked for by code or name instead of being listed; without a script they are typed.
import { button, element } from "./nodes.js";

const AFTER = 180;

async function named(layer, text) {
  const url = new URL(`/api/drafts/units/${layer}/names`, window.location.href);
  url.searchParams.set("q", text);
  if (document.body.dataset.asked) url.searchParams.set("as_of", document.body.dataset.asOf);
  const answer = await fetch(url, { headers: { Accept: "application/json" }, credentials: "same-origin" });
  return answer.ok ? (await answer.json()).units : [];
}

// Fill the list of suggestions of a field while somebody types.
function suggest(input, layer) {
  let timer, turn = 0;
  input.addEventListener("input", () => {
    clearTimeout(timer);
    const text = input.value.trim(), mine = ++turn;
    if (!text) return;
    timer = setTimeout(async () => {
      const found = await named(layer, text).catch(() => []);
      if (mine !== turn) return;
      input.list.replaceChildren(...found.map(({ key, label }) => {
        const option = element("option", "", label === key ? null : label);
        option.value = key;
        return option;
      }));
    }, AFTER);
  });
}

// A field for many codes: chips for those chosen, a field that looks for more.
class Chooser {
  constructor(root) {
    this.words = root.dataset; this.kept = root.querySelector("textarea"); this.chips = element("ul", "chips"); this.said = element("p", "small muted");
    this.said.setAttribute("role", "status");
    this.input = element("input"); this.input.autocomplete = "off"; this.input.placeholder = this.words.hint; this.input.setAttribute("aria-label", this.words.word);
    const list = element("datalist"), line = element("div", "chooser-line");
    list.id = "chosen-" + this.words.choose; this.input.setAttribute("list", list.id);
    line.append(this.input, button("", this.words.add, () => this.add()));
    this.kept.hidden = true;
    root.append(line, list, this.said, this.chips);
    suggest(this.input, this.words.choose);
    this.input.addEventListener("keydown", (event) => { if (event.key === "Enter") { event.preventDefault(); this.add(); } });
    root.closest("form").addEventListener("submit", () => { if (this.input.value.trim()) this.codes = [...this.codes, this.input.value.trim()]; });
    this.draw();
  }

  get codes() { return this.kept.value.split(/[\s,，、;；]+/).filter(Boolean); }

  set codes(all) { this.kept.value = [...new Set(all)].join("\n"); this.draw(); }

  async add() {
    const text = this.input.value.trim();
    if (!text) return;
    const found = await named(this.words.choose, text).catch(() => []), exact = found.find(({ key, label }) => key === text || label === text);
    if (!exact && found.length !== 1) { this.said.textContent = this.words.none + text; return; }
    this.said.textContent = ""; this.input.value = "";
    this.codes = [...this.codes, (exact || found[0]).key];
    this.input.focus();
  }

  draw() {
    this.chips.replaceChildren(...this.codes.map((code) => {
      const item = element("li"), away = button("", code + " ×", () => { this.codes = this.codes.filter((one) => one !== code); this.input.focus(); });
      away.setAttribute("aria-label", this.words.remove + " " + code);
      item.append(away);
      return item;
    }));
  }
}

for (const input of document.querySelectorAll("input[data-suggest]")) suggest(input, input.dataset.suggest);
for (const root of document.querySelectorAll("[data-choose]")) new Chooser(root);
