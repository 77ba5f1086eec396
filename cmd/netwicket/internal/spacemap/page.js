const data = JSON.parse(document.getElementById("map-data").textContent);
const tip = document.getElementById("tip");
const answer = document.getElementById("answer");
const dark = matchMedia("(prefers-color-scheme: dark)");
const size = 1024; // of a canvas
const deepest = [16, 64]; // how long a network can be looked into, of IPv4 and IPv6

const byId = (id) => document.getElementById(id);
const style = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

let filter = null; // which outcomes are chosen; null: all

function element(kind, text, parent, className) {
  const made = document.createElement(kind);
  if (text) made.textContent = text;
  if (className) made.className = className;
  parent.append(made);
  return made;
}

// Panel is one map. Its view is a network, and for all of IPv6 the cells that
// package spacemap chose, which view.cells has.
class Panel {
  constructor(index, top) {
    this.family = families[index];
    this.index = index;
    this.canvas = byId("map" + this.family.name.slice(3));
    this.path = byId("path" + this.family.name.slice(3));
    this.about = byId("about" + this.family.name.slice(3));
    this.top = top;
    this.frame = null; // the network that is spoken of
    this.cursor = null; // the square that the keys chose: column and row
    this.canvas.addEventListener("pointermove", (event) => this.pointed(event));
    this.canvas.addEventListener("pointerleave", () => this.hide());
    this.canvas.addEventListener("click", (event) => this.clicked(event));
    this.canvas.addEventListener("keydown", (event) => this.key(event));
    new ResizeObserver(() => this.draw()).observe(this.canvas);
    this.canvas.addEventListener("blur", () => { this.cursor = null; this.hide(); });
    this.go(top);
  }

  // across is how many squares a row has, order the curve through a network's pixels.
  across() { return this.view.cells ? this.view.across : 16; }
  order() {
    if (this.view.cells) return 10 - Math.log2(this.view.across);
    return Math.min(10, (this.family.bits - this.view.bits) / 2);
  }

  go(view) {
    this.view = view;
    this.frame = this.cursor = null;
    this.path.textContent = "";
    const steps = [this.top];
    if (view !== this.top) {
      for (let bits = this.top.bits + (this.top.cells ? 0 : 8); bits <= view.bits; bits += 8) steps.push(network(this.family, view.first, bits));
      const back = element("button", "Back", this.path);
      back.type = "button";
      back.addEventListener("click", () => this.out());
    }
    steps.forEach((step, i) => {
      if (i > 0) element("span", "\u203a", this.path).setAttribute("aria-hidden", "true");
      const name = step === this.top ? "All of " + this.family.name : networkText(step);
      if (i === steps.length - 1) {
        element("span", name, this.path).setAttribute("aria-current", "location");
        return;
      }
      const button = element("button", name, this.path);
      button.type = "button";
      button.addEventListener("click", () => { this.go(step); this.canvas.focus(); });
    });
    this.above = steps.length > 1 ? steps[steps.length - 2] : null;
    this.explain();
    this.render();
  }

  // explain says what a square and a pixel are.
  explain() {
    const view = this.view, family = this.family;
    const squares = view.cells ? view.bits : view.bits + 8;
    const pixel = view.bits + 2 * this.order();
    let text = "Each square is a /" + squares + ", each pixel " + (pixel === family.bits ? "one address" : "a /" + pixel + (family.bits === 32 ? " of " + amount(family, family.power(family.bits - pixel)) : ""));
    text += view.cells ? ", in each square on a Hilbert curve." : ", on a Hilbert curve.";
    if (view.cells && view.cells.length === 0) text = "No zone, list or source names any of it.";
    if (view.cells && data.elsewhere) text += " " + data.elsewhere + ".";
    this.about.textContent = text;
  }

  render() {
    const view = this.view, order = this.order(), paper = dark.matches ? [22, 24, 27] : [255, 255, 255];
    const paints = paintsOf(data, filter, paper);
    const picture = document.createElement("canvas"), side = 2 ** order * (view.cells ? view.across : 1);
    picture.width = picture.height = side;
    const pen = picture.getContext("2d");
    const put = (net, x, y) => pen.putImageData(new ImageData(raster(net, order, paints), 2 ** order, 2 ** order), x, y);
    if (view.cells) view.cells.forEach((cell, i) => put(cell, (i % view.across) * 2 ** order, Math.floor(i / view.across) * 2 ** order));
    else put(view, 0, 0);
    this.picture = picture;
    this.draw();
  }

