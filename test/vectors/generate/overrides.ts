import { keepStops, type Override, overridesFor } from "../../../src/wire/override.ts";
import type { VectorFile } from "./vectorFile.ts";

function untilGeneration(id: string, generation?: number): Override {
  return {
    id,
    origin: generation === undefined ? "git" : "stop",
    gifts: ["rose"],
    limit: {},
    ...(generation !== undefined && { untilGeneration: generation }),
  };
}

const GIT = untilGeneration("git");
const STOP_4 = untilGeneration("stop-4", 4);
const STOP_5 = untilGeneration("stop-5", 5);
const DRILL = { ...untilGeneration("drill", 5), origin: "drill" as const };
const BREAK_GLASS = { ...untilGeneration("glass"), origin: "break-glass" as const };

const IN_FORCE: readonly (readonly [
  name: string,
  generation: number,
  overrides: readonly Override[],
  ids: string[],
])[] = [
  ["none", 4, [], []],
  ["one without an end holds over every generation", 1_000_000, [GIT, BREAK_GLASS], ["git", "glass"]],
  [
    "one with an end holds over smaller generations",
    3,
    [STOP_4, STOP_5, DRILL],
    ["stop-4", "stop-5", "drill"],
  ],
  ["and not over the very generation that it names", 4, [STOP_4, STOP_5], ["stop-5"]],
  ["nor over later ones", 6, [STOP_4, GIT, STOP_5], ["git"]],
  ["before there is any catalog all hold", 0, [GIT, STOP_4], ["git", "stop-4"]],
];

const KEPT: readonly (readonly [
  name: string,
  generation: number,
  kept: readonly Override[],
  next: readonly Override[],
  ids: string[],
])[] = [
  ["what is named counts, in its order", 3, [], [STOP_5, GIT], ["stop-5", "git"]],
  [
    "a stop that is named no more stays over an older catalog, after those that are",
    3,
    [STOP_4],
    [GIT],
    ["git", "stop-4"],
  ],
  ["and goes once the client's catalog is that new", 4, [STOP_4, STOP_5], [GIT], ["git", "stop-5"]],
  ["one without an end goes as soon as it is named no more", 3, [GIT, BREAK_GLASS], [], []],
  [
    "one that is named again is there once, as it is named now",
    3,
    [STOP_4],
    [{ ...STOP_4, untilGeneration: 6 }],
    ["stop-4"],
  ],
  ["one that is named again as it was is there once", 3, [STOP_4, STOP_5], [STOP_5], ["stop-5", "stop-4"]],
  ["an id that now is something else replaces the stop", 3, [STOP_4], [{ ...GIT, id: "stop-4" }], ["stop-4"]],
  ["what is named is kept even where it holds no more", 9, [], [STOP_4], ["stop-4"]],
  ["several stay in their order", 3, [DRILL, STOP_5, STOP_4], [], ["drill", "stop-5", "stop-4"]],
];

export function overrideVectors(): VectorFile {
  return {
    about:
      "Which overrides are in force over a catalog of a generation; and which a client keeps when a new timestamp names others: ids, in order.",
    lists: {
      inForce: IN_FORCE.map(([name, generation, overrides, ids]) => {
        expectIds(name, overridesFor(generation, overrides), ids);
        return { name, generation, overrides, ids };
      }),
      kept: KEPT.map(([name, generation, kept, next, ids]) => {
        expectIds(name, keepStops(generation, kept, next), ids);
        return { name, generation, kept, next, ids };
      }),
    },
  };
}

function expectIds(name: string, found: readonly Override[], ids: readonly string[]): void {
  if (found.map((it) => it.id).join() !== ids.join()) throw new Error(`${name}: ${JSON.stringify(found)}`);
}
