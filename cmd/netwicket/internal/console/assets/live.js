// Forms that answer as one types: <form data-live="ID"> asks its action for the part ID
// and puts it into the element of that id. A form of method get keeps the address of the
// page true, so that it is a link to exactly this.

const words = JSON.parse(document.getElementById("words").textContent);

// The only way for markup into the page: what this site has rendered.
const policy = window.trustedTypes?.createPolicy("parts", { createHTML: (text) => text }) ?? { createHTML: (text) => text };

/** word is a text of english.txt, script.*, with its values in place of %s. */
export function word(key, ...values) {
  return (words[key] ?? key).replace(/%[sd]/g, () => values.shift());
}

/** put replaces what is in an element by a part that the site has rendered. */
export function put(element, markup) {
  element.innerHTML = policy.createHTML(markup);
  element.dispatchEvent(new CustomEvent("part", { bubbles: true }));
}

/** ask fetches a part; the error is one to show. */
export async function ask(url, part, options = {}) {
  let answer;
  try {
    answer = await fetch(url, { ...options, headers: { ...options.headers, "X-Part": part } });
  } catch (problem) {
    if (problem.name === "AbortError") throw problem;
    throw new Error(word("failed", problem.message));
  }
  const text = await answer.text();
  if (!answer.ok) throw new Error(word("failed", text.slice(0, 500) || String(answer.status)));
  return text;
}

/** say shows a text that is no markup in an element. */
export function say(element, text, kind = "notice") {
  const line = document.createElement("p");
  line.className = kind;
  line.textContent = text;
  element.replaceChildren(line);
}

const pause = 120; // milliseconds without a key before the question is asked

function live(form) {
  const part = form.dataset.live, target = document.getElementById(part);
  let timer, running;
  async function go() {
    running?.abort();
    const mine = (running = new AbortController());
    const data = new FormData(form);
    target.setAttribute("aria-busy", "true");
    try {
      let markup;
      if (form.method === "get") {
        const query = new URLSearchParams(data).toString();
        history.replaceState(null, "", query ? "?" + query : location.pathname);
        markup = await ask(form.getAttribute("action") + "?" + query, part, { signal: mine.signal });
      } else {
        markup = await ask(form.dataset.action ?? form.getAttribute("action"), part, { method: "POST", body: data, signal: mine.signal });
      }
      if (running === mine) put(target, markup);
    } catch (problem) {
      if (problem.name !== "AbortError" && running === mine) say(target, problem.message);
    } finally {
      if (running === mine) target.removeAttribute("aria-busy");
    }
  }
  form.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(go, pause);
  });
  if (form.method === "get") {
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      clearTimeout(timer);
      go();
    });
  }
}

for (const form of document.querySelectorAll("form[data-live]")) live(form);
