// The map: tiles under a camera. Where addresses lie is the server's to know; here are
// only squares: of the 2^level by 2^level ones of a level, the one at x and y.

import { ask, put, say } from "./live.js";

const map = document.getElementById("map"), layer = map.querySelector(".map-tiles");
const names = map.querySelector(".map-names");
const cursor = document.getElementById("map-cursor"), pointed = document.getElementById("point");
const view = document.getElementById("view"), form = document.getElementById("map-form");
const pointing = document.getElementById("pointing");

const tileSide = 256;
const settleAfter = 180, loadAfter = 40, pointAfter = 50; // milliseconds
const mostTiles = 160; // that are kept in the page

let state; // what the server has said of the view: see #map-state
const camera = { x: 0.5, y: 0.5, zoom: 0 }; // the centre, of a world of 1 by 1, and how often it is doubled from 256 pixels
let cell = null; // the square that is pointed at

function readState() {
  const data = document.getElementById("map-state").dataset;
  state = {
    at: data.at, family: data.family, by: data.by, against: data.against, fingerprint: data.fingerprint,
    level: Number(data.level), x: Number(data.x), y: Number(data.y),
    maxLevel: Number(data.maxLevel), maxZoom: Number(data.maxZoom), finest: Number(data.finest), grid: Number(data.grid),
    mark: data.mark ? data.mark.split(" ").map(Number) : null,
  };
}

// What the squares in view are called, and where they end.

let labels = [];
function readLabels() {
  labels = [...document.querySelectorAll("#map-labels span")].map((one) => {
    const box = document.createElement("span"), name = document.createElement("b");
    name.textContent = one.textContent;
    box.append(name);
    return { box, level: Number(one.dataset.level), x: Number(one.dataset.x), y: Number(one.dataset.y) };
  });
  names.replaceChildren(...labels.map((one) => one.box));
}

const clamp = (n, low, high) => Math.min(Math.max(n, low), high);
const size = () => map.clientWidth || tileSide;
const scale = () => tileSide * 2 ** camera.zoom;
const zoomOf = (level) => level + Math.log2(size() / tileSide);

/** place is the square that the view shows. */
function place() {
  const level = clamp(Math.round(camera.zoom - Math.log2(size() / tileSide)), 0, state.maxLevel);
  const side = 2 ** level;
  return { level, x: clamp(Math.floor(camera.x * side), 0, side - 1), y: clamp(Math.floor(camera.y * side), 0, side - 1) };
}

function lookAt(level, x, y) {
  camera.zoom = zoomOf(level);
  camera.x = (x + 0.5) / 2 ** level;
  camera.y = (y + 0.5) / 2 ** level;
}

// Tiles. Those of another zoom stay, scaled, until all that are needed are there.

const tiles = new Map(); // by address: the image and where it is

function addressOf(z, x, y) {
  const query = new URLSearchParams({ family: state.family, by: state.by, z, x, y, fingerprint: state.fingerprint });
  if (state.against) query.set("against", state.against);
  return "tile?" + query;
}

function needed() {
  const z = clamp(Math.round(camera.zoom), 0, state.maxZoom), side = 2 ** z, half = size() / scale() / 2;
  const from = (centre) => clamp(Math.floor((centre - half) * side), 0, side - 1);
  const to = (centre) => clamp(Math.ceil((centre + half) * side) - 1, 0, side - 1);
  const list = [];
  for (let y = from(camera.y); y <= to(camera.y); y++) for (let x = from(camera.x); x <= to(camera.x); x++) list.push([z, x, y]);
  return list;
}

function draw() {
  const now = scale(), half = size() / 2;
  for (const { image, z, x, y } of tiles.values()) {
    const side = 2 ** z;
    image.style.transform = `translate(${(x / side - camera.x) * now + half}px, ${(y / side - camera.y) * now + half}px) scale(${now / side / tileSide})`;
    image.style.zIndex = String(z);
  }
  for (const { box, level, x, y } of labels) {
    const side = 2 ** level, wide = now / side;
    box.hidden = wide < 40;
    box.style.transform = `translate(${(x / side - camera.x) * now + half}px, ${(y / side - camera.y) * now + half}px)`;
    box.style.width = box.style.height = `${wide}px`;
  }
  drawCursor();
}

