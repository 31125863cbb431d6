import { Catalog, CATALOG_FORMAT, toLine } from "../../../src/wire/catalog.ts";
import { releaseOf } from "../../wire/catalogOf.ts";
import type { VectorFile } from "./vectorFile.ts";

const HEADER = `{"format":"${CATALOG_FORMAT}","tier":"mid"}`;
const ROSE = toLine({ id: "rose", releases: [releaseOf("1.1.0"), releaseOf("1.0.0")] });
const KIT = toLine({ id: "kit", releases: [releaseOf("2.0.0")] });
const NEWER_KIT = toLine({ id: "kit", releases: [releaseOf("2.1.0")] });

function withMore(line: string): string {
  return line.replace(/}$/, ',"more":{"of":["this",1,null]}}').replace('"version":', '"new":[1],"version":');
}

/** Versions by gift id, in the order of the lines; null for a gift that cannot be read, and for a text that is no catalog. */
type Expected = readonly (readonly [id: string, versions: readonly string[] | null])[] | null;

const KIT_READ = ["kit", ["2.0.0"]] as const;
const ROSE_READ = ["rose", ["1.1.0", "1.0.0"]] as const;
const BOTH = [KIT_READ, ROSE_READ];

const CASES: readonly (readonly [name: string, text: string, expected: Expected])[] = [
  ["a header and one line for each gift", `${HEADER}\n${KIT}\n${ROSE}\n`, BOTH],
  ["no gift at all", `${HEADER}\n`, []],
  ["a header alone", HEADER, []],
  ["the last line may lack its end", `${HEADER}\n${KIT}\n${ROSE}`, BOTH],
  ["empty lines are nothing", `${HEADER}\n\n${KIT}\n\n\n${ROSE}\n\n`, BOTH],
  ["lines count in any order", `${HEADER}\n${ROSE}\n${KIT}\n`, [ROSE_READ, KIT_READ]],
  [
    "of two lines for one gift the last counts, at the first one's place",
    `${HEADER}\n${KIT}\n${ROSE}\n${NEWER_KIT}\n`,
    [["kit", ["2.1.0"]], ROSE_READ],
  ],
  ["a later minor of the format", `{"format":"1.7","tier":"mid"}\n${KIT}\n`, [KIT_READ]],
  ["a major alone", `{"format":"1","tier":"mid"}\n${KIT}\n`, [KIT_READ]],
  [
    "more in the header than is known",
    `{"tier":"mid","format":"1.0","made":{"by":"later"}}\n${KIT}\n`,
    [KIT_READ],
  ],
  ["more in a line than is known", `${HEADER}\n${withMore(KIT)}\n${withMore(ROSE)}\n`, BOTH],
  ["a gift without releases", `${HEADER}\n{"id":"rose","releases":[]}\n`, [["rose", []]]],
  [
    "names that some languages know",
    `${HEADER}\n{"id":"__proto__","releases":[]}\n{"id":"constructor","releases":[]}\n`,
    [
      ["__proto__", []],
      ["constructor", []],
    ],
  ],
  [
    "a version that cannot be read is a version all the same",
    `${HEADER}\n${KIT.replace('"2.0.0"', '"latest"')}\n`,
    [["kit", ["latest"]]],
  ],
  [
    "a line that breaks off: the other gifts stand",
    `${HEADER}\n${KIT.slice(0, 60)}\n${ROSE}\n`,
    [["kit", null], ROSE_READ],
  ],
  ["a line that goes on after its end", `${HEADER}\n${KIT}}\n${ROSE}\n`, [["kit", null], ROSE_READ]],
  ["a line without releases", `${HEADER}\n{"id":"kit"}\n${ROSE}\n`, [["kit", null], ROSE_READ]],
  [
    "releases that are no list",
    `${HEADER}\n{"id":"kit","releases":{"0":1}}\n${ROSE}\n`,
    [["kit", null], ROSE_READ],
  ],
  [
    "a release that is null",
    `${HEADER}\n{"id":"kit","releases":[null]}\n${ROSE}\n`,
    [["kit", null], ROSE_READ],
  ],
  [
    "a line that calls itself otherwise further on",
    `${HEADER}\n{"id":"kit","id":"rose","releases":[]}\n`,
    [["kit", null]],
  ],
  ["an id with an escape", `${HEADER}\n{"id":"k\\u0069t","releases":[]}\n`, [["k\\u0069t", null]]],
  ["another major", `{"format":"2.0","tier":"mid"}\n${KIT}\n`, null],
  ["a major that only begins alike", `{"format":"10.0","tier":"mid"}\n${KIT}\n`, null],
  ["a format that is a number", `{"format":1,"tier":"mid"}\n${KIT}\n`, null],
  ["no format", `{"tier":"mid"}\n${KIT}\n`, null],
  ["a header that is null", `null\n${KIT}\n`, null],
  ["a header that is no JSON", `<!doctype html>\n${KIT}\n`, null],
  ["no header", `${KIT}\n${ROSE}\n`, null],
  ["nothing", "", null],
  ["an empty line before the header", `\n${HEADER}\n${KIT}\n`, null],
  ["lines that end as on Windows", `${HEADER}\r\n${KIT}\r\n${ROSE}\r\n\r\n`, null],
  ["a line that does not begin with its id", `${HEADER}\n{"releases":[],"id":"rose"}\n`, null],
  ["white space in the beginning of a line", `${HEADER}\n{ "id": "rose", "releases": [] }\n`, null],
  ["an id that does not end", `${HEADER}\n{"id":"rose\n`, null],
];

export function catalogVectors(): VectorFile {
  return {
    about:
      "A catalog's text, and the gifts in it with their versions: [id, versions], null for a gift whose line cannot be read; null for a text that is no catalog of format 1.",
    lists: {
      cases: CASES.map(([name, text, expected]) => {
        const found = read(text);
        if (JSON.stringify(found) !== JSON.stringify(expected))
          throw new Error(`${name}: ${JSON.stringify(found)}`);
        return { name, text, gifts: found };
      }),
    },
  };
}

function read(text: string): [id: string, versions: string[] | null][] | null {
  let catalog: Catalog;
  try {
    catalog = new Catalog(text);
  } catch {
    return null;
  }
  return [...catalog.ids()].map((id) => {
    const gift = catalog.get(id);
    return [id, gift ? gift.releases.map((it) => it.link.version) : null];
  });
}
