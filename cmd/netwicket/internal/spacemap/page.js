"use strict";
const data = JSON.parse(document.getElementById("map-data").textContent);
const sheet = document.getElementById("sheet");
const tip = document.getElementById("tip");
const answer = document.getElementById("answer");

// The address spaces. Addresses of IPv4 are numbers, those of IPv6 BigInts.
const families = [
  { bits: 32, word: (n) => n, square: data.squares[0], first: 0, skip: 0, text: text4 },
  { bits: 128, word: BigInt, square: data.squares[1], first: 0x2000n << 112n, skip: 3, text: text6 },
];

function text4(n) {
  return [n / 2 ** 24, n / 2 ** 16, n / 2 ** 8, n].map((part) => Math.floor(part) % 256).join(".");
}

// text6 writes an address as RFC 5952 says.
function text6(n) {
  const groups = [];
  for (let shift = 112n; shift >= 0n; shift -= 16n) groups.push(Number((n >> shift) & 0xffffn));
  let best = -1, length = 1;
  for (let i = 0; i < 8; i++) {
    let end = i;
    while (end < 8 && groups[end] === 0) end++;
    if (end - i > length) { best = i; length = end - i; }
  }
  const hex = (list) => list.map((group) => group.toString(16)).join(":");
  if (best < 0) return hex(groups);
  return hex(groups.slice(0, best)) + "::" + hex(groups.slice(best + length));
}

// read decodes the lists of ranges, see encode.go.
function read(bytes) {
  let at = 0;
  const varint = () => {
    let value = 0, unit = 1;
    for (;;) {
      const byte = bytes[at++];
      value += (byte & 127) * unit;
      if (byte < 128) return value;
      unit *= 128;
      if (unit > 2 ** 46) return bigVarint(value, BigInt(unit));
    }
  };
  const bigVarint = (start, unit) => {
    let value = BigInt(start);
    for (;;) {
      const byte = bytes[at++];
      value += BigInt(byte & 127) * unit;
      if (byte < 128) return value;
      unit *= 128n;
    }
  };
  const list = (family) => {
    const count = varint();
    const what = Array.from({ length: count }, varint);
    const shifts = bytes.subarray(at, at + count);
    at += count;
    let last = family.word(0);
    const first = Array.from({ length: count }, (_, i) => {
      const distance = varint();
      last += family.bits === 32 ? distance * 2 ** shifts[i] : BigInt(distance) << BigInt(shifts[i]);
      return last;
    });
    return { first, what };
  };
  for (const family of families) family.ranges = list(family);
  for (const family of families) family.countries = list(family);
}

// indexOf is the range of a list that holds an address.
function indexOf(list, address) {
  let low = 0, high = list.first.length;
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (list.first[middle] <= address) low = middle; else high = middle;
  }
  return low;
}

function lastOf(family, list, index) {
  const one = family.word(1);
  if (index + 1 < list.first.length) return list.first[index + 1] - one;
  return family.bits === 32 ? 2 ** 32 - 1 : (1n << 128n) - 1n;
}

// rangeText is a prefix where a range is one, else both ends.
function rangeText(family, first, last) {
  const size = BigInt(last) - BigInt(first) + 1n;
  if (size === 1n) return family.text(first);
  if ((size & (size - 1n)) === 0n && BigInt(first) % size === 0n) {
    return family.text(first) + "/" + (family.bits - (size.toString(2).length - 1));
  }
  return family.text(first) + " - " + family.text(last);
}

// countriesIn names the countries of a range, the first few of them.
function countriesIn(family, first, last) {
  if (!data.countries) return "";
  if (family.bits === 128 && repeats(first)) return "";
  const names = [];
  for (let i = indexOf(family.countries, first); i < family.countries.first.length && family.countries.first[i] <= last; i++) {
    const name = data.countries[family.countries.what[i]] || "unknown";
    if (names.includes(name)) continue;
    if (names.length === 6) return "countries " + names.join(", ") + " and others";
    names.push(name);
  }
  return (names.length > 1 ? "countries " : "country ") + names.join(", ");
}

