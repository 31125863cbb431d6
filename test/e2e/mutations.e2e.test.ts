import { readdirSync, readFileSync } from "node:fs";
import fc from "fast-check";
import { expect, test } from "vitest";
import { parse, parseDocument } from "yaml";
import { classifyPath } from "../../src/model/paths.ts";
import { type Project, releaseKey } from "../../src/model/project.ts";
import { toRollout } from "../../src/model/rollout.ts";
import type { ReleaseFile } from "../../src/model/schemas.ts";
import { desired } from "../../src/publish/desired.ts";
import { check } from "../../src/rules/check.ts";
import { readProject } from "../../src/source/readProject.ts";
import { type Files, memoryTree } from "../rules/projectOf.ts";

/** The files of this very repository; media is there by name only. */
const FILES: Files = Object.fromEntries(
  ["gifts", "releases"].flatMap((folder) => {
    const root = new URL(`../../${folder}/`, import.meta.url);
    const names = readdirSync(root, { recursive: true, withFileTypes: true })
      .filter((it) => it.isFile())
      .map((it) => `${it.parentPath}/${it.name}`.replaceAll("\\", "/").replace(/\/+/g, "/"));
    return names.map((name) => {
      const path = `${folder}/${name.slice(root.pathname.length)}`;
      const isMedia = ["source", "root"].includes(classifyPath(path).kind);
      return [path, isMedia ? "" : readFileSync(name, "utf8")] as const;
    });
  }),
);

const TEXTS = Object.keys(FILES).filter((path) => FILES[path] !== "");
const RELEASES = TEXTS.filter((path) => classifyPath(path).kind === "release");
/** Nearly every change of a lock is an error; what people write is changed more often. */
const WRITTEN = [...TEXTS, ...Array(3).fill(TEXTS.filter((path) => path.endsWith(".yaml")))].flat();

/** Of any type, and of any size. */
const values: fc.Arbitrary<unknown> = fc.oneof(
  fc.constantFrom<unknown>(
    null,
    true,
    false,
    0,
    -1,
    0.01,
    2.555,
    100,
    101,
    1e21,
    Number.POSITIVE_INFINITY,
    "",
    "*",
    "rose",
    "crown",
    "1.0.0",
    "1.2.0",
    "9.9.9-rc.1",
    ">=8.0.0",
    "<0.0.0-0",
    "low",
    "SG",
    "source/still.png",
    "source/..",
    "2027-02-05T18:00:00Z",
    "__proto__",
    [],
    {},
    ["low", "low"],
    [[]],
    { open: true },
    { SG: 5 },
    { __proto__: null, constructor: "*" },
  ),
  fc.string(),
  fc.double(),
  fc.array(fc.string(), { maxLength: 3 }),
);

/** Records rather than functions, so that a counterexample says what it is. */
const mutations = fc.oneof(
  fc.record({ deleteFile: fc.nat() }),
  fc.record({ copyFile: fc.nat(), over: fc.nat() }),
  fc.record({
    copyFile: fc.nat(),
    toVersion: fc.constantFrom("1.0.1", "1.2.0", "2.0.0-rc.1", "01.0.0", "x"),
  }),
  fc.record({ truncate: fc.nat(), at: fc.nat() }),
  {
    weight: 6,
    arbitrary: fc.record({
      inRelease: fc.nat(),
      word: fc.nat(),
      becomes: fc.constantFrom("true", "false", "1", "5", "12.5", "100", "staff", "SG", "low", "rose", '"*"'),
    }),
  },
  fc.record({ inFile: fc.nat(), deleteLine: fc.nat() }),
  fc.record({ inFile: fc.nat(), doubleLine: fc.nat() }),
  { weight: 4, arbitrary: fc.record({ inFile: fc.nat(), value: fc.nat(), becomes: values }) },
  { weight: 2, arbitrary: fc.record({ inFile: fc.nat(), value: fc.nat(), isDeleted: fc.constant(true) }) },
  { weight: 2, arbitrary: fc.record({ inFile: fc.nat(), value: fc.nat(), becomesThatOf: fc.nat() }) },
);
type Mutation = typeof mutations extends fc.Arbitrary<infer T> ? T : never;

function mutate(files: Files, mutation: Mutation): Files {
  const pathAt = (at: number) => TEXTS[at % TEXTS.length] ?? "";
  if ("deleteFile" in mutation)
    return Object.fromEntries(Object.entries(files).filter(([path]) => path !== pathAt(mutation.deleteFile)));
  if ("copyFile" in mutation) {
    const path = pathAt(mutation.copyFile);
    const to =
      "over" in mutation
        ? pathAt(mutation.over)
        : path.replace(/[^/]+?(\.lock\.json|\.yaml)$/, `${mutation.toVersion}$1`);
    return { ...files, [to]: files[path] ?? "" };
  }
  if ("truncate" in mutation) {
    const path = pathAt(mutation.truncate);
    const text = files[path] ?? "";
    return { ...files, [path]: text.slice(0, mutation.at % (text.length + 1)) };
  }
  if ("inRelease" in mutation) {
    const path = RELEASES[mutation.inRelease % RELEASES.length] ?? "";
    return { ...files, [path]: replaceWord(files[path] ?? "", mutation.word, mutation.becomes) };
  }
  const path = WRITTEN[mutation.inFile % WRITTEN.length] ?? "";
  const text = files[path] ?? "";
  return { ...files, [path]: mutateText(path, text, mutation) };
}