function drawCursor() {
  cursor.hidden = !cell;
  if (!cell) return;
  const side = 2 ** cell.level, now = scale(), half = size() / 2;
  cursor.style.transform = `translate(${(cell.x / side - camera.x) * now + half}px, ${(cell.y / side - camera.y) * now + half}px)`;
  cursor.style.width = cursor.style.height = `${now / side}px`;
}

let loading;
function load() {
  loading = undefined;
  const wanted = new Set();
  for (const [z, x, y] of needed()) {
    const address = addressOf(z, x, y);
    wanted.add(address);
    if (tiles.has(address)) continue;
    const image = new Image(tileSide, tileSide);
    image.alt = "";
    image.draggable = false;
    const tile = { image, z, x, y, there: false };
    tiles.set(address, tile);
    image.addEventListener("load", () => { tile.there = true; tidy(); });
    image.addEventListener("error", () => {
      if (tiles.get(address) === tile) drop(address, tile);
      if (wanted.has(address)) settle(); // the policy may be another one now
    }, { once: true });
    image.src = address;
    layer.append(image);
  }
  for (const [address, tile] of tiles) if (!wanted.has(address) && !tile.there) drop(address, tile);
  draw();
  tidy();
}

function drop(address, tile) {
  tiles.delete(address);
  tile.image.removeAttribute("src"); // ends the request
  tile.image.remove();
}

function tidy() {
  const wanted = needed().map((one) => addressOf(...one));
  if (!wanted.every((address) => tiles.get(address)?.there)) return;
  map.dataset.ready = "true";
  map.querySelector(".map-still")?.remove();
  const keep = new Set(wanted), z = needed()[0][0];
  for (const [address, tile] of tiles) {
    if (keep.has(address)) continue;
    const other = !address.includes(`by=${state.by}&`) || !address.startsWith(`tile?family=${state.family}&`) || addressOf(tile.z, tile.x, tile.y) !== address;
    if (other || tile.z > z || tiles.size > mostTiles) drop(address, tile);
  }
}

/** moved is called whenever the camera was: it draws at once, and asks when it rests. */
let settling;
function moved() {
  const highest = zoomOf(state.maxLevel) + 1;
  camera.zoom = clamp(camera.zoom, Math.min(0, zoomOf(0)), highest);
  camera.x = clamp(camera.x, 0, 1);
  camera.y = clamp(camera.y, 0, 1);
  delete map.dataset.ready;
  requestAnimationFrame(draw);
  loading ??= setTimeout(load, loadAfter);
  clearTimeout(settling);
  settling = setTimeout(settle, settleAfter);
}

// What the server says of the view: the tables, and its address.

let running;
async function fetchView(query, history, follow) {
  running?.abort();
  const mine = (running = new AbortController());
  view.setAttribute("aria-busy", "true");
  try {
    const response = await fetch("map?" + query, { headers: { "X-Part": "view" }, signal: mine.signal });
    const markup = await response.text();
    if (running !== mine) return;
    if (!response.ok && response.status !== 400) throw new Error(markup.slice(0, 300));
    if (response.status === 400) { // it says what is wrong in a line; the map stays where it is
      say(pointed, markup.slice(0, 300));
      return;
    }
    const before = state;
    put(view, markup);
    readState();
    readLabels();
    form.family.value = state.family;
    if (document.activeElement !== form.at) form.at.value = state.at;
    if (follow) lookAt(state.level, state.x, state.y);
    if (history) note(history === "auto" ? (before.level === state.level ? "replace" : "push") : history);
    cell = follow && state.mark ? { level: state.mark[0], x: state.mark[1], y: state.mark[2] } : follow ? null : cell;
    if (follow && cell) explain();
    clearTimeout(loading);
    load();
  } catch (problem) {
    if (problem.name !== "AbortError" && running === mine) say(pointed, problem.message);
  } finally {
    if (running === mine) view.removeAttribute("aria-busy");
  }
}

