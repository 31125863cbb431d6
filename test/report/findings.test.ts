import { readdir, readFile } from "node:fs/promises";
import { beforeAll, describe, expect, test } from "vitest";
import { checkShape } from "../../src/model/validate.ts";
import { FINDING_CODES } from "../../src/report/codes.ts";
import { parseYaml } from "../../src/source/yaml.ts";
import { scanSource } from "../support/scanSource.ts";

interface Section {
  readonly code: string;
  /** What it means: the text above the parts. */
  readonly meaning: string;
  /** By label, in the order in which they are written. */
  readonly parts: ReadonlyMap<string, string>;
}

describe("the explanations of findings", () => {
  let text: string;
  let sections: readonly Section[];

  beforeAll(async () => {
    text = await readFile(new URL("../../schemas/findings.md", import.meta.url), "utf8");
    sections = text.split(/^## /m).slice(1).map(toSection);
  });

  const waiverOf = (code: string) => sections.find((it) => it.code === code)?.parts.get(WAIVER) ?? "";

  test("are one for every code that a finding can have, sorted, and no other", () => {
    expect(sections.map((it) => it.code)).toEqual([...FINDING_CODES]);
    expect([...FINDING_CODES].sort()).toEqual([...FINDING_CODES]);
    expect(new Set(FINDING_CODES).size).toBe(FINDING_CODES.length);
  });

  test("say what it means, its causes, the way to mend it, how bad it is and who can waive it", () => {
    for (const { code, meaning, parts } of sections) {
      expect([code, [...parts.keys()]]).toEqual([code, ["Causes", "Fix", "Severity", WAIVER]]);
      for (const part of [meaning, ...parts.values()]) expect([code, part]).toEqual([code, SENTENCE]);
    }
  });

  test("say of each that it is an error or a warning", () => {
    for (const { code, parts } of sections)
      expect([code, parts.get("Severity")]).toEqual([code, expect.stringMatching(/^(error|warning)\b/)]);
  });

  test("are short", () => {
    for (const section of text.split(/^(?=## )/m).slice(1))
      expect(section.trim().split("\n").filter(Boolean).length, section).toBeLessThanOrEqual(10);
  });

  test("name the policy's waivers, its warnings and the freezes' allow where the policy takes the code, and only there", () => {
    const named = (word: string) => FINDING_CODES.filter((code) => waiverOf(code).includes(`\`${word}\``));
    const taken = (toPolicy: (code: string) => object) =>
      FINDING_CODES.filter((code) => checkShape("policy", { ...POLICY, ...toPolicy(code) }).ok);
    expect(checkShape("policy", POLICY)).toMatchObject({ ok: true });
    expect(named("waivers")).toEqual(taken((rule) => ({ waivers: [{ ...WAIVED, rule }] })));
    expect(named("warnings")).toEqual(taken((code) => ({ warnings: [code] })));
    expect(FINDING_CODES.filter((code) => waiverOf(code).includes("allow:"))).toEqual(["FREEZE_WINDOW"]);
    expect(named("waivers").length).toBeGreaterThan(named("warnings").length);
  });

  test("say that nobody can waive the others, and who must act in the policy by its path", () => {
    for (const code of FINDING_CODES) {
      const start = /`waivers`|`allow:/.test(waiverOf(code))
        ? "the owners of `releases/policy.yaml`"
        : "nobody";
      expect([code, waiverOf(code)]).toEqual([code, expect.stringMatching(new RegExp(`^${start}`))]);
    }
  });

  test("show a waiver that the policy takes", () => {
    const [, example = ""] = /^```yaml\n([^]*?)^```/m.exec(text) ?? [];
    const parsed = parseYaml("policy.yaml", example);
    if (!parsed.ok) throw new Error("the example cannot be read");
    expect(checkShape("policy", Object.assign({}, POLICY, parsed.located.value))).toMatchObject({ ok: true });
    expect(parsed.located.value).toMatchObject({ waivers: [{ rule: "BUDGET_MEMORY" }] });
  });

  test("are of codes that the code can give, each where files are read or checked", async () => {
    const written = await literalsIn(["model/validate.ts", "rules/", "source/"]);
    expect(FINDING_CODES.filter((code) => !written.has(code))).toEqual([]);
  });
});

const WAIVER = "Who can waive it";
const SENTENCE: unknown = expect.stringMatching(/^\S[^]{4,}[.]$/);

const TIER = {
  frames: { longSide: 256, fps: 12, quality: 60 },
  budget: { downloadBytes: 1, decodedBytes: 1 },
};
const POLICY = {
  platforms: { web: { apps: "*", players: [{ name: "webp", apps: "*", formats: "*" }] } },
  tiers: { low: TIER, mid: TIER, high: TIER },
};
const WAIVED = { gift: "rose", owner: "@acme/gift-art", reason: "It is shown alone", ends: "2027-01-31" };

function toSection(text: string): Section {
  const [heading = "", ...paragraphs] = text.split("\n\n").map((it) => it.replace(/\n */g, " ").trim());
  const [meaning = "", list = ""] = paragraphs;
  const items = list.split(/(?:^| )- \*\*/).slice(1);
  return {
    code: heading,
    meaning,
    parts: new Map(
      items.map((it) => {
        const [label = "", words = ""] = it.split(/:\*\* ?(.*)/);
        return [label, words];
      }),
    ),
  };
}

/** Every string literal of the sources below `src/` whose paths begin so; comments are none. */
async function literalsIn(places: readonly string[]): Promise<ReadonlySet<string>> {
  const folder = new URL("../../src/", import.meta.url);
  const paths = (await readdir(folder, { recursive: true })).filter(
    (path) => path.endsWith(".ts") && places.some((place) => path.startsWith(place)),
  );
  const texts = await Promise.all(paths.map((path) => readFile(new URL(path, folder), "utf8")));
  return new Set(texts.flatMap((text) => scanSource(text).literals));
}
