// Drops a log with its progress, looks after one that is being decided, and says when the
// policy has changed.
import { ask, put, say, word } from "./live.js";

const refused = document.getElementById("refused"), form = document.getElementById("drop");

function size(bytes) {
  const names = ["B", "KiB", "MiB", "GiB"];
  let i = 0;
  while (bytes >= 1024 && i < names.length - 1) {
    bytes /= 1024;
    i++;
  }
  return (i && bytes < 10 ? bytes.toFixed(1) : Math.round(bytes)) + " " + names[i];
}

function send() {
  const file = form.elements.log.files[0];
  if (!file) return form.requestSubmit();
  refused.replaceChildren();
  if (file.size > Number(form.dataset.limit)) {
    say(refused, word("log.large", size(Number(form.dataset.limit))), "notice error");
    return;
  }
  const sending = document.getElementById("sending"), bar = document.getElementById("sent"), text = document.getElementById("sent-text");
  const request = new XMLHttpRequest();
  const button = form.querySelector("button:not([type])");
  const stop = document.getElementById("stop-sending");
  const end = (message) => {
    sending.hidden = true;
    button.disabled = false;
    if (message) say(refused, message, "notice error");
  };
  request.upload.addEventListener("progress", (event) => {
    bar.value = event.total ? (100 * event.loaded) / event.total : 0;
    text.textContent = word("log.sent", size(event.loaded), size(event.total));
  });
  request.addEventListener("load", () => {
    if (request.status === 201) location.assign(JSON.parse(request.responseText).page);
    else end(request.responseText.slice(0, 1000) || word("failed", request.status));
  });
  request.addEventListener("error", () => end(word("log.broken")));
  request.addEventListener("abort", () => end());
  stop.onclick = () => request.abort();
  bar.value = 0;
  sending.hidden = false;
  button.disabled = true;
  request.open("POST", form.getAttribute("action"));
  request.setRequestHeader("X-Part", "dropped");
  request.send(new FormData(form));
}

if (form) {
  const zone = form.querySelector(".zone");
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    send();
  });
  const holdsFiles = (event) => [...(event.dataTransfer?.types ?? [])].includes("Files");
  for (const kind of ["dragenter", "dragover"]) {
    document.addEventListener(kind, (event) => {
      if (!holdsFiles(event)) return;
      event.preventDefault();
      zone.classList.add("over");
    });
  }
  document.addEventListener("dragleave", (event) => {
    if (!event.relatedTarget) zone.classList.remove("over");
  });
  document.addEventListener("drop", (event) => {
    if (!holdsFiles(event)) return;
    event.preventDefault();
    zone.classList.remove("over");
    if (event.dataTransfer.files.length !== 1) {
      say(refused, word("log.one"), "notice error");
      return;
    }
    form.elements.log.files = event.dataTransfer.files;
    send();
  });
}

const result = document.getElementById("result"), stale = document.getElementById("stale");
const pause = 500, look = 5000; // milliseconds

/** follow asks how far a log is until it is decided; then the page is shown with all of it. */
async function follow() {
  while (result.querySelector("[data-again]")) {
    await new Promise((done) => setTimeout(done, pause));
    try {
      const markup = await ask(location.href, "result");
      const parsed = document.createElement("template");
      put(parsed, markup);
      const running = parsed.content.querySelector("[data-again]");
      if (!running) return location.reload();
      result.querySelector("progress").value = running.querySelector("progress").value;
      result.querySelector("[data-read]").textContent = running.querySelector("[data-read]").textContent;
    } catch (problem) {
      return say(result, problem.message, "notice error");
    }
  }
  watch();
}

/** watch says when the policy is not the one any more that the log was decided by. */
function watch() {
  setInterval(async () => {
    if (stale.firstElementChild) return;
    try {
      const markup = await ask(location.href, "stale");
      if (markup.trim()) put(stale, markup);
    } catch {
      // The next page says what is wrong.
    }
  }, look);
}

if (result) follow();