function queryOf(extra) {
  const query = new URLSearchParams();
  if (state.family !== "4") query.set("family", state.family);
  if (state.by !== "decision") query.set("by", state.by);
  if (state.against) query.set("against", state.against);
  for (const [key, value] of Object.entries(extra)) if (value !== "") query.set(key, value);
  return query;
}

function note(how) {
  const query = queryOf({ at: state.at }).toString();
  history[how + "State"](null, "", "map" + (query ? "?" + query : ""));
}

function settle() {
  clearTimeout(settling);
  const now = place();
  fetchView(queryOf(now), "auto", false);
}

form.addEventListener("submit", (event) => {
  event.preventDefault();
  const data = new FormData(form), query = new URLSearchParams();
  for (const [key, value] of data) if (value.trim() !== "") query.set(key, value);
  fetchView(query, "push", true);
});
for (const select of form.querySelectorAll("select")) {
  select.addEventListener("change", () => {
    const chosen = { ...state, by: form.by.value, family: form.family.value, against: form.against?.value ?? "" };
    const stays = chosen.family === state.family;
    state = chosen;
    fetchView(queryOf(stays ? place() : {}), "push", !stays);
  });
}
view.addEventListener("click", (event) => {
  const link = event.target.closest("a.map-link");
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  fetchView(new URL(link.href).searchParams, "push", true);
});
addEventListener("popstate", () => {
  const query = new URLSearchParams(location.search);
  form.by.value = query.get("by") ?? "decision";
  form.family.value = query.get("family") ?? (query.get("at")?.includes(":") ? "6" : "4");
  if (form.against) form.against.value = query.get("against") ?? "";
  fetchView(query, "", true);
});

// The keys and the buttons.

function zoom(by, px = size() / 2, py = size() / 2) {
  const half = size() / 2, wx = camera.x + (px - half) / scale(), wy = camera.y + (py - half) / scale();
  camera.zoom = clamp(camera.zoom + by, Math.min(0, zoomOf(0)), zoomOf(state.maxLevel) + 1);
  camera.x = wx - (px - half) / scale();
  camera.y = wy - (py - half) / scale();
  moved();
}

function whole() {
  lookAt(0, 0, 0);
  moved();
}

document.getElementById("zoom-in").addEventListener("click", () => zoom(1));
document.getElementById("zoom-out").addEventListener("click", () => zoom(-1));
document.getElementById("zoom-whole").addEventListener("click", whole);
pointing.addEventListener("click", () => { point(pointing.getAttribute("aria-pressed") !== "true"); map.focus(); });

const cellLevel = () => clamp(Math.floor(camera.zoom + 5), state.grid, state.finest); // squares of 8 to 16 pixels

function point(on) {
  pointing.setAttribute("aria-pressed", String(on));
  if (!on) { cell = null; drawCursor(); return; }
  cellAt(size() / 2, size() / 2);
}

function cellAt(px, py) {
  const level = cellLevel(), side = 2 ** level, half = size() / 2;
  const x = Math.floor((camera.x + (px - half) / scale()) * side), y = Math.floor((camera.y + (py - half) / scale()) * side);
  if (x < 0 || y < 0 || x >= side || y >= side) return;
  if (cell && cell.level === level && cell.x === x && cell.y === y) return;
  cell = { level, x, y };
  drawCursor();
  explain();
}

function step(dx, dy) {
  if (pointing.getAttribute("aria-pressed") !== "true") {
    camera.x += dx * size() / scale() / 4;
    camera.y += dy * size() / scale() / 4;
    moved();
    return;
  }
  const level = cellLevel(), side = 2 ** level;
  const from = cell && cell.level === level ? cell : { x: Math.floor(camera.x * side), y: Math.floor(camera.y * side) };
  cell = { level, x: clamp(from.x + dx, 0, side - 1), y: clamp(from.y + dy, 0, side - 1) };
  const half = size() / scale() / 2, cx = (cell.x + 0.5) / side, cy = (cell.y + 0.5) / side;
  if (Math.abs(cx - camera.x) > half || Math.abs(cy - camera.y) > half) {
    camera.x = cx;
    camera.y = cy;
    moved();
  }
  drawCursor();
  explain();
}

