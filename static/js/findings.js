import { ready } from "./map.js";

ready().then(async (app) => {
  const url = new URL("/api/facilities", window.location.href);
  for (const [name, value] of new URLSearchParams(window.location.search)) if (name !== "page" && name !== "lang" && name !== "layers") url.searchParams.append(name, value);
  const rows = [...document.querySelectorAll("tr[data-key]")];
  const choose = (layer, key, scroll) => {
    for (const row of rows) {
      const mine = row.dataset.layer === layer && row.dataset.key === key;
      row.classList.toggle("chosen", mine);
      if (mine && scroll) row.scrollIntoView({ block: "nearest" });
    }
  };
  for (const row of rows) {
    const show = () => { choose(row.dataset.layer, row.dataset.key, false); app.select(row.dataset.layer, row.dataset.key); };
    row.addEventListener("mouseenter", show);
    row.addEventListener("focusin", show);
  }
  app.on("select", (p) => choose(p.layer, p.key, true));
  await Promise.all([app.start(), app.showFacilities(url.pathname + url.search)]);
  document.body.dataset.ready = "map";
});
