import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { largeCatalog, viewersOf } from "./catalog.mjs";
import { enginesOf } from "./engines.mjs";
import { against, timed, toRow } from "./measure.mjs";

const GIFTS = 10_000;
const VIEWERS = 1_009;
const ROUNDS = 7;
const CALLS = 50_000;
const LOADS = 3;
/** What takes longer to load is loaded once. */
const SLOW_MILLISECONDS = 3_000;
/** Questions that all engines must answer alike, but for the buckets of those that hash otherwise. */
const QUESTIONS = 20_000;

/**
 * The same rules in this project's resolver and in three engines that many apps use, one after the other in each round.
 * @returns {Promise<import("./measure.mjs").Figure[]>}
 */
export async function measureEngines() {
  const viewers = viewersOf(VIEWERS);
  const engines = [];
  for (const engine of enginesOf(largeCatalog(GIFTS))) engines.push(await load(engine, viewers));
  try {
    return [calls(engines), loading(engines)];
  } finally {
    await Promise.all(engines.map((it) => it.loaded.close()));
  }
}

async function load(engine, viewers) {
  const milliseconds = [];
  let loaded;
  let bytes = 0;
  for (let round = 0; round < LOADS && (milliseconds[0] ?? 0) < SLOW_MILLISECONDS; round++) {
    await loaded?.close();
    loaded = undefined;
    const before = heapAfterCollection();
    const started = performance.now();
    loaded = await engine.load(engine.definitions);
    // Some index when first asked.
    loaded.ask("gift-00000", engine.toViewer(viewers[0]));
    milliseconds.push(performance.now() - started);
    if (round === 0)
      for (let at = 0; at < GIFTS; at++) loaded.ask(giftAt(at), engine.toViewer(viewers[at % VIEWERS]));
    // The first time alone: what an earlier one left behind would be taken off a later one.
    if (round === 0) bytes = heapAfterCollection() - before;
  }
  return { ...engine, loaded, contexts: viewers.map(engine.toViewer), milliseconds, bytes };
}

function calls(engines) {
  const answers = engines.map(({ loaded, contexts }) => {
    const given = [];
    for (let at = 0; at < QUESTIONS; at++) given.push(loaded.ask(giftAt(at), contexts[at % VIEWERS]));
    return given;
  });
  const [own, ...others] = answers;
  const differing = others.map((it) => it.filter((answer, at) => answer !== own[at]).length);
  const perSecond = engines.map(() => []);
  for (let round = 0; round < ROUNDS; round++) {
    engines.forEach(({ loaded, contexts }, which) => {
      // Each gift once before, unmeasured: what stood in the processor's caches was another engine's.
      for (let at = 0; at < GIFTS; at++) loaded.ask(giftAt(at), contexts[at % VIEWERS]);
      const milliseconds = timed(() => {
        for (let at = 0; at < CALLS; at++) loaded.ask(giftAt(at), contexts[at % VIEWERS]);
      });
      perSecond[which].push(CALLS / 1000 / milliseconds);
    });
  }
  const rows = engines.map(({ name }, at) => toRow(name, "million/s", perSecond[at]));
  const [mine, ...theirs] = rows;
  const fastest = theirs.reduce((best, it) => (it.median > best.median ? it : best));
  return {
    title: "resolve beside other engines: answers by one thread",
    about: `${GIFTS} gifts, ${VIEWERS} viewers, the same rules, each engine warm; of ${QUESTIONS} answers ${engines
      .slice(1)
      .map(({ name }, at) => `${name} differs in ${differing[at]}`)
      .join(", ")} (two hash otherwise, and none knows what a release requires)`,
    rows: [against(mine, fastest), ...theirs.map((it) => against(it, mine))],
  };
}

function loading(engines) {
  const times = engines.map(({ name, milliseconds }) => toRow(`${name}: load`, "ms", milliseconds));
  const memory = engines.map(({ name, bytes }) =>
    toRow(`${name}: heap, all gifts asked`, "MB", [bytes / 1e6]),
  );
  const text = engines.map(({ name, definitions }) =>
    toRow(`${name}: text`, "MB", [Buffer.byteLength(definitions) / 1e6]),
  );
  return {
    title: "resolve beside other engines: loading, and what it takes",
    about: `${GIFTS} gifts; from the text until the first answer; the heap once every gift was asked for`,
    rows: [times, memory, text].flatMap(([mine, ...theirs]) => [
      mine,
      ...theirs.map((it) => against(it, mine)),
    ]),
  };
}

/** Every gift in turn, far from its neighbours. */
function giftAt(at) {
  return `gift-${String((at * 7_919) % GIFTS).padStart(5, "0")}`;
}

function heapAfterCollection() {
  setFlagsFromString("--expose-gc");
  const collect = runInNewContext("gc");
  for (let times = 0; times < 3; times++) collect();
  return process.memoryUsage().heapUsed;
}
