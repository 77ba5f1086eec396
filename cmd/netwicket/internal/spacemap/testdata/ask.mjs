// Asks the script of a map page, outside of a browser: node ask.mjs PAGE < questions.json
// The page's own text is what runs, nothing of it is written here once more.
import { readFileSync } from "node:fs";
import { inflateRawSync } from "node:zlib";
import vm from "node:vm";

const page = readFileSync(process.argv[2], "utf8");
const inside = (id) => page.match(new RegExp('<script id="' + id + '"[^>]*>([^]*?)</script>'))[1];
const data = JSON.parse(inside("map-data"));
const script = inside("map-space").replace("//<![CDATA[", "").replace("//]]>", "");
const names = ["decode", "families", "indexOf", "parseNetwork", "networkText", "count", "raster", "paintsOf", "filtersOf", "legendOf", "amount", "stepAt", "pointAt"];
const space = vm.runInNewContext(script + ";({" + names.join(",") + "})");
space.decode(new Uint8Array(inflateRawSync(Buffer.from(inside("map-ranges"), "base64"))));

const questions = JSON.parse(readFileSync(0, "utf8"));
const answers = {};
answers.networks = (questions.networks || []).map((text) => {
  const net = space.parseNetwork(text);
  if (!net) return null;
  const parts = space.count(net.family, net.first, net.last).map(({ outcome, size }) => {
    const what = data.outcomes[outcome];
    return { words: what.after || "", ground: what.ground || "", mixed: (what.mixed || []).map((category) => data.legend[category].name), size: size.toString() };
  });
  return { network: space.networkText(net), parts };
});
answers.rasters = (questions.rasters || []).map(({ network, order }) =>
  Buffer.from(space.raster(space.parseNetwork(network), order, space.paintsOf(data, null, [255, 255, 255]))).toString("base64"));
const filters = space.filtersOf(data);
answers.filters = filters.map(({ group, label, chooses }) => ({
  group, label, amounts: space.legendOf(data, chooses).map((texts) => Object.fromEntries(texts.map((text, i) => [data.legend[i].name, text]))),
  paints: space.paintsOf(data, chooses, [255, 255, 255]).map(({ counts, stands }) => !counts ? "none" : stands ? "stands" : "dimmed"),
}));
answers.legend = space.legendOf(data, null).map((texts) => Object.fromEntries(texts.map((text, i) => [data.legend[i].name, text])));
process.stdout.write(JSON.stringify(answers));