  // draw puts the picture, the squares and what is spoken of on the canvas.
  draw() {
    if (!this.picture) return;
    const pen = this.canvas.getContext("2d"), across = this.across(), cell = size / across;
    pen.clearRect(0, 0, size, size);
    pen.imageSmoothingEnabled = false;
    pen.drawImage(this.picture, 0, 0, size, size);
    pen.fillStyle = dark.matches ? "rgba(255, 255, 255, .25)" : "rgba(0, 0, 0, .28)";
    for (let row = 0; row < across; row++) {
      for (let column = 0; column < across; column++) {
        if (!this.squareAt(column, row)) continue;
        pen.fillRect(column * cell, row * cell, cell, 1);
        pen.fillRect(column * cell, row * cell, 1, cell);
        if (this.view.cells) {
          pen.fillRect(column * cell, (row + 1) * cell, cell, 1);
          pen.fillRect((column + 1) * cell, row * cell, 1, cell);
        }
      }
    }
    // Letters are 11 pixels high on the screen, whatever the canvas is scaled to.
    const letters = Math.min(40, Math.max(13, (11 * size) / (this.canvas.clientWidth || size)));
    pen.font = letters + "px Helvetica Neue, Helvetica, Arial, Liberation Sans, sans-serif";
    for (let row = 0; row < across; row++) {
      for (let column = 0; column < across; column++) {
        const square = this.squareAt(column, row);
        if (!square) continue;
        const name = this.nameOf(square), wide = Math.min(pen.measureText(name).width, cell - 8);
        pen.fillStyle = "rgba(255, 255, 255, .78)";
        pen.fillRect(column * cell + 2, row * cell + 2, wide + 6, letters * 1.3);
        pen.fillStyle = "#1a1a1a";
        pen.fillText(name, column * cell + 5, row * cell + 1 + letters, cell - 8);
      }
    }
    if (this.frame) this.box(this.placeOf(this.frame));
    if (this.cursor) this.box({ x: this.cursor[0] * cell, y: this.cursor[1] * cell, wide: cell, high: cell });
  }

  box(place) {
    if (!place) return;
    const pen = this.canvas.getContext("2d"), grown = Math.max(0, (9 - Math.min(place.wide, place.high)) / 2);
    for (const [colour, width] of [["#ffffff", 6], ["#1a1a1a", 2.5]]) {
      pen.strokeStyle = colour;
      pen.lineWidth = width;
      pen.strokeRect(place.x - grown, place.y - grown, place.wide + 2 * grown, place.high + 2 * grown);
    }
  }

  // nameOf is a square's name: of IPv4 the octets that are fixed.
  nameOf(square) {
    if (this.family.bits === 128) return text6(square.first);
    return text4(square.first).split(".").slice(0, square.bits / 8).join(".");
  }

  squareAt(column, row) {
    if (this.view.cells) return this.view.cells[row * this.view.across + column] || null;
    const bits = this.view.bits + 8;
    return network(this.family, this.view.first + this.family.word(stepAt(4, column, row)) * this.family.power(this.family.bits - bits), bits);
  }

  // pixelAt is the network of a pixel, by a point of the canvas.
  pixelAt(x, y) {
    const order = this.order(), across = this.view.cells ? this.view.across : 1, cell = size / across;
    const column = Math.floor(x / cell), row = Math.floor(y / cell);
    const net = this.view.cells ? this.squareAt(column, row) : this.view;
    if (!net) return null;
    const scale = cell / 2 ** order, bits = net.bits + 2 * order;
    const step = stepAt(order, Math.floor((x - column * cell) / scale), Math.floor((y - row * cell) / scale));
    return network(this.family, net.first + this.family.word(step) * this.family.power(this.family.bits - bits), bits);
  }

