import { brotliCompressSync, constants } from "node:zlib";
import { Catalog, catalogLines } from "../../dist/wire/catalog.js";
import { resolve } from "../../dist/wire/resolve.js";
import { largeCatalog, THREE_OVERRIDES, viewersOf } from "./catalog.mjs";
import { against, timed, toRow } from "./measure.mjs";

const GIFTS = 10_000;
const VIEWERS = 1_009;
const ROUNDS = 15;
const CALLS = 100_000;
const NAIVE_CALLS = 5_000;
/** A room sends few of the gifts that there are. */
const POPULAR_GIFTS = 100;

/** @returns {import("./measure.mjs").Figure[]} */
export function measureResolve() {
  const text = largeCatalog(GIFTS);
  return [measureCalls(text), measureLoading(text)];
}

/** @param {string} text */
function measureCalls(text) {
  const catalog = new Catalog(text);
  const naive = unindexed(text);
  // Shuffled, so that gifts and viewers meet each other in every pairing; the strides have no factor in common with the lengths.
  const ids = [...catalog.ids()];
  const all = ids.map((_, at) => ids[(at * 7_919) % ids.length]);
  const popular = all.slice(0, POPULAR_GIFTS);
  const viewers = viewersOf(VIEWERS);
  const operations = ({ of, gifts, overrides, calls }) => {
    let links = 0;
    const milliseconds = timed(() => {
      for (let at = 0; at < calls; at++)
        links += resolve(of, overrides, viewers[at % VIEWERS], gifts[at % gifts.length]).chain.length;
    });
    if (links < calls) throw new Error("every chain ends with a link");
    return calls / 1000 / milliseconds;
  };

  const cases = [
    { what: "all gifts in turn", of: catalog, gifts: all, overrides: [], calls: CALLS },
    { what: "all gifts, 3 overrides", of: catalog, gifts: all, overrides: THREE_OVERRIDES, calls: CALLS },
    { what: `the same ${POPULAR_GIFTS} gifts`, of: catalog, gifts: popular, overrides: [], calls: CALLS },
    { what: "all gifts, parsed at each call", of: naive, gifts: all, overrides: [], calls: NAIVE_CALLS },
  ];
  cases.forEach(operations);
  // In turn, so that whatever else the machine does meets all of them.
  const results = cases.map(() => []);
  for (let round = 0; round < ROUNDS; round++) cases.forEach((it, at) => results[at].push(operations(it)));
  const [plain, ...others] = cases.map(({ what }, at) => toRow(what, "million/s", results[at]));
  return {
    title: "resolve: how often one thread can say what a viewer gets",
    about: `${GIFTS} gifts loaded, ${VIEWERS} viewers, all lines parsed before`,
    rows: [plain, ...others.map((row) => against(row, plain))],
  };
}

/** @param {string} text */
function measureLoading(text) {
  const viewers = viewersOf(VIEWERS);
  const lines = text.split("\n").filter(Boolean);
  const whole = `[${lines.join(",")}]`;
  const indexing = [];
  const touching = [];
  const parsing = [];
  for (let round = 0; round < ROUNDS; round++) {
    let catalog;
    indexing.push(timed(() => (catalog = new Catalog(text))));
    const ids = [...catalog.ids()];
    touching.push(timed(() => ids.forEach((id, at) => resolve(catalog, [], viewers[at % VIEWERS], id))));
    parsing.push(timed(() => JSON.parse(whole)));
  }
  const indexed = toRow("loading: lines indexed", "ms", indexing);
  const touched = toRow(
    "first touch of a gift (its line is parsed)",
    "µs",
    touching.map((it) => (it * 1000) / GIFTS),
  );
  const parsed = toRow("loading as one JSON value", "ms", parsing);
  const size = Buffer.byteLength(text);
  const packed = brotliCompressSync(text, { params: { [constants.BROTLI_PARAM_QUALITY]: 5 } }).length;
  return {
    title: "catalog: what a client pays before the first gift",
    about: `${GIFTS} gifts, one tier; brotli at quality 5, as edges do it`,
    rows: [
      indexed,
      against(parsed, indexed),
      touched,
      toRow("text", "kB", [size / 1000]),
      toRow("text with brotli", "kB", [packed / 1000]),
      toRow("text with brotli, per gift", "B", [packed / GIFTS]),
    ],
  };
}

/**
 * What a client without an index would do: the line is JSON until it is asked for, each time.
 * @param {string} text
 */
function unindexed(text) {
  const header = text.slice(0, text.indexOf("\n"));
  const lines = catalogLines(text);
  return { get: (id) => new Catalog(`${header}\n${lines.get(id)}\n`).get(id) };
}