/** One value that stands at the end of its line, as most in a release do. */
function replaceWord(text: string, word: number, becomes: string): string {
  const words = [...text.matchAll(/(?<=: |- )[^\s{}[\]#]+$/gm)];
  const found = words[word % words.length];
  if (!found) return text;
  return text.slice(0, found.index) + becomes + text.slice(found.index + found[0].length);
}

function mutateText(path: string, text: string, mutation: Extract<Mutation, { inFile: number }>): string {
  if ("value" in mutation) {
    const document = parseDocument(text);
    const content: unknown = document.errors.length > 0 ? null : document.toJS();
    const paths = pathsIn(content);
    const place = paths[mutation.value % paths.length];
    if (!place) return text;
    if ("isDeleted" in mutation) document.deleteIn(place);
    else if ("becomes" in mutation) document.setIn(place, document.createNode(mutation.becomes));
    else {
      const other = paths[mutation.becomesThatOf % paths.length] ?? [];
      document.setIn(place, document.createNode(valueAt(content, other)));
    }
    // The layout stays, blank lines too.
    return path.endsWith(".json")
      ? JSON.stringify(document.toJS(), null, 2)
      : document.toString({ lineWidth: 0 });
  }
  const lines = text.split("\n");
  if ("deleteLine" in mutation) lines.splice(mutation.deleteLine % lines.length, 1);
  else {
    const at = mutation.doubleLine % lines.length;
    lines.splice(at, 0, lines[at] ?? "");
  }
  return lines.join("\n");
}

/** The path of every value, lists by their indexes. */
function pathsIn(content: unknown): readonly (readonly string[])[] {
  if (typeof content !== "object" || content === null) return [];
  return Object.entries(content).flatMap(([key, value]) => [
    [key],
    ...pathsIn(value).map((path) => [key, ...path]),
  ]);
}

function valueAt(content: unknown, path: readonly string[]): unknown {
  const [key, ...rest] = path;
  if (key === undefined || typeof content !== "object" || content === null) return content;
  return valueAt(new Map(Object.entries(content)).get(key), rest);
}

async function readAndCheck(files: Files): Promise<{ project: Project; errors: readonly string[] }> {
  const { project, findings } = await readProject(memoryTree(files));
  const texts = new Map(Object.entries(files));
  const all = [...findings, ...check(project, { texts })];
  return { project, errors: all.flatMap((it) => (it.severity === "error" ? [it.code] : [])) };
}

/** What was read is what anybody would read in the files, and nothing that lies there was passed over. */
function expectMeaning(files: Files, project: Project): void {
  for (const [path, text] of Object.entries(files)) {
    const it = classifyPath(path);
    if (it.kind === "release") {
      const written: ReleaseFile = parse(text);
      const read = project.releases.get(releaseKey(it.gift, it.version))?.value;
      expect(read).toEqual(written);
      expect(read && toRollout(read)).toEqual(toRollout(written));
    } else if (it.kind === "gift") expect(project.gifts.get(it.gift)?.value).toEqual(parse(text));
    else if (it.kind === "policy") expect(project.policy?.value).toEqual(parse(text));
    else if (it.kind === "environment") expect(project.environments.get(it.name)?.value).toEqual(parse(text));
    else if (it.kind === "lock")
      expect(project.locks.get(releaseKey(it.gift, it.version))?.value).toEqual(JSON.parse(text));
  }
}

function expectDesired(project: Project): void {
  for (const { value } of project.environments.values()) {
    const { lines } = desired(project, value, 0);
    for (const line of [...lines.low.values(), ...lines.mid.values(), ...lines.high.values()])
      expect(JSON.parse(line)).toMatchObject({ id: expect.any(String) });
  }
}

test("the files of this repository have no error", async () => {
  const { project, errors } = await readAndCheck(FILES);
  expect(errors).toEqual([]);
  expect(project.releases.size).toBeGreaterThan(3);
  expectMeaning(FILES, project);
  expectDesired(project);
});

test("whatever is done to them ends with findings, or with files that mean what they say", async () => {
  const seen = { good: 0, bad: 0 };
  await fc.assert(
    fc.asyncProperty(
      fc.oneof(fc.tuple(mutations), fc.array(mutations, { minLength: 2, maxLength: 4 })),
      async (changes) => {
        const files = changes.reduce(mutate, FILES);
        const { project, errors } = await readAndCheck(files);
        if (errors.length > 0) {
          seen.bad++;
          return;
        }
        seen.good++;
        expectMeaning(files, project);
        expectDesired(project);
      },
    ),
    { numRuns: 600 },
  );
  // Both kinds were met, or nothing was shown.
  expect(seen.good).toBeGreaterThan(30);
  expect(seen.bad).toBeGreaterThan(30);
}, 120_000);
