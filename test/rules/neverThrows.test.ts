import fc from "fast-check";
import { expect, test } from "vitest";
import type { Finding } from "../../src/report/finding.ts";
import type { GiftMedia, SourceFact } from "../../src/rules/facts.ts";
import { findingsIn, type Files, GOOD, giftFiles } from "./projectOf.ts";
import { runsOf } from "../support/runs.ts";

const FILES: Files = {
  ...GOOD,
  ...giftFiles("kit", "2.0.0", "requires: { rose: ^1.0.0 }\nfallback: [{ gift: rose }]\n"),
  "releases/policy.yaml": `${GOOD["releases/policy.yaml"]}warnings: [BUDGET_FPS]
waivers:
  - { rule: BUDGET_MEMORY, gift: rose, versions: ^1.0.0, owner: "@acme/art", reason: It is alone, ends: 2027-01-31 }
`,
  "releases/overrides/stop.yaml":
    'gifts: [rose]\nversions: "*"\nscope: { platforms: [ios], app: { ios: "*" } }\nlimit: none\nreason: It crashes\n',
};

const PATHS = Object.keys(FILES).filter((path) => /\.(yaml|lock\.json)$/.test(path));

/** What YAML and semver have a meaning for; arbitrary letters seldom hit one. */
const FRAGMENTS =
  `&a |*a|<<: *a|? |- |!!binary |!x |--- |...\n|%YAML 1.1\n|>-\n|[|]|{|}|:|: |#|"|'|\n|\r\n|\t|  |\uFEFF|\0|~|null
|__proto__|constructor|rose|kit|.inf|.nan|1e999|-0|0x1F|2.555|true|^|>=|1.0.0|1.x - 2|99999999999999999999.0.0|-beta.1|/|..|\ud800`
    .split("|")
    .concat("|", "||");

/** Records rather than functions, so that a counterexample says what it is. */
type Edit =
  | { readonly replaceAll: string }
  | { readonly write: string; readonly over: number; readonly at: number }
  | { readonly moveLine: number; readonly to: number };

const edits: fc.Arbitrary<Edit> = fc.oneof(
  fc.record({ replaceAll: fc.string({ unit: "binary" }) }),
  fc.record({ write: fc.constantFrom(...FRAGMENTS), over: fc.nat(12), at: fc.nat(1_000) }),
  fc.record({ moveLine: fc.nat(30), to: fc.nat(30) }),
);

function applyEdit(text: string, edit: Edit): string {
  if ("replaceAll" in edit) return edit.replaceAll;
  if ("write" in edit) {
    const start = edit.at % (text.length + 1);
    return text.slice(0, start) + edit.write + text.slice(start + edit.over);
  }
  const lines = text.split("\n");
  const [line = ""] = lines.splice(edit.moveLine % lines.length, 1);
  return lines.toSpliced(edit.to % (lines.length + 1), 0, line).join("\n");
}

const sources: fc.Arbitrary<SourceFact> = fc.oneof(
  fc.record({
    path: fc.oneof(fc.string(), fc.constantFrom("source/rose.svga", "source/frames/1.png", "source/still")),
    bytes: fc.nat(),
    media: fc.record({
      kind: fc.constantFrom("animation", "picture", "sound"),
      format: fc.string(),
      extensions: fc.array(fc.constantFrom("png", "svga", ".wav")),
      width: fc.nat(),
      height: fc.nat(),
      frames: fc.nat(),
      drawnBy: fc.constantFrom("node" as const, "browser" as const, null),
      saysItsAlpha: fc.constantFrom(true, false, null),
      deadWeight: fc.array(
        fc.record({ what: fc.string(), name: fc.string(), bytes: fc.nat(), isRemovable: fc.boolean() }),
      ),
      warnings: fc.array(fc.record({ message: fc.string(), fix: fc.string() })),
    }),
  }),
  fc.record({
    path: fc.string(),
    bytes: fc.nat(3),
    problem: fc.record({ message: fc.string(), fix: fc.string() }),
  }),
);

const media: fc.Arbitrary<GiftMedia> = fc.record(
  { isFolder: fc.boolean(), animation: fc.array(sources), sound: sources, still: sources },
  { requiredKeys: ["isFolder", "animation"] },
);

test("whatever is in the files, reading and checking end with findings that a person can use", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.tuple(fc.constantFrom(...PATHS), edits), { minLength: 1, maxLength: 6 }),
      media,
      async (changes, rose) => {
        const files = { ...FILES };
        for (const [path, edit] of changes) files[path] = applyEdit(files[path] ?? "", edit);
        const merged = new Set(["releases/rose/1.0.0.lock.json"]);
        const locks = { merged, changed: merged };
        for (const finding of await findingsIn(files, { media: new Map([["rose", rose]]), locks }))
          expectUsable(finding);
      },
    ),
    runsOf(600, 60),
  );
}, 60_000);

test("whatever files lie about", async () => {
  const names = fc.constantFrom(
    "rose",
    "source",
    "frames",
    "gift.yaml",
    "1.0.0.yaml",
    "1.0.0.lock.json",
    "a.root.json",
    "x",
    "environments",
    "overrides",
    "policy.yaml",
  );
  const paths = fc
    .tuple(
      fc.constantFrom("gifts", "releases"),
      fc.array(fc.oneof(names, fc.string({ minLength: 1 })), { minLength: 1, maxLength: 4 }),
    )
    .map(([top, rest]) => [top, ...rest].join("/"));
  await fc.assert(
    fc.asyncProperty(fc.array(paths), async (strays) => {
      const files = { ...FILES, ...Object.fromEntries(strays.map((path) => [path, FILES[path] ?? ""])) };
      for (const finding of await findingsIn(files)) expectUsable(finding);
    }),
    runsOf(200, 30),
  );
}, 60_000);

function expectUsable({ place, message, fix, code }: Finding): void {
  expect(place.line).toBeGreaterThanOrEqual(1);
  expect(place.column).toBeGreaterThanOrEqual(1);
  expect(code).toMatch(/^[A-Z]+(_[A-Z]+)*$/);
  expect(message).not.toMatch(/undefined|\[object/);
  expect(message).not.toBe("");
  expect(fix).not.toContain("undefined");
}