function enter() {
  if (!cell) return;
  camera.x = (cell.x + 0.5) / 2 ** cell.level;
  camera.y = (cell.y + 0.5) / 2 ** cell.level;
  camera.zoom = zoomOf(Math.min(cell.level, state.maxLevel));
  moved();
}

const keys = {
  ArrowLeft: () => step(-1, 0), ArrowRight: () => step(1, 0), ArrowUp: () => step(0, -1), ArrowDown: () => step(0, 1),
  "+": () => zoom(1), "=": () => zoom(1), "-": () => zoom(-1), "−": () => zoom(-1), Home: whole,
  p: () => point(pointing.getAttribute("aria-pressed") !== "true"), P: () => keys.p(), Enter: enter, Escape: () => point(false),
};
map.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || !keys[event.key]) return;
  event.preventDefault();
  keys[event.key]();
});

// Pointers: one drags and points, two pinch.

const pointers = new Map();
let apart = 0;
function where(event) {
  const box = map.getBoundingClientRect();
  return { x: event.clientX - box.left - map.clientLeft, y: event.clientY - box.top - map.clientTop };
}
map.addEventListener("pointerdown", (event) => {
  map.setPointerCapture(event.pointerId);
  pointers.set(event.pointerId, where(event));
  apart = 0;
});
map.addEventListener("pointermove", (event) => {
  const now = where(event), before = pointers.get(event.pointerId);
  if (!before) {
    if (event.pointerType === "mouse") cellAt(now.x, now.y);
    return;
  }
  pointers.set(event.pointerId, now);
  if (pointers.size === 2) {
    const [a, b] = [...pointers.values()], distance = Math.hypot(a.x - b.x, a.y - b.y);
    if (apart > 0 && distance > 0) zoom(Math.log2(distance / apart), (a.x + b.x) / 2, (a.y + b.y) / 2);
    apart = distance;
    return;
  }
  camera.x -= (now.x - before.x) / scale();
  camera.y -= (now.y - before.y) / scale();
  if (now.x !== before.x || now.y !== before.y) moved();
});
for (const end of ["pointerup", "pointercancel"]) {
  map.addEventListener(end, (event) => {
    const at = pointers.get(event.pointerId);
    pointers.delete(event.pointerId);
    apart = 0;
    if (end === "pointerup" && at && pointers.size === 0) cellAt(at.x, at.y);
  });
}
map.addEventListener("dblclick", (event) => { const at = where(event); zoom(1, at.x, at.y); });
map.addEventListener("wheel", (event) => {
  event.preventDefault();
  const at = where(event), lines = event.deltaMode === 1 ? 24 : 1;
  zoom(clamp(-event.deltaY * lines / 240, -1, 1), at.x, at.y);
}, { passive: false });

// What is pointed at.

let asking, waiting;
function explain() {
  clearTimeout(waiting);
  waiting = setTimeout(async () => {
    asking?.abort();
    const mine = (asking = new AbortController()), at = cell;
    if (!at) return;
    try {
      const markup = await ask("point?" + queryOf({ level: at.level, x: at.x, y: at.y }), "point", { signal: mine.signal });
      if (asking === mine) put(pointed, markup);
    } catch (problem) {
      if (problem.name !== "AbortError" && asking === mine) say(pointed, problem.message);
    }
  }, pointAfter);
}

readState();
readLabels();
document.querySelector(".map-tools").hidden = false;
lookAt(state.level, state.x, state.y);
if (state.mark) {
  cell = { level: state.mark[0], x: state.mark[1], y: state.mark[2] };
  explain();
}
load();
let wide = size(); // a window of another size shows the same
new ResizeObserver(() => {
  camera.zoom += Math.log2(size() / wide);
  wide = size();
  draw();
  load();
}).observe(map);