// repeats: here databases repeat IPv4, and the page holds no countries.
function repeats(address) {
  return address >> 112n === 0x2002n;
}

function element(kind, text, parent) {
  const made = document.createElement(kind);
  if (text) made.textContent = text;
  parent.append(made);
  return made;
}

// row describes one range; the countries are those of the part that is asked about.
function row(family, index, first, last, parent) {
  const ranges = family.ranges, outcome = data.outcomes[ranges.what[index]];
  const line = element("div", "", parent);
  line.className = "row";
  const swatch = element("span", "", line);
  swatch.className = "swatch";
  swatch.style.background = outcome.colour;
  const words = element("div", "", line);
  element("div", rangeText(family, ranges.first[index], lastOf(family, ranges, index)), words);
  element("div", sentence(outcome), words);
  const where = outcome.none ? "" : countriesIn(family, first, last);
  if (where) element("div", where, words).className = "faint";
}

function sentence(outcome) {
  if (outcome.none) return "IPv4-mapped addresses are IPv4 addresses";
  if (!data.compare) return outcome.after;
  if (outcome.before === outcome.after) return "unchanged, " + outcome.after;
  return outcome.change + " (" + outcome.before + " -> " + outcome.after + ")";
}

// The Hilbert curve, as in hilbert.go.
function stepAt(order, x, y) {
  let step = 0;
  for (let side = 2 ** (order - 1); side >= 1; side /= 2) {
    const right = x & side ? 1 : 0, down = y & side ? 1 : 0;
    step += side * side * ((3 * right) ^ down);
    if (!down) {
      if (right) { x = 2 ** order - 1 - x; y = 2 ** order - 1 - y; }
      [x, y] = [y, x];
    }
  }
  return step;
}

function pointAt(order, step) {
  let x = 0, y = 0;
  for (let side = 1; side < 2 ** order; side *= 2) {
    const right = Math.floor(step / 2) & 1, down = (step ^ right) & 1;
    if (!down) {
      if (right) { x = side - 1 - x; y = side - 1 - y; }
      [x, y] = [y, x];
    }
    x += side * right;
    y += side * down;
    step = Math.floor(step / 4);
  }
  return [x, y];
}

// blockAt is the block of addresses of a pixel.
function blockAt(family, x, y) {
  const order = family.square.order, step = stepAt(order, x, y);
  const prefix = 2 * order + family.skip;
  if (family.bits === 32) {
    const size = 2 ** (32 - prefix);
    return { first: step * size, last: (step + 1) * size - 1, prefix };
  }
  const size = 1n << BigInt(128 - prefix);
  const first = family.first + BigInt(step) * size;
  return { first, last: first + size - 1n, prefix };
}

// show fills the tip for a pixel.
function show(family, x, y) {
  const block = blockAt(family, x, y), most = 7;
  tip.textContent = "";
  element("div", family.text(block.first) + "/" + block.prefix, tip).className = "head";
  const from = indexOf(family.ranges, block.first), to = indexOf(family.ranges, block.last);
  for (let i = from; i <= to; i++) {
    if (i - from === most && to - i > 0) {
      element("div", "and " + (to - i + 1).toLocaleString("en") + " more ranges in this pixel", tip).className = "faint";
      break;
    }
    const first = family.ranges.first[i] > block.first ? family.ranges.first[i] : block.first;
    const end = lastOf(family, family.ranges, i), last = end < block.last ? end : block.last;
    row(family, i, first, last, tip);
  }
}

// The frame around the pixel that is spoken of.
const frame = document.createElementNS("http://www.w3.org/2000/svg", "g");
for (const [colour, width] of [["#fff", 4], ["#1a1a1a", 1.5]]) {
  const box = document.createElementNS("http://www.w3.org/2000/svg", "rect");
  for (const [name, value] of Object.entries({ x: -4, y: -4, width: 9, height: 9, fill: "none", stroke: colour, "stroke-width": width })) box.setAttribute(name, value);
  frame.append(box);
}

