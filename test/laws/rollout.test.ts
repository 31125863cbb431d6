import fc from "fast-check";
import { compare } from "semver";
import { describe, expect, test } from "vitest";
import type { ReleaseFile } from "../../src/model/schemas.ts";
import { toRollout } from "../../src/model/rollout.ts";
import { planPublish } from "../../src/publish/plan.ts";
import { planStops, type RolloutChange } from "../../src/publish/stops.ts";
import { releaseKey } from "../../src/model/project.ts";
import type { Override } from "../../src/wire/override.ts";
import { TIERS } from "../../src/wire/viewer.ts";
import { desiredOf, GIFTS, releases, viewers, views, winnerOf } from "../support/trees.ts";

const STEPS = ["nothing", "canary", "regional", "full", "share", "percent", "holdback", "remove"] as const;

/** One step per release; more steps than releases are left over. */
const steps = fc.array(fc.constantFrom(...STEPS), { minLength: 15, maxLength: 15 });

/** The release after a step that takes viewers away, or null when it is deleted. */
function narrow(release: ReleaseFile, step: (typeof STEPS)[number]): ReleaseFile | null {
  const { rollout } = release;
  const { canary, regional } = rollout;
  switch (step) {
    case "canary":
      return { ...release, rollout: { ...rollout, canary: { ...canary, open: false } } };
    case "regional":
      return { ...release, rollout: { ...rollout, regional: { ...regional, open: false } } };
    case "full":
      return { ...release, rollout: { ...rollout, full: { open: false } } };
    case "share":
      return { ...release, rollout: { ...rollout, regional: { ...regional, regions: { SG: 1 } } } };
    case "percent":
      return canary.percent === undefined
        ? release
        : { ...release, rollout: { ...rollout, canary: { ...canary, percent: 1 } } };
    case "holdback":
      return { ...release, rollout: { ...rollout, holdback: { percent: 50 } } };
    case "remove":
      return null;
    case "nothing":
      return release;
  }
}

/** The release after a step that adds viewers. */
function widen(release: ReleaseFile, step: (typeof STEPS)[number]): ReleaseFile {
  const { rollout } = release;
  const { canary, regional } = rollout;
  switch (step) {
    case "canary":
      return { ...release, rollout: { ...rollout, canary: { ...canary, open: true } } };
    case "regional":
      return { ...release, rollout: { ...rollout, regional: { ...regional, open: true } } };
    case "full":
      return { ...release, rollout: { ...rollout, full: { open: true } } };
    case "share":
      return {
        ...release,
        rollout: { ...rollout, regional: { ...regional, regions: { SG: 100, ID: 100, BR: 100 } } },
      };
    case "percent":
      return { ...release, rollout: { ...rollout, canary: { ...canary, percent: 100 } } };
    default:
      return release;
  }
}

function changesBetween(before: readonly ReleaseFile[], after: readonly ReleaseFile[]): RolloutChange[] {
  const next = new Map(after.map((it) => [releaseKey(it.gift, it.version), it]));
  return before.map((it) => {
    const now = next.get(releaseKey(it.gift, it.version));
    return { gift: it.gift, version: it.version, before: toRollout(it), after: now ? toRollout(now) : null };
  });
}

describe("the laws of a rollout, over generated trees", () => {
  test("a stop over the old catalog gives every viewer what the new tree gives", () => {
    fc.assert(
      fc.property(releases, steps, viewers, (before, how, audience) => {
        const after = before.flatMap((it, at) => narrow(it, how[at] ?? "nothing") ?? []);
        const stops = planStops(changesBetween(before, after), 2);
        const stopped = views(before, stops, audience).map((it) => it.chain);
        expect(stopped).toEqual(views(after, [], audience).map((it) => it.chain));
      }),
    );
  });

  test("a stop no longer holds for the generation that carries the change itself", () => {
    fc.assert(
      fc.property(releases, steps, viewers, (before, how, audience) => {
        const after = before.flatMap((it, at) => narrow(it, how[at] ?? "nothing") ?? []);
        const stops = planStops(changesBetween(before, after), 2);
        expect(views(before, stops, audience, 2)).toEqual(views(before, [], audience, 2));
      }),
      { numRuns: 30 },
    );
  });

  test("opening or raising never moves a viewer to an older release, and asks for no stop", () => {
    fc.assert(
      fc.property(releases, steps, viewers, (before, how, audience) => {
        const after = before.map((it, at) => widen(it, how[at] ?? "nothing"));
        expect(planStops(changesBetween(before, after), 2)).toEqual([]);
        const then = views(before, [], audience);
        const now = views(after, [], audience);
        then.forEach((resolution, at) => {
          const gift = GIFTS[at % GIFTS.length] ?? "";
          const [old, next] = [winnerOf(resolution, gift), now[at] ? winnerOf(now[at], gift) : null];
          if (old !== null) expect(next !== null && compare(next, old) >= 0).toBe(true);
        });
      }),
    );
  });

  test("an override beats every catalog: what it stops is in no chain, not even as a requirement", () => {
    fc.assert(
      fc.property(
        releases,
        viewers,
        fc.constantFrom(...GIFTS),
        fc.constantFrom("git", "break-glass"),
        (tree, audience, gift, origin) => {
          const override: Override = {
            id: "off",
            origin: origin === "git" ? "git" : "break-glass",
            gifts: [gift],
            limit: {},
          };
          for (const { chain } of views(tree, [override], audience)) {
            for (const link of chain) {
              if (link.kind === "default") continue;
              expect(link.gift).not.toBe(gift);
              if (link.kind === "release") expect(link.requires.map((it) => it.gift)).not.toContain(gift);
            }
          }
        },
      ),
    );
  });

  test("every chain ends with the app's default, and offers no release twice", () => {
    fc.assert(
      fc.property(releases, viewers, (tree, audience) => {
        for (const { chain } of views(tree, [], audience)) {
          expect(chain.findIndex((it) => it.kind === "default")).toBe(chain.length - 1);
          const links = chain.map((it) => JSON.stringify(it));
          expect(new Set(links).size).toBe(links.length);
        }
      }),
    );
  });

  test("the same tree gives the same bytes, in whatever order its files were read", () => {
    fc.assert(
      fc.property(
        releases.chain((list) =>
          fc.tuple(fc.constant(list), fc.shuffledSubarray([...list], { minLength: list.length })),
        ),
        ([list, shuffled]) => {
          const [one, other] = [
            planPublish(desiredOf(list), null, new Map()),
            planPublish(desiredOf(shuffled), null, new Map()),
          ];
          for (const tier of TIERS) expect(other.catalogs[tier]).toBe(one.catalogs[tier]);
          expect(JSON.stringify(other)).toBe(JSON.stringify(one));
        },
      ),
    );
  });
});
