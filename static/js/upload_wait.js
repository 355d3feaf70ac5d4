// An upload that is being checked: tells how far it is, and loads the page again when the check is over.
async function look(key) {
  const bar = document.querySelector("[data-check]");
  const answer = await fetch(`/api/imports/${key}`, { headers: { Accept: "application/json" } });
  const job = answer.ok ? await answer.json() : { state: "refused" };
  if (job.state !== "checking") { window.location.reload(); return; }
  if (bar) bar.value = job.progress;
  setTimeout(() => look(key), 700);
}

/** The key of the page's upload; where it is being checked, the page waits for the end of it. */
export function uploadOf(page) {
  if (page.dataset.state === "checking") look(page.dataset.import);
  return page.dataset.import;
}