function frameAt(family, x, y) {
  frame.setAttribute("transform", "translate(" + (family.square.x + x) + " " + (family.square.y + y) + ")");
  sheet.append(frame);
}

function hide() {
  tip.hidden = true;
  frame.remove();
}

function pointed(event) {
  const at = new DOMPoint(event.clientX, event.clientY).matrixTransform(sheet.getScreenCTM().inverse());
  for (const family of families) {
    const x = Math.floor(at.x) - family.square.x, y = Math.floor(at.y) - family.square.y, side = 2 ** family.square.order;
    if (x < 0 || y < 0 || x >= side || y >= side) continue;
    show(family, x, y);
    frameAt(family, x, y);
    tip.hidden = false;
    const left = event.clientX + 18, below = event.clientY + 18;
    tip.style.left = Math.max(4, left + tip.offsetWidth > innerWidth ? event.clientX - 18 - tip.offsetWidth : left) + "px";
    tip.style.top = Math.max(4, Math.min(below, innerHeight - tip.offsetHeight - 4)) + "px";
    return;
  }
  hide();
}

// address reads what a person enters: [family, number], or null.
function address(text) {
  const dotted = (part) => {
    const octets = part.split(".");
    if (octets.length !== 4 || !octets.every((o) => /^(0|[1-9]\d{0,2})$/.test(o) && Number(o) < 256)) return null;
    return octets.reduce((sum, o) => sum * 256 + Number(o), 0);
  };
  if (!text.includes(":")) {
    const n = dotted(text);
    return n === null ? null : [families[0], n];
  }
  const tail = text.slice(text.lastIndexOf(":") + 1);
  if (tail.includes(".")) {
    const n = dotted(tail);
    if (n === null) return null;
    text = text.slice(0, -tail.length) + Math.floor(n / 65536).toString(16) + ":" + (n % 65536).toString(16);
  }
  const halves = text.split("::");
  if (halves.length > 2) return null;
  const groups = halves.map((half) => (half === "" ? [] : half.split(":")));
  const count = groups.flat().length;
  if (halves.length === 1 ? count !== 8 : count > 7) return null;
  if (!groups.flat().every((group) => /^[0-9a-f]{1,4}$/i.test(group))) return null;
  const zeros = halves.length === 1 ? [] : Array(8 - count).fill("0");
  const n = [...groups[0], ...zeros, ...(groups[1] || [])].reduce((sum, group) => (sum << 16n) | BigInt("0x" + group), 0n);
  return n >> 32n === 0xffffn ? [families[0], Number(n & 0xffffffffn)] : [families[1], n];
}

function find(event) {
  event.preventDefault();
  hide();
  const found = address(document.getElementById("address").value.trim());
  answer.textContent = "";
  if (!found) {
    answer.textContent = "That is no address.";
    return;
  }
  const [family, n] = found;
  row(family, indexOf(family.ranges, n), n, n, answer);
  const shift = family.bits - 2 * family.square.order - family.skip;
  const step = family.bits === 32 ? Math.floor(n / 2 ** shift) : Number((n - family.first) >> BigInt(shift));
  if (step >= 0 && step < 4 ** family.square.order) frameAt(family, ...pointAt(family.square.order, step));
}

async function start() {
  const packed = Uint8Array.from(atob(document.getElementById("map-ranges").textContent), (c) => c.charCodeAt(0));
  const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream("deflate-raw"));
  read(new Uint8Array(await new Response(stream).arrayBuffer()));
  sheet.addEventListener("pointermove", pointed);
  sheet.addEventListener("pointerdown", pointed);
  sheet.addEventListener("pointerleave", hide);
  document.getElementById("find").addEventListener("submit", find);
  document.addEventListener("keydown", (event) => { if (event.key === "Escape") hide(); });
  document.body.dataset.ready = "yes";
}

start().catch((problem) => { answer.textContent = "The ranges cannot be read, so that the map is only a picture: " + problem; });
