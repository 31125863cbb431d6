import {
  compareVersions,
  type Interval,
  isWithin,
  parseVersion,
  type Version,
} from "../../../src/wire/version.ts";
import { compileRange } from "../../../src/model/range.ts";
import reference from "../../wire/version-vectors.json" with { type: "json" };
import type { VectorFile } from "./vectorFile.ts";

const MORE: readonly (readonly [text: string, version: Version | null, rule: string])[] = [
  ["8.2.0.beta", null, "a fourth part is a number"],
  ["8.2.0.117.", null, "and has no dot after it"],
  ["8.2.0 ", null, "white space at the end is not trimmed either"],
  ["8.2.0\r\n", null, "nor is the end of a line"],
  ["٨.٢.٠", null, "digits of other scripts are none"],
  ["vv8.2.0", null, "only one v"],
  ["0x8.2.0", null, "no hexadecimal"],
  ["1e3", null, "no exponent"],
  ["8.2.0_1", null, "no underscore"],
  ["8.2.0-rc_1", null, "nor in a pre-release"],
  ["8.2.0-01", [8, 2, 0, 1], "a numeric identifier may have zeros before it"],
  ["8.2.0-20270131120000", [8, 2, 0, 20270131120000], "a date is a number"],
  ["8.2.0-9007199254740993", [8, 2, 0, 9007199254740992], "a longer one is the double next to it"],
  ["8.2.0--", [8, 2, 0, "-"], "a dash alone is an identifier"],
  ["8.2.0-a+b-c.d", [8, 2, 0, "a"], "build metadata ends a pre-release"],
  ["8.2.0+a+b", null, "and stands there once"],
];

/** Each line's versions are equal, and smaller than the next line's. */
const ORDER: readonly (readonly string[])[] = [
  ["0.0.0-0"],
  ["0.0.0", "0", "latest"],
  ["0.0.1"],
  ["1.0.0-0"],
  ["1.0.0-1"],
  ["1.0.0-2", "1.0.0-02"],
  ["1.0.0-11"],
  ["1.0.0-9007199254740992", "1.0.0-9007199254740993"],
  ["1.0.0--"],
  ["1.0.0-1a"],
  ["1.0.0-Beta"],
  ["1.0.0-alpha"],
  ["1.0.0-alpha.1"],
  ["1.0.0-alpha.1.0"],
  ["1.0.0-alpha.beta"],
  ["1.0.0-beta"],
  ["1.0.0-beta.2"],
  ["1.0.0-beta.11"],
  ["1.0.0-beta-2"],
  ["1.0.0-rc.1", "1.0.0.7-rc.1+ci"],
  ["1.0.0", "1", "1.0", "v1.0.0", "1.0.0.117", "1.0.0+201"],
  ["1.0.1-0"],
  ["1.0.1"],
  ["1.0.10"],
  ["1.2.0"],
  ["1.10.0"],
  ["2.0.0"],
  ["10.0.0"],
];

const RANGES = [
  ">=8.2.0",
  "<8.2.0",
  "<=8.2.0",
  ">8.2.0",
  "8.2.0",
  "^8.2.0",
  "~8.2.0",
  "8.2.x",
  "*",
  ">=8.2.0 <8.3.0 || >=9.0.0",
  ">=8.2.0-beta.1",
  "<0.0.0-0",
];
const ASKED = [
  "latest",
  "8.1.9",
  "8.2.0-alpha",
  "8.2.0-beta.1",
  "8.2.0",
  "8.2.0.117",
  "8.2.0+1",
  "8.2.1-0",
  "8.2.1",
  "8.3.0-rc.1",
  "8.3.0",
  "9.0.0-rc.1",
  "9.0.0",
  "100.0.0",
];

export function versionVectors(): VectorFile {
  const more = MORE.map(([text, version, rule]) => ({ text, version, rule }));
  const flat = ORDER.flatMap((texts, place) => texts.map((text) => ({ text, place })));
  return {
    about:
      "How a version is read (null: it cannot be, and counts as 0.0.0), which of two is newer, and whether one is within intervals as a catalog carries them.",
    lists: {
      read: [...reference, ...more].map((it) => {
        const version = JSON.stringify(parseVersion(it.text));
        if (version !== JSON.stringify(it.version)) throw new Error(`${it.text}: ${version}`);
        return it;
      }),
      compare: flat.flatMap((a, i) =>
        flat.slice(i).map((b) => {
          const order = Math.sign(compareVersions(read(a.text), read(b.text)));
          if (order !== Math.sign(a.place - b.place)) throw new Error(`${a.text} and ${b.text}: ${order}`);
          return [a.text, b.text, order];
        }),
      ),
      within: RANGES.flatMap((range) => {
        const intervals: readonly Interval[] = compileRange(range);
        const inside = ASKED.filter((text) => isWithin(read(text), intervals));
        return { range, intervals, inside, outside: ASKED.filter((text) => !inside.includes(text)) };
      }),
    },
  };
}

function read(text: string): Version {
  return parseVersion(text) ?? [0, 0, 0];
}