  // placeOf is where a network lies in the view: null if it does not, or not in one piece.
  placeOf(net) {
    const order = this.order();
    let within = this.view, x = 0, y = 0, side = size;
    if (this.view.cells) {
      const at = this.view.cells.findIndex((cell) => cell.first <= net.first && net.first <= cell.last);
      if (at < 0 || net.bits < this.view.bits) return null;
      within = this.view.cells[at];
      side = size / this.view.across;
      x = (at % this.view.across) * side;
      y = Math.floor(at / this.view.across) * side;
    }
    if (net.bits <= within.bits) return net.first <= within.first && within.last <= net.last ? { x, y, wide: side, high: side } : null;
    if (net.first < within.first || net.last > within.last) return null;
    const scale = side / 2 ** order, end = within.bits + 2 * order;
    const pieces = [];
    const square = (bits, first) => {
      const levels = Math.floor((bits - within.bits) / 2), below = order - levels;
      const pixel = Number((first - within.first) / this.family.power(this.family.bits - end));
      const [px, py] = pointAt(order, Math.floor(pixel)).map((n) => Math.floor(n / 2 ** below) * 2 ** below);
      pieces.push([px, py, px + 2 ** below, py + 2 ** below]);
    };
    if (net.bits >= end) square(end, net.first);
    else if ((net.bits - within.bits) % 2 === 0) square(net.bits, net.first);
    else {
      square(net.bits + 1, net.first);
      square(net.bits + 1, net.first + this.family.power(this.family.bits - net.bits - 1));
    }
    const left = Math.min(...pieces.map((p) => p[0])), above = Math.min(...pieces.map((p) => p[1]));
    const right = Math.max(...pieces.map((p) => p[2])), below = Math.max(...pieces.map((p) => p[3]));
    return { x: x + left * scale, y: y + above * scale, wide: (right - left) * scale, high: (below - above) * scale };
  }

  into(square) {
    if (!square || square.bits > deepest[this.index]) return;
    this.hide();
    this.go(square);
    speak(this.view);
  }

  out() {
    if (!this.above) return;
    this.hide();
    this.go(this.above);
    if (this.view !== this.top) speak(this.view);
    else answer.textContent = "All of " + this.family.name + ".";
    this.canvas.focus();
  }

  point(event) {
    const box = this.canvas.getBoundingClientRect();
    const x = ((event.clientX - box.left - this.canvas.clientLeft) / this.canvas.clientWidth) * size;
    const y = ((event.clientY - box.top - this.canvas.clientTop) / this.canvas.clientHeight) * size;
    return x >= 0 && y >= 0 && x < size && y < size ? [x, y] : null;
  }

  pointed(event) {
    const at = this.point(event), pixel = at && this.pixelAt(...at);
    if (!pixel) { this.hide(); return; }
    show(pixel);
    this.frame = pixel;
    this.draw();
    tip.hidden = false;
    const left = event.clientX + 18, below = event.clientY + 18;
    tip.style.left = Math.max(4, left + tip.offsetWidth > innerWidth ? event.clientX - 18 - tip.offsetWidth : left) + "px";
    tip.style.top = Math.max(4, Math.min(below, innerHeight - tip.offsetHeight - 4)) + "px";
  }

  clicked(event) {
    const at = this.point(event), cell = size / this.across();
    if (at) this.into(this.squareAt(Math.floor(at[0] / cell), Math.floor(at[1] / cell)));
  }

  key(event) {
    const moves = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
    if (event.key === "Escape") { this.out(); return; }
    if (event.key === "Enter" && this.cursor) { this.into(this.squareAt(...this.cursor)); return; }
    const move = moves[event.key];
    if (!move) return;
    event.preventDefault();
    const most = this.across() - 1;
    this.cursor = this.cursor ? this.cursor.map((n, i) => Math.min(most, Math.max(0, n + move[i]))) : [0, 0];
    const square = this.squareAt(...this.cursor);
    this.draw();
    if (square) speak(square);
    else answer.textContent = "Nothing is here.";
  }

  hide() {
    tip.hidden = true;
    if (!this.frame) return;
    this.frame = null;
    this.draw();
  }
}

// sentence is an outcome in words.
function sentence(outcome) {
  if (outcome.ground === "mapped") return "IPv4-mapped addresses are IPv4 addresses";
  if (outcome.mixed) return "several: " + outcome.mixed.map((category) => data.legend[category].name).join("; ");
  let text = outcome.after;
  if (data.compare) text = outcome.before === outcome.after ? "unchanged, " + outcome.after : outcome.change + " (" + outcome.before + " -> " + outcome.after + ")";
  if (outcome.ground === "reserved") text += "; reserved, and not counted";
  return text;
}

// purposes are the special blocks that a range is part of or holds, the most
// particular ones.
function purposes(family, first, last) {
  const names = [];
  for (const block of data.special) {
    const net = parseNetwork(block.network);
    if (net.family !== family || net.last < first || last < net.first) continue;
    if (net.first <= first && last <= net.last) names.length = 0;
    names.push(block.network + " " + block.name);
  }
  return names.length > 3 ? names.slice(0, 3).join(", ") + " and others" : names.join(", ");
}

