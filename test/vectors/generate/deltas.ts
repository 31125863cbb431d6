import { toLine, writeCatalog } from "../../../src/wire/catalog.ts";
import { applyDelta, makeDelta } from "../../../src/wire/delta.ts";
import { digestOf } from "../../../src/trust/nodeCrypto.ts";
import { type Gifts, linesOf, releaseOf, STAFF_ONLY } from "../../wire/catalogOf.ts";
import type { VectorFile } from "./vectorFile.ts";

const BEFORE: Gifts = { kit: [releaseOf("2.0.0")], rose: [releaseOf("1.0.0")] };
const ROSE_ON: Gifts = { ...BEFORE, rose: [releaseOf("1.1.0", { rollout: STAFF_ONLY }), releaseOf("1.0.0")] };

function textOf(gifts: Gifts): string {
  return writeCatalog("mid", linesOf(gifts));
}

/** A catalog whose lines hold text beyond ASCII, and beyond one UTF-16 unit. */
function withPlayer(name: string): string {
  return textOf({ ...BEFORE, rose: [releaseOf("1.0.0", { player: { name, version: "1.0.0" } })] });
}

const FOLLOWED: readonly (readonly [name: string, from: string, to: string])[] = [
  ["a line that changed", textOf(BEFORE), textOf(ROSE_ON)],
  ["and back", textOf(ROSE_ON), textOf(BEFORE)],
  ["a gift that came", textOf(BEFORE), textOf({ ...BEFORE, crown: [releaseOf("1.0.0")] })],
  ["a gift that came after all others", textOf(BEFORE), textOf({ ...BEFORE, zebra: [releaseOf("1.0.0")] })],
  ["a gift that went", textOf(BEFORE), textOf({ rose: BEFORE["rose"] ?? [] })],
  ["all that went", textOf(BEFORE), textOf({})],
  ["from nothing", textOf({}), textOf(BEFORE)],
  ["nothing at all", textOf(BEFORE), textOf(BEFORE)],
  [
    "several at once",
    textOf({ ...ROSE_ON, crown: [releaseOf("1.0.0")] }),
    textOf({ ...BEFORE, zebra: [], a: [] }),
  ],
  [
    "ids that begin alike are sorted by their letters",
    textOf({}),
    textOf({ "a-b": [], a: [], a1: [], ab: [], "a-": [] }),
  ],
  ["text beyond ASCII before the change", withPlayer("玫瑰 1"), withPlayer("玫瑰 2")],
  ["text beyond one UTF-16 unit before the change", withPlayer("😀😀 1"), withPlayer("😀😀 2")],
  ["text beyond one UTF-16 unit on both sides", withPlayer("😀a😁"), withPlayer("😀b😁")],
  ["a change inside of a character of two UTF-16 units", withPlayer("😀"), withPlayer("😁")],
  ["a change that repeats what stands beside it", withPlayer("aaaa"), withPlayer("aaaaaa")],
];

const ROSE_LINE = toLine({ id: "rose", releases: [] });
const LINE_START = '{"id":"rose",';
const WITHOUT_ROSES = textOf({ ...BEFORE, rose: [] });

/** Deltas that lead from the first catalog to another one than the second: the whole second one is fetched then. */
const REFUSED: readonly (readonly [name: string, delta: string])[] = [
  ["nothing", ""],
  ["no JSON", "<!doctype html>"],
  ["JSON that breaks off", '{"rose":null'],
  ["null", "null"],
  ["a number", "7"],
  ["a text", '"rose"'],
  ["a list", "[1]"],
  ["no change, where there is one", "{}"],
  ["a gift too few", '{"rose":null}'],
  ["a gift that is not there taken away", '{"tulip":null}'],
  ["another line", JSON.stringify({ rose: ROSE_LINE })],
  ["a line of another gift", JSON.stringify({ rose: toLine({ id: "kit", releases: [] }) })],
  ["a line that is no line", '{"rose":"x\\ny"}'],
  ["a number for a line", '{"rose":7}'],
  ["an object for a line", '{"rose":{"id":"rose"}}'],
  ["a splice of a line that is not there", '{"tulip":[1,1,"x"]}'],
  ["a splice that keeps more than there is", '{"rose":[100000,1,"x"]}'],
  ["a splice whose two ends meet twice", '{"rose":[300,300,""]}'],
  ["a splice from before the beginning", '{"rose":[-1,1,"x"]}'],
  ["a splice to before the beginning", '{"rose":[1,-1,"x"]}'],
  ["a splice of too few parts", '{"rose":[1]}'],
  ["a splice of text for numbers", '{"rose":["1","1","x"]}'],
  ["keys that some languages know", '{"__proto__":null,"constructor":[0,0,"x"]}'],
];

export function deltaVectors(): VectorFile {
  return {
    about:
      "A catalog's text, a delta's text, and the SHA-256 that the next catalog is signed with. The delta leads there (text), or it is refused (null) and the whole catalog is fetched.",
    lists: {
      cases: [
        ...FOLLOWED.map(([name, from, to]) => {
          const delta = JSON.stringify(makeDelta(from, to));
          if (follow(from, delta) !== to) throw new Error(`${name}: it does not lead there`);
          return { name, tier: "mid", from, delta, sha256: digestOf(to), text: to };
        }),
        {
          name: "a splice that keeps nothing of the end",
          tier: "mid",
          from: textOf(BEFORE),
          delta: JSON.stringify({ rose: [LINE_START.length, 0, ROSE_LINE.slice(LINE_START.length)] }),
          sha256: digestOf(WITHOUT_ROSES),
          text: WITHOUT_ROSES,
        },
        ...REFUSED.map(([name, delta]) => {
          const [from, to] = [textOf(BEFORE), textOf(ROSE_ON)];
          if (follow(from, delta) === to) throw new Error(`${name}: it leads there`);
          return { name, tier: "mid", from, delta, sha256: digestOf(to), text: null };
        }),
        {
          name: "a catalog with a header of a later minor: a delta writes the header that its client knows",
          tier: "mid",
          from: textOf(BEFORE),
          delta: JSON.stringify(makeDelta(textOf(BEFORE), textOf(ROSE_ON))),
          sha256: digestOf(textOf(ROSE_ON).replace('"format":"1.0"', '"format":"1.1"')),
          text: null,
        },
      ],
    },
  };
}

function follow(from: string, delta: string): string | null {
  try {
    return applyDelta("mid", from, JSON.parse(delta));
  } catch {
    return null;
  }
}
