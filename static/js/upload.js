// 数据导入: drag and drop and progress; without this module the form sends itself.
const form = document.querySelector("[data-upload]");
if (form) {
  const zone = form.querySelector("[data-drop]"), input = form.querySelector("[data-files]"), names = form.querySelector("[data-names]");
  const bar = form.querySelector("[data-progress]"), said = form.querySelector("[data-said]"), send = form.querySelector("button.primary");
  const show = () => { names.textContent = [...input.files].map((file) => file.name).join("、"); };
  input.addEventListener("change", show);
  for (const kind of ["dragenter", "dragover"]) zone.addEventListener(kind, (event) => { event.preventDefault(); zone.classList.add("over"); });
  for (const kind of ["dragleave", "drop"]) zone.addEventListener(kind, (event) => { event.preventDefault(); zone.classList.remove("over"); });
  zone.addEventListener("drop", (event) => { if (event.dataTransfer.files.length) { input.files = event.dataTransfer.files; show(); } });

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const request = new XMLHttpRequest();
    request.open("POST", form.action);
    request.setRequestHeader("Accept", "application/json");
    request.upload.addEventListener("progress", ({ loaded, total }) => {
      bar.hidden = false;
      bar.value = total ? (loaded / total) * 100 : 0;
      said.textContent = `${form.dataset.sending} ${Math.round(bar.value)} %`;
    });
    const failed = (text) => { said.textContent = text || form.dataset.failed; send.disabled = false; bar.hidden = true; };
    request.addEventListener("load", () => {
      if (request.status === 201) { window.location.assign(JSON.parse(request.responseText).url); return; }
      const page = new DOMParser().parseFromString(request.responseText, "text/html");
      failed(page.querySelector("main p, main h1")?.textContent.trim());
    });
    request.addEventListener("error", () => failed(""));
    send.disabled = true;
    request.send(new FormData(form));
  });
}
for (const asked of document.querySelectorAll("form[data-sure]")) {
  asked.addEventListener("submit", (event) => { if (!window.confirm(asked.dataset.sure)) event.preventDefault(); });
}
