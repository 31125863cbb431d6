import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { toWireOverride } from "../../src/model/entry.ts";
import { overridePath } from "../../src/model/paths.ts";
import type { OverrideFile } from "../../src/model/schemas.ts";
import { overrideFileText, toBreakGlass } from "../../src/publish/overrideFile.ts";
import { parseFile } from "../../src/source/readProject.ts";
import type { Override } from "../../src/wire/override.ts";
import { versionText } from "../wire/arbitraries.ts";
import { runsOf } from "../support/runs.ts";

const id = "break-glass-rose-20261125-2104";

/** Gift ids, words among them that YAML readers take for something else. */
const gift = fc.oneof(
  fc.stringMatching(/^[a-z0-9]{1,4}(-[a-z0-9]{1,4}){0,2}$/),
  fc.constantFrom("null", "true", "no", "1e3", "007", "0x1", "12"),
);
const range = fc.oneof(
  versionText(),
  versionText().map((it) => `>=${it}`),
  versionText().map((it) => `<${it}`),
  versionText().map((it) => `^${it}`),
  fc.tuple(versionText(), versionText()).map(([a, b]) => `>=${a} <=${b}`),
  fc.tuple(versionText(), versionText(), versionText()).map(([a, b, c]) => `${a} || ~${b} || >${c}`),
  fc.constantFrom("*", "1.x", ">=0.0.0-0", ">2.0.0 <1.0.0"),
);
const platform = fc.oneof(
  fc.constantFrom("android", "ios", "web", "true", "a: b", "tv#2"),
  fc.string({ minLength: 1, maxLength: 8 }),
);
const people = fc.string({ unit: "binary", minLength: 1, maxLength: 40 });

const overrideFile: fc.Arbitrary<OverrideFile> = fc.record(
  {
    gifts: fc.oneof(fc.constant("*" as const), fc.uniqueArray(gift, { minLength: 1, maxLength: 4 })),
    versions: range,
    scope: fc
      .record(
        {
          regions: fc.array(fc.stringMatching(/^[A-Z]{2}$/), { minLength: 1, maxLength: 3 }),
          platforms: fc.array(platform, { minLength: 1, maxLength: 3 }),
          app: fc.dictionary(
            platform.filter((it) => it !== "__proto__"),
            range,
            { minKeys: 1, maxKeys: 3 },
          ),
          tiers: fc.array(fc.constantFrom("low", "mid", "high"), { minLength: 1, maxLength: 3 }),
        },
        { requiredKeys: [] },
      )
      .filter((it) => Object.keys(it).length > 0),
    limit: fc.constantFrom("none", "canary", "regional"),
    reason: people,
    incident: people,
  },
  { requiredKeys: ["gifts", "limit", "reason"] },
);

function readBack(text: string): { file: OverrideFile; override: Override | null } {
  const { located, findings } = parseFile("override", overridePath(id), new TextEncoder().encode(text));
  if (!located) throw new Error(`${JSON.stringify(findings)} in\n${text}`);
  return { file: located.value, override: toWireOverride(id, located.value, 0) };
}

describe("the file with which git adopts a break-glass override", () => {
  test("gives the very same override again, whatever it holds and whatever people wrote beside it", () => {
    fc.assert(
      fc.property(overrideFile, (written) => {
        const override = toBreakGlass(id, written);
        const read = readBack(overrideFileText(override, written.reason, written.incident));
        expect(read.override).toEqual({ ...override, origin: "git" });
        expect([read.file.reason, read.file.incident]).toEqual([written.reason, written.incident]);
      }),
      runsOf(600, 100),
    );
  });

  test("is what a person would write", () => {
    const override = toBreakGlass(id, {
      gifts: ["rose", "crown"],
      versions: "1.4.x || ^2.0.1",
      scope: { regions: ["SG", "NO"], platforms: ["android"], app: { android: "<8.3.0" }, tiers: ["low"] },
      limit: "canary",
      reason: "ignored",
    });
    expect(overrideFileText(override, "Crashes: on Mali", "https://status.example.com/42")).toBe(
      [
        "gifts: [rose, crown]",
        'versions: ">=1.4.0-0 <1.5.0-0 || >=2.0.1 <3.0.0-0"',
        "scope:",
        '  regions: ["SG", "NO"]',
        "  platforms: [android]",
        "  app:",
        '    android: "<8.3.0"',
        "  tiers: [low]",
        "limit: canary",
        'reason: "Crashes: on Mali"',
        'incident: "https://status.example.com/42"',
        "",
      ].join("\n"),
    );
  });

  test("of a limit that no file can say reaches no further than that limit", () => {
    const narrow: Override = {
      id,
      origin: "break-glass",
      gifts: "*",
      limit: { canary: { cohorts: ["qa"] }, regional: true },
    };
    expect(readBack(overrideFileText(narrow, "x")).override?.limit).toEqual({});
  });
});
