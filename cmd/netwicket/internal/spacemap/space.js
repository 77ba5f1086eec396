"use strict";
// What the page knows of addresses, without the page: the ranges of encode.go, the
// curve of hilbert.go and the pixels of raster.go. Addresses of IPv4 are numbers,
// those of IPv6 BigInts.

const families = [
  { name: "IPv4", bits: 32, zero: 0, one: 1, word: Number, text: text4, power: (n) => 2 ** n },
  { name: "IPv6", bits: 128, zero: 0n, one: 1n, word: BigInt, text: text6, power: (n) => 1n << BigInt(n) },
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

// decode reads the lists of ranges into the families, see encode.go.
function decode(bytes) {
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
    let last = family.zero;
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
  if (index + 1 < list.first.length) return list.first[index + 1] - family.one;
  return family.power(family.bits) - family.one;
}

// network is the prefix of so many bits that holds an address.
function network(family, address, bits) {
  const size = family.power(family.bits - bits);
  const first = family.bits === 32 ? address - (address % size) : address & ~(size - 1n);
  return { family, first, last: first + size - family.one, bits };
}

function networkText(net) {
  return net.family.text(net.first) + "/" + net.bits;
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

// parseAddress reads an address: [family, number], or null. An IPv4-mapped one
// stays one of IPv6.
function parseAddress(text) {
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
  return [families[1], [...groups[0], ...zeros, ...(groups[1] || [])].reduce((sum, group) => (sum << 16n) | BigInt("0x" + group), 0n)];
}

// parseNetwork reads what a person enters, an address or a network: the network, or
// null. Host bits are left out, and what is IPv4-mapped is IPv4.
function parseNetwork(text) {
  const [head, length, ...rest] = text.trim().split("/");
  const found = parseAddress(head);
  if (!found || rest.length > 0) return null;
  let [family, address] = found;
  let bits = family.bits;
  if (length !== undefined) {
    if (!/^(0|[1-9]\d{0,2})$/.test(length) || Number(length) > family.bits) return null;
    bits = Number(length);
  }
  if (family.bits === 128 && bits >= 96 && address >> 32n === 0xffffn) {
    [family, address, bits] = [families[0], Number(address & 0xffffffffn), bits - 96];
  }
  return network(family, address, bits);
}

// count adds up what is in a range of addresses, by outcome, largest first.
function count(family, first, last) {
  const list = family.ranges, sums = new Map();
  for (let i = indexOf(list, first); i < list.first.length && list.first[i] <= last; i++) {
    const from = list.first[i] > first ? list.first[i] : first;
    const end = lastOf(family, list, i), to = end < last ? end : last;
    const size = to - from + family.one, what = list.what[i];
    sums.set(what, (sums.get(what) || family.zero) + size);
  }
  return [...sums].map(([outcome, size]) => ({ outcome, size })).sort((a, b) => (a.size < b.size ? 1 : a.size > b.size ? -1 : a.outcome - b.outcome));
}

// countAll adds up everything of a family by outcome.
function countAll(family) {
  return count(family, family.zero, family.power(family.bits) - family.one);
}

// share is what part of a whole is, in numbers or BigInts.
function share(part, whole) {
  if (typeof part === "number") return part / whole;
  return Number((part * 1000000000n) / whole) / 1e9 || (part > 0n ? 1e-9 : 0);
}

function percent(part) {
  if (part < 0.001) return "< 0.1 %";
  if (part > 0.999 && part < 1) return "> 99.9 %";
  return (part * 100).toFixed(1) + " %";
}

// rounded is a number that need not be whole, and may be large.
function rounded(n) {
  if (n < 0.1) return "< 0.1";
  if (n < 10 && n !== Math.trunc(n)) return n.toFixed(1);
  if (n < 1e9) return thousands(Math.floor(n + 0.5));
  if (n < 1e12) return (n / 1e9).toFixed(1) + " billion";
  return thousands(Math.floor(n / 1e12 + 0.5)) + " trillion";
}

function thousands(n) {
  return n.toString().replace(/\B(?=(\d{3})+$)/g, ",");
}

// amount is a number of addresses in words: of IPv6, where they are many, as
// networks /48, and where those would be a fraction, as a power of two.
function amount(family, size) {
  if (family.bits === 32 || size < 1000000n) return thousands(size) + (size == 1 ? " address" : " addresses");
  const networks = Number(size) / 2 ** 80;
  if (networks >= 0.1) return rounded(networks) + " networks /48";
  return "about 2^" + (size.toString(2).length - 1) + " addresses";
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

// raster colours the pixels of a network: RGBA, row by row, 2^order on each side.
// paints has for each outcome red, green, blue, whether it counts and whether it
// stands out, see palette.go. Where nothing counts, ground is shown, and where that
// is empty, nothing.
function raster(net, order, paints) {
  const { family, first, last, bits } = net, side = 2 ** order;
  const pixels = new Uint8ClampedArray(side * side * 4);
  const below = family.bits - bits - 2 * order; // bits of an address within a pixel
  // Places are counted in pixels; one of IPv6 has parts of 2^-32.
  const unit = 2 ** -Math.min(below, 32);
  const place = family.bits === 32 ? (a) => (a - first) * unit
    : below >= 32 ? (a) => Number((a - first) >> BigInt(below - 32)) * unit : (a) => Number(a - first) * unit;
  const least = 0.4; // leastShare of raster.go
  let weights, ground, at = 0;
  const clear = () => { weights = [[0, 0, 0, 0], [0, 0, 0, 0]]; ground = null; };
  const add = (paint, weight) => {
    if (!paint.counts) {
      if (paint.ground && (!ground || !paint.blank)) ground = paint.ground;
      return;
    }
    const sums = weights[paint.stands ? 1 : 0];
    sums[0] += weight * paint.colour[0];
    sums[1] += weight * paint.colour[1];
    sums[2] += weight * paint.colour[2];
    sums[3] += weight;
  };
  const finish = () => {
    const [plain, out] = weights;
    let colour = ground;
    if (plain[3] > 0 || out[3] > 0) {
      const mean = (sums) => [0, 1, 2].map((i) => Math.floor(sums[i] / sums[3] + 0.5));
      if (out[3] === 0) colour = mean(plain);
      else if (plain[3] === 0) colour = mean(out);
      else {
        const a = mean(plain), b = mean(out);
        const part = Math.min(Math.max(out[3] / (plain[3] + out[3]), least), 1 - least);
        colour = [0, 1, 2].map((i) => Math.floor((1 - part) * a[i] + part * b[i] + 0.5));
      }
    }
    if (colour) {
      const [x, y] = pointAt(order, at), i = (y * side + x) * 4;
      pixels[i] = colour[0];
      pixels[i + 1] = colour[1];
      pixels[i + 2] = colour[2];
      pixels[i + 3] = 255;
    }
    clear();
  };
  clear();
  const list = family.ranges;
  for (let i = indexOf(list, first); i < list.first.length && list.first[i] <= last; i++) {
    const end = lastOf(family, list, i), paint = paints[list.what[i]];
    const from = list.first[i] > first ? place(list.first[i]) : 0;
    const to = (end < last ? place(end) : place(last)) + unit;
    for (let step = Math.floor(from); step < to; step++) {
      if (step !== at) { finish(); at = step; }
      add(paint, Math.min(to, step + 1) - Math.max(from, step));
    }
  }
  finish();
  return pixels;
}

// mean is the colour of several categories together, each with the same weight.
function mean(colours) {
  return [0, 1, 2].map((i) => Math.floor(colours.reduce((sum, colour) => sum + colour[i], 0) / colours.length + 0.5));
}

function rgb(hex) {
  return [1, 3, 5].map((i) => parseInt(hex.slice(i, i + 2), 16));
}

// paintsOf is how outcomes are painted. With a filter, what it does not choose is
// dimmed towards the paper and does not stand out.
function paintsOf(data, filter, paper) {
  return data.outcomes.map((outcome, index) => {
    const parts = outcome.mixed || [outcome.category];
    const categories = parts.map((category) => data.legend[category]).filter((category) => category.counts);
    if (categories.length === 0) {
      const only = data.legend[parts[0]];
      return { counts: false, blank: only.blank, ground: only.blank ? null : rgb(only.colour) };
    }
    const colour = mean(categories.map((category) => rgb(category.colour)));
    if (!filter) return { counts: true, stands: categories.some((category) => category.stands), colour };
    if (filter(outcome, index)) return { counts: true, stands: true, colour };
    return { counts: true, stands: false, colour: colour.map((part, i) => Math.round(part * 0.18 + paper[i] * 0.82)) };
  });
}

// filtersOf are what the map can be filtered by: zones and rules that decide, and
// the decisions of the legend.
function filtersOf(data) {
  const zones = new Map(), rules = new Set();
  for (const outcome of data.outcomes) {
    if (outcome.zone) zones.set(outcome.zone, outcome.zoneName);
    if (outcome.rule) rules.add(outcome.rule);
  }
  const filters = [];
  for (const [key, name] of zones) filters.push({ group: "Zones that block", label: name === key ? name : name + " (" + key + ")", chooses: (outcome) => outcome.zone === key });
  for (const name of rules) filters.push({ group: "Rules", label: name, chooses: (outcome) => outcome.rule === name });
  data.legend.forEach((category, index) => {
    if (category.counts) filters.push({ group: "Decisions", label: category.name, chooses: (outcome) => outcome.category === index && !outcome.mixed });
  });
  return filters;
}

// legendOf is how much of what counts each category has, among what the filter
// chooses, in texts: the share, and in brackets addresses or networks /48.
function legendOf(data, filter) {
  return families.map((family, index) => {
    const sums = data.legend.map(() => family.zero);
    for (const { outcome, size } of countAll(family)) {
      const what = data.outcomes[outcome];
      if (data.legend[what.category].counts && !what.mixed && (!filter || filter(what))) sums[what.category] += size;
    }
    return sums.map((size) => {
      if (size == 0) return "-";
      const part = Number(size) / data.totals[index];
      return percent(part) + " (" + (family.bits === 32 ? thousands(size) : rounded(Number(size) / 2 ** 80)) + ")";
    });
  });
}
