import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { stringify } from "yaml";
import { toRollout } from "../../src/model/rollout.ts";
import type { ReleaseFile } from "../../src/model/schemas.ts";
import { type LimitWord, planRollback, reaches } from "../../src/rollout/planRollback.ts";
import { parseFile } from "../../src/source/readProject.ts";
import { compareVersions, parseVersion } from "../../src/wire/version.ts";
import { GIFTS, releases, viewers, views, winnerOf } from "../support/trees.ts";
import { releaseText } from "../support/world.ts";

const LIMITS: readonly LimitWord[] = ["none", "canary", "regional"];
const REACH = ["none", "canary", "regional", "full"];
const [GIFT = ""] = GIFTS;

function filesOf(list: readonly ReleaseFile[]): ReadonlyMap<string, string> {
  return new Map(list.flatMap((it) => (it.gift === GIFT ? [[it.version, stringify(it)] as const] : [])));
}

function readRelease(path: string, text: string): ReleaseFile {
  return parseFile("release", path, new TextEncoder().encode(text)).located?.value ?? expect.fail(text);
}

/** Whether anybody is reached beyond the limit. */
function goesBeyond(release: ReleaseFile, limit: LimitWord): boolean {
  return reaches(toRollout(release)).some((stage) => REACH.indexOf(stage) > REACH.indexOf(limit));
}

describe("a rollback, over generated trees", () => {
  test("leaves nobody on the release beyond the limit, moves nobody else, and nobody to a newer one", () => {
    fc.assert(
      fc.property(releases, viewers, fc.constantFrom(...LIMITS), (before, audience, limit) => {
        const rollback = planRollback(GIFT, filesOf(before), limit);
        if (!rollback) {
          expect(before.some((it) => it.gift === GIFT && goesBeyond(it, limit))).toBe(false);
          return;
        }
        const closed = readRelease(rollback.path, rollback.text);
        const after = before.map((it) => (it.gift === GIFT && it.version === closed.version ? closed : it));
        const [then, now] = [views(before, [], audience), views(after, [], audience)];
        then.forEach((resolution, at) => {
          if (at % GIFTS.length !== GIFTS.indexOf(GIFT)) return;
          const [was, is] = [winnerOf(resolution, GIFT), winnerOf(now[at] ?? resolution, GIFT)];
          if (was !== closed.version) expect(is).toBe(was);
          else if (is !== was && is !== null) expect(older(is, was)).toBe(true);
          if (is === closed.version)
            expect(REACH.indexOf(now[at]?.reason ?? "full")).toBeLessThanOrEqual(REACH.indexOf(limit));
        });
      }),
      { numRuns: 150 },
    );
  });

  test("closes the newest that goes further, all of it that does, and changes nothing else in any file", () => {
    fc.assert(
      fc.property(releases, fc.constantFrom(...LIMITS), (before, limit) => {
        const rollback = planRollback(GIFT, filesOf(before), limit);
        if (!rollback) return;
        const own = before.filter((it) => it.gift === GIFT);
        const release = own.find((it) => it.version === rollback.version) ?? expect.fail("it is there");
        for (const it of own)
          if (older(release.version, it.version))
            expect([it.version, goesBeyond(it, limit)]).toEqual([it.version, false]);
        const beyond = (["canary", "regional", "full"] as const).slice(REACH.indexOf(limit));
        const expected = structuredClone(release);
        for (const stage of beyond) expected.rollout[stage].open = false;
        expect(readRelease(rollback.path, rollback.text)).toEqual(expected);
        expect(rollback.closed).toEqual(beyond.filter((stage) => release.rollout[stage].open));
        expect(rollback.lines).toHaveLength(rollback.closed.length);
      }),
      { numRuns: 150 },
    );
  });
});

describe("a rollback", () => {
  const texts = new Map([
    ["1.0.0", releaseText({ gift: "rose", version: "1.0.0", regional: true, full: true })],
    ["1.1.0", releaseText({ gift: "rose", version: "1.1.0", regional: true, full: true })],
    ["1.2.0", releaseText({ gift: "rose", version: "1.2.0" })],
  ]);

  test.each([
    ["none", "1.2.0", ["canary"]],
    ["canary", "1.1.0", ["regional", "full"]],
    ["regional", "1.1.0", ["full"]],
  ] as const)("to %s is of %s", (limit, version, closed) => {
    expect(planRollback("rose", texts, limit)).toMatchObject({ version, closed });
  });

  test("is of the release that is named, or of none", () => {
    expect(planRollback("rose", texts, "none", "1.0.0")).toMatchObject({ version: "1.0.0" });
    expect(planRollback("rose", texts, "canary", "1.2.0")).toBeNull();
  });

  test("passes over a release that is open for nobody in particular, and one that cannot be read", () => {
    const empty = releaseText({ gift: "rose", version: "1.3.0" }).replace(
      "    cohorts:\n      - staff\n",
      "",
    );
    const files = new Map([...texts, ["1.3.0", empty], ["1.4.0", "rollout: ]"]]);
    expect(planRollback("rose", files, "none")).toMatchObject({ version: "1.2.0" });
  });

  test("keeps comments and spacing, so that opening the stages again is the same text", () => {
    const commented = (texts.get("1.1.0") ?? "").replaceAll("open: true", "open: true   # since Monday");
    const rollback = planRollback("rose", new Map([["1.1.0", commented]]), "none");
    expect(rollback?.closed).toEqual(["canary", "regional", "full"]);
    expect(rollback?.text.replaceAll("open: false", "open: true")).toBe(commented);
    expect(rollback?.lines[0]).toEqual({
      number: 11,
      before: "    open: true   # since Monday",
      after: "    open: false   # since Monday",
    });
  });
});

function older(a: string, b: string): boolean {
  return compareVersions(parseVersion(a) ?? [0, 0, 0], parseVersion(b) ?? [0, 0, 0]) < 0;
}
