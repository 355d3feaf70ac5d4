// Snapshots that are being made: how far they are; the page shows the file once it is there.
async function wait(bar) {
  const answer = await fetch(`/api/snapshots/${bar.dataset.snapshot}`, { headers: { Accept: "application/json" } });
  const job = answer.ok ? await answer.json() : { state: "failed" };
  if (job.state !== "making") { window.location.reload(); return; }
  bar.value = job.progress;
  setTimeout(wait, 700, bar);
}
for (const bar of document.querySelectorAll("[data-snapshot]")) wait(bar);
