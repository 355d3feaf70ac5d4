// What a click on the map tells of a row; text only as text nodes.
import { element } from "./nodes.js";
import { kindOf, symbol } from "./symbols.js";

function link(app, url) {
  const made = element("a", "popup-link", app.words.open + " →");
  made.href = url;
  return made;
}

export function areaPopup(app, p, title) {
  const box = element("div", "map-popup");
  box.append(element("div", "popup-kind", title), element("div", "popup-title", p.label || p.key));
  if (p.label !== p.key) box.append(element("div", "popup-kind", p.key));
  if (p.url) box.append(link(app, p.url));
  return box;
}

export function facilityPopup(app, p) {
  const box = element("div", "map-popup"), head = element("div", "popup-verdict"), counts = element("div", "popup-counts"), verdicts = app.config.verdicts;
  head.append(symbol(kindOf(p), 18), element("span", "verdict verdict-" + p.verdict, p.near ? app.words.near : verdicts[p.verdict]));
  box.append(head, element("div", "popup-title", p.name || p.key), element("div", "popup-kind", [p.key, p.town].filter(Boolean).join(" · ")));
  for (const [verdict, number] of Object.entries(p.counts || {})) {
    const one = element("span", "popup-count");
    one.append(symbol(verdict, 18), element("span", null, verdicts[verdict] + " " + number));
    counts.append(one);
  }
  if (counts.childNodes.length) box.append(counts);
  if (p.url) box.append(link(app, p.url));
  return box;
}