// countriesIn names the countries of a range, the first few of them.
function countriesIn(family, first, last) {
  if (!data.countries) return "";
  if (family.bits === 128 && first >> 112n === 0x2002n) return ""; // databases repeat IPv4 here, and the page holds no countries
  const names = [];
  for (let i = indexOf(family.countries, first); i < family.countries.first.length && family.countries.first[i] <= last; i++) {
    const name = data.countries[family.countries.what[i]] || "unknown";
    if (names.includes(name)) continue;
    if (names.length === 6) return "countries " + names.join(", ") + " and others";
    names.push(name);
  }
  return (names.length > 1 ? "countries " : "country ") + names.join(", ");
}

function swatch(outcome, parent) {
  const colours = (outcome.mixed || [outcome.category]).map((category) => rgb(data.legend[category].colour));
  element("span", "", parent, "swatch").style.background = "rgb(" + mean(colours).join(", ") + ")";
}

// show fills the tip for a network.
function show(net) {
  const { family, first, last } = net, list = family.ranges, most = 7;
  tip.textContent = "";
  const from = indexOf(list, first), to = indexOf(list, last);
  const head = from === to ? "" : ": " + thousands(to - from + 1) + " ranges in this pixel";
  element("div", (net.bits === family.bits ? family.text(first) : networkText(net)) + head, tip, "head");
  for (let i = from; i <= to; i++) {
    if (i - from === most && to - i > 0) {
      element("div", "and " + thousands(to - i + 1) + " more ranges", tip, "faint");
      break;
    }
    const begin = list.first[i] > first ? list.first[i] : first;
    const end = lastOf(family, list, i), until = end < last ? end : last;
    const outcome = data.outcomes[list.what[i]], line = element("div", "", tip, "row");
    swatch(outcome, line);
    const words = element("div", "", line);
    element("div", rangeText(family, list.first[i], end), words);
    element("div", sentence(outcome), words);
    const where = [outcome.ground === "mapped" ? "" : countriesIn(family, begin, until), purposes(family, begin, until)].filter(Boolean).join("; ");
    if (where) element("div", where, words, "faint");
  }
}

// summary is how much of a network is allowed and denied.
function summary(net) {
  const parts = count(net.family, net.first, net.last), whole = net.last - net.first + net.family.one;
  const sums = { allowed: net.family.zero, denied: net.family.zero, several: net.family.zero, reserved: net.family.zero };
  for (const { outcome, size } of parts) {
    const what = data.outcomes[outcome];
    if (what.ground === "reserved") sums.reserved += size;
    if (what.mixed) sums.several += size;
    else if (what.allowed) sums.allowed += size;
    else if (what.ground !== "mapped") sums.denied += size;
  }
  return { parts, whole, ...sums };
}

// speak says how a network is decided, and by what.
function speak(net) {
  const { family } = net, found = summary(net), most = 8;
  answer.textContent = "";
  const name = net.bits === family.bits ? family.text(net.first) : networkText(net);
  let head = name + ": ";
  if (net.bits === family.bits) head += found.several > 0 ? "not told apart on this page" : found.allowed > 0 ? "allowed" : "denied";
  else {
    const words = [];
    for (const kind of ["allowed", "denied"]) {
      if (found[kind] === found.whole) words.push("all of it is " + kind);
      else if (found[kind] > 0) words.push(percent(share(found[kind], found.whole)) + " " + kind + " (" + amount(family, found[kind]) + ")");
    }
    if (found.several > 0) words.push(percent(share(found.several, found.whole)) + " not told apart on this page");
    head += words.join(", ") || "IPv4-mapped addresses are IPv4 addresses";
  }
  element("div", head, answer, "head");
  found.parts.forEach(({ outcome, size }, i) => {
    if (i > most) return;
    if (i === most) {
      element("div", "and " + thousands(found.parts.length - most) + " more", answer, "faint");
      return;
    }
    const line = element("div", "", answer, "row");
    swatch(data.outcomes[outcome], line);
    element("div", sentence(data.outcomes[outcome]) + (size === found.whole ? "" : ": " + percent(share(size, found.whole)) + " (" + amount(family, size) + ")"), line);
  });
  const where = [countriesIn(family, net.first, net.last), purposes(family, net.first, net.last)].filter(Boolean).join("; ");
  if (where) element("div", where, answer, "faint");
}

