// 编辑: while somebody types, the same look at the change that the preview gives.
import { element } from "./nodes.js";
import { symbol } from "./symbols.js";

const QUIET = 700;
const form = document.querySelector("form[data-edit]"), line = form.querySelector("[data-live]"), list = form.querySelector("[data-live-list]");
let timer, turn = 0;

function row(verdict) {
  const item = element("li"), words = element("span", "edit-live-words");
  words.append(symbol(verdict.before, 18), element("span", null, verdict.words[0] + " → "), symbol(verdict.after, 18), element("b", null, verdict.words[1]));
  item.append(element("span", null, verdict.title + " " + verdict.code), words);
  return item;
}

// What a folded list holds stands in its head.
function name(fold) {
  const head = fold.querySelector("[data-chosen]"), words = [...fold.querySelectorAll("input:checked")].map((box) => box.parentElement.textContent);
  head.textContent = words.join(" ") || head.dataset.chosen;
}

// A fault that is mended goes; new ones are told at their fields by the preview.
function mended(found) {
  for (const box of form.querySelectorAll(".has-fault")) {
    const field = box.querySelector("[name]");
    if (field.name.slice(2) in found.faults) continue;
    box.classList.remove("has-fault"); field.removeAttribute("aria-invalid");
    box.querySelector(".fault").remove();
  }
}

function show(found) {
  mended(found);
  const changed = found.verdicts.filter((one) => one.changed);
  list.replaceChildren(...changed.map(row));
  if (Object.keys(found.faults).length) line.textContent = form.dataset.faulty + "：" + Object.values(found.faults)[0][0];
  else if (!found.changed.length) line.textContent = form.dataset.unchanged;
  else line.textContent = changed.length ? "" : form.dataset.same;
}

async function look() {
  const mine = ++turn, body = new FormData(form);
  body.set("step", "preview");
  try {
    const answer = await fetch(form.action, { method: "POST", body, headers: { Accept: "application/json" } });
    if (answer.ok && mine === turn && answer.headers.get("Content-Type").includes("json")) show(await answer.json());
  } catch (fault) { console.info("preview", fault && fault.name); }
}

for (const fold of form.querySelectorAll("details.edit-boxes")) fold.addEventListener("change", () => name(fold));
form.addEventListener("input", () => { clearTimeout(timer); timer = setTimeout(look, QUIET); });

// Enter in a field looks at the change; nothing is stored by it. Faults are shown first.
const fault = form.querySelector(".has-fault input, .has-fault select, .has-fault textarea");
if (fault) fault.focus();
