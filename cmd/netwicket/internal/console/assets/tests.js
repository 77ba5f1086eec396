// The page Tests: asks whether there are other results, for as long as somebody looks.

import { ask, put, word } from "./live.js";

const results = document.getElementById("results"), gone = document.getElementById("gone"), announced = document.getElementById("announced");
const every = 2000; // milliseconds from one answer to the next question
let timer, asking = false;

async function look() {
  clearTimeout(timer);
  if (asking || document.visibilityState !== "visible") return;
  asking = true;
  const query = new URLSearchParams(location.search);
  query.set("since", results.querySelector("[data-run]")?.dataset.run ?? "");
  try {
    const markup = await ask("tests?" + query, "results");
    gone.hidden = true;
    if (markup) {
      put(results, markup);
      announced.textContent = results.querySelector(".summary")?.textContent ?? "";
    }
  } catch (problem) {
    gone.textContent = word("gone", problem.message);
    gone.hidden = false;
  }
  asking = false;
  timer = setTimeout(look, every);
}

document.addEventListener("visibilitychange", look);
timer = setTimeout(look, every);
