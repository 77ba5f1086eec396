// The editor of the page Change: numbers of lines, findings as one types and then the
// difference, and what the server would have to be asked for otherwise.

import { ask, put, say, word } from "./live.js";

const form = document.getElementById("draft");
if (form) edit(form);

function edit(form) {
  const text = form.elements.text, upload = form.elements.upload, numbers = form.querySelector(".numbers");
  const check = document.getElementById("check"), result = document.getElementById("result"), caret = document.getElementById("caret");
  const pause = 250; // milliseconds without a key
  const began = text.defaultValue;
  let timer, running, leaving = false, counted = 0;
  const page = Array.from(crypto.getRandomValues(new Uint8Array(8)), (b) => b.toString(16)).join("");

  function number() {
    const lines = text.value.split("\n").length;
    if (lines !== counted) {
      counted = lines;
      let all = "";
      for (let i = 1; i <= lines; i++) all += i + "\n";
      numbers.textContent = all;
      numbers.style.setProperty("--numbers", `${String(lines).length + 2.5}ch`);
    }
    numbers.scrollTop = text.scrollTop;
  }

  function tellCaret() {
    const before = text.value.slice(0, text.selectionStart).split("\n");
    caret.textContent = word("caret", before.length, before[before.length - 1].length + 1);
  }

  // One question after the other; a newer text ends the older one's.
  async function go() {
    running?.abort();
    const mine = (running = new AbortController());
    const send = (part) => {
      const data = new FormData(form);
      data.delete("upload");
      data.append("page", page);
      return ask(form.getAttribute("action"), part, { method: "POST", body: data, signal: mine.signal });
    };
    let where = check;
    check.setAttribute("aria-busy", "true");
    result.setAttribute("aria-busy", "true");
    try {
      const findings = await send("check");
      if (running !== mine) return;
      put(check, findings);
      check.removeAttribute("aria-busy");
      where = result;
      const differs = text.value !== began || check.querySelector("[data-clean=yes]");
      if (differs) {
        const difference = await send("result");
        if (running === mine) put(result, difference);
      } else {
        result.replaceChildren();
      }
    } catch (problem) {
      if (problem.name !== "AbortError" && running === mine) say(where, problem.message, "notice error");
    } finally {
      if (running === mine) {
        check.removeAttribute("aria-busy");
        result.removeAttribute("aria-busy");
      }
    }
  }

  function later() {
    // What was shown is not what would be saved any more.
    for (const old of document.getElementsByName("seal")) old.value = "";
    clearTimeout(timer);
    timer = setTimeout(go, pause);
  }

  function to(line, column = 1) {
    const lines = text.value.split("\n");
    line = Math.min(Math.max(line, 1), lines.length);
    let start = 0;
    for (let i = 0; i < line - 1; i++) start += lines[i].length + 1;
    // Columns count bytes.
    let at = start;
    for (let bytes = 1; bytes < column && at < start + lines[line - 1].length; at++) {
      const code = text.value.charCodeAt(at);
      bytes += code < 0x80 ? 1 : code < 0x800 ? 2 : code >= 0xd800 && code < 0xe000 ? 2 : 3;
    }
    text.focus({ preventScroll: true });
    text.setSelectionRange(at, start + lines[line - 1].length);
    text.scrollTop = Math.max(0, (line - 4) * 20);
    text.scrollLeft = 0;
    text.scrollIntoView({ block: "nearest" });
    number();
    tellCaret();
  }

  function followHash() {
    const line = /^#L(\d+)$/.exec(location.hash);
    if (line) to(Number(line[1]));
  }

  text.addEventListener("input", () => { number(); later(); });
  text.addEventListener("scroll", () => { numbers.scrollTop = text.scrollTop; });
  document.addEventListener("selectionchange", () => { if (document.activeElement === text) tellCaret(); });
  form.elements.log.addEventListener("change", later);
  const drop = document.getElementById("drop"), told = document.getElementById("told");
  async function take(file) {
    const data = new FormData();
    data.append("log", file);
    told.textContent = word("taking", file.name);
    try {
      const answer = JSON.parse(await ask("log-drop", "dropped", { method: "POST", body: data }));
      const choice = new Option(file.name, answer.log, false, true);
      form.elements.log.add(choice);
      told.textContent = word("taken", file.name);
      later();
    } catch (problem) {
      told.textContent = problem.message;
    }
  }
  drop.addEventListener("change", async () => {
    if (drop.files.length) await take(drop.files[0]);
    drop.value = "";
  });
  document.addEventListener("dragover", (event) => { if (event.dataTransfer.types.includes("Files")) event.preventDefault(); });
  document.addEventListener("drop", (event) => {
    const file = event.dataTransfer.files[0];
    if (!file) return;
    event.preventDefault();
    if (event.target === text) replace(file);
    else take(file);
  });
  async function replace(file) {
    text.value = await file.text();
    number();
    later();
  }
  upload.addEventListener("change", async () => {
    if (!upload.files.length) return;
    await replace(upload.files[0]);
    upload.value = "";
  });
  form.addEventListener("submit", (event) => {
    if (event.submitter?.value === "show") {
      event.preventDefault();
      clearTimeout(timer);
      go();
      return;
    }
    leaving = event.submitter?.value !== "patch";
  });
  addEventListener("beforeunload", (event) => { if (!leaving && text.value !== began) event.preventDefault(); });
  addEventListener("hashchange", followHash);
  document.addEventListener("click", async (event) => {
    const link = event.target.closest('a[href^="#L"]');
    if (link) {
      event.preventDefault();
      history.replaceState(null, "", link.getAttribute("href"));
      to(Number(link.getAttribute("href").slice(2)), Number(link.dataset.column ?? 1));
      return;
    }
    const copy = event.target.closest("button.copy");
    if (!copy) return;
    const told = copy.parentElement.querySelector(".copied");
    try {
      await navigator.clipboard.writeText(document.getElementById(copy.dataset.copy).textContent);
      told.textContent = word("copied");
    } catch (problem) {
      told.textContent = word("failed", problem.message);
    }
  });
  function ready() {
    for (const copy of document.querySelectorAll("button.copy")) copy.hidden = !navigator.clipboard;
  }
  document.addEventListener("part", ready);
  ready();
  number();
  followHash();
  if (text.value !== began) later(); // somebody was faster than this script, or the browser has put it back
  new ResizeObserver(number).observe(text);
}
