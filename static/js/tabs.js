// Tabs: one panel at a time; arrows move between them.
export function tabs(root) {
  const all = [...root.querySelectorAll("[role=tab]")];
  const open = (tab) => {
    for (const one of all) {
      const mine = one === tab;
      one.setAttribute("aria-selected", String(mine)); one.tabIndex = mine ? 0 : -1;
      document.getElementById(one.getAttribute("aria-controls")).hidden = !mine;
    }
  };
  for (const [at, tab] of all.entries()) {
    tab.addEventListener("click", () => open(tab));
    tab.addEventListener("keydown", (event) => {
      const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
      if (!step) return;
      const next = all[(at + step + all.length) % all.length];
      open(next); next.focus();
    });
  }
  if (all.length) open(all[0]);
  // A link to something in a panel opens that panel.
  const follow = () => {
    const target = window.location.hash.length > 1 && document.getElementById(decodeURIComponent(window.location.hash.slice(1)));
    const tab = target && all.find((one) => document.getElementById(one.getAttribute("aria-controls")).contains(target));
    if (tab) { open(tab); target.scrollIntoView({ block: "start" }); }
  };
  window.addEventListener("hashchange", follow);
  follow();
}