let panels = [];

// find shows an address or a network: the deepest view that holds it.
function find(text) {
  const net = parseNetwork(text);
  for (const panel of panels) panel.hide();
  if (!net) {
    answer.textContent = "That is neither an address nor a network: expected something like 203.0.113.7, 203.0.113.0/24 or 2001:db8::/32.";
    return;
  }
  const index = families.indexOf(net.family), panel = panels[index], top = panel.top;
  let view = top;
  if (top.cells) {
    const cell = top.cells.find((cell) => cell.first <= net.first && net.last <= cell.last);
    if (cell) view = cell;
  }
  while (view !== top || !top.cells) {
    const bits = view.bits + 8;
    if (bits > deepest[index] || bits > net.bits) break;
    view = network(net.family, net.first, bits);
  }
  panel.go(view);
  panel.frame = view.bits === net.bits && !view.cells ? null : net;
  panel.draw();
  speak(net);
  if (top.cells && view === top && !panel.placeOf(net)) element("div", "The panel does not show it: no zone, list or source names it.", answer, "faint");
}

// number is a share and an amount, each of which stays in one line.
function number(text, row) {
  const cell = element("td", "", row, "number");
  for (const part of text.split(/ (?=\()/)) {
    element("span", part, cell, "whole");
    cell.append(" ");
  }
}

function legend() {
  const amounts = filter ? legendOf(data, filter) : [0, 1].map((family) => data.legend.map((category) => category.amounts[family]));
  const body = byId("legend").tBodies[0];
  body.textContent = "";
  data.legend.forEach((category, i) => {
    if (category.blank || (filter && category.counts && amounts[0][i] === "-" && amounts[1][i] === "-")) return;
    const row = element("tr", "", body), name = element("th", "", row);
    name.scope = "row";
    element("span", "", name, "swatch").style.background = category.colour;
    name.append(category.name);
    for (const family of [0, 1]) number(category.counts ? amounts[family][i] : "", row);
  });
  byId("counted").textContent = (filter ? "What the choice above decides, of all that counts." : "What counts: all of IPv4 but reserved space that nothing names, and the IPv6 that something names.");
}

function start() {
  const top6 = { bits: data.panel6.bits, across: data.panel6.across, cells: data.panel6.cells.map((first) => parseNetwork(first + "/" + data.panel6.bits)) };
  panels = [new Panel(0, network(families[0], 0, 0)), new Panel(1, top6)];
  const filters = filtersOf(data), choice = byId("filter");
  let group = null;
  filters.forEach((one, i) => {
    if (!group || group.label !== one.group) {
      group = element("optgroup", "", choice);
      group.label = one.group;
    }
    element("option", one.label, group).value = i;
  });
  choice.addEventListener("change", () => {
    filter = choice.value === "" ? null : filters[choice.value].chooses;
    legend();
    for (const panel of panels) panel.render();
  });
  byId("find").addEventListener("submit", (event) => { event.preventDefault(); find(byId("address").value); });
  dark.addEventListener("change", () => { for (const panel of panels) panel.render(); });
  for (const fact of data.facts) {
    element("dt", fact.label, byId("facts"));
    for (const line of fact.lines) element("dd", line, byId("facts"));
    if (fact.print) element("dd", fact.print, byId("facts"), "print");
  }
  const merged = data.merged.map((bits, i) => (bits ? families[i].name + " networks /" + bits : "")).filter(Boolean);
  if (merged.length > 0) {
    byId("merged").textContent = "This policy has too many ranges for one page: " + merged.join(" and ") + " that hold several are drawn as one, and left out of what a filter counts. netwicket eval decides about each address.";
    byId("merged").hidden = false;
  }
  legend();
  const asked = () => { if (location.hash.length > 1) { byId("address").value = decodeURIComponent(location.hash.slice(1)); find(byId("address").value); } };
  addEventListener("hashchange", asked);
  asked();
  document.body.dataset.ready = "yes";
}

async function unpack() {
  const packed = Uint8Array.from(atob(byId("map-ranges").textContent), (c) => c.charCodeAt(0));
  const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream("deflate-raw"));
  decode(new Uint8Array(await new Response(stream).arrayBuffer()));
}

unpack().then(start).catch((problem) => { answer.textContent = "The map cannot be drawn: " + problem; });
