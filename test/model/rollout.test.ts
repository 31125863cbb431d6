import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { reachedStage, toRollout } from "../../src/model/rollout.ts";
import type { ReleaseFile } from "../../src/model/schemas.ts";

type Written = ReleaseFile["rollout"];

const CLOSED: Written = {
  canary: { open: false, cohorts: ["staff"] },
  regional: { open: false, regions: { SG: 5 } },
  full: { open: false },
};

function release(rollout: Partial<Written>): ReleaseFile {
  return {
    gift: "rose",
    version: "1.4.0",
    title: "A rose",
    compat: { app: { android: "*" }, tiers: ["low"] },
    rollout: { ...CLOSED, ...rollout },
  };
}

const CANARY = { open: true, cohorts: ["staff"] };
const REGIONAL = { open: true, regions: { SG: 5 } };
const FULL = { open: true };

describe("a rollout as it is written", () => {
  test("with a closed canary reaches nobody, whatever else is open", () => {
    expect(toRollout(release({}))).toBeNull();
    expect(toRollout(release({ regional: REGIONAL, full: FULL }))).toBeNull();
  });

  test("reaches as far as every stage before is open", () => {
    expect(reachedStage(toRollout(release({})))).toBeNull();
    expect(reachedStage(toRollout(release({ canary: CANARY })))).toBe("canary");
    expect(reachedStage(toRollout(release({ canary: CANARY, regional: REGIONAL })))).toBe("regional");
    expect(reachedStage(toRollout(release({ canary: CANARY, regional: REGIONAL, full: FULL })))).toBe("full");
    expect(reachedStage(toRollout(release({ canary: CANARY, full: FULL })))).toBe("canary");
  });

  test("names no closed stage on the wire", () => {
    expect(toRollout(release({ canary: CANARY, full: FULL }))).toEqual({
      salt: "rose/1.4.0",
      canary: { cohorts: ["staff"] },
    });
  });

  test("is whole numbers on the wire, sorted by name, with the slice's conditions beside them", () => {
    const rollout = toRollout(
      release({
        canary: { open: true, cohorts: ["staff", "qa"], percent: 0.29 },
        regional: { open: true, regions: { SG: 5, BR: 0.01, ID: 33.33 }, eligible: { exclude: ["vip"] } },
        full: FULL,
        holdback: { percent: 2 },
      }),
    );
    expect(JSON.stringify(rollout)).toBe(
      JSON.stringify({
        salt: "rose/1.4.0",
        canary: { cohorts: ["qa", "staff"], basisPoints: 29 },
        regional: { regions: { BR: 1, ID: 3_333, SG: 500 }, eligible: { exclude: ["vip"] } },
        full: true,
        holdback: { salt: "holdback/rose/1.4.0", basisPoints: 200 },
      }),
    );
  });

  test("leaves the file's own lists as they are", () => {
    const cohorts = ["staff", "qa"];
    toRollout(release({ canary: { open: true, cohorts } }));
    expect(cohorts).toEqual(["staff", "qa"]);
  });

  test("has every hundredth of a percent as its own basis point", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 10_000 }), (basisPoints) => {
        const percent = Number((basisPoints / 100).toFixed(2));
        expect(toRollout(release({ canary: { open: true, percent } }))?.canary).toEqual({ basisPoints });
      }),
      { numRuns: 1_000 },
    );
  });

  test("shares a salt when it names one, its holdback too", () => {
    const shared = toRollout(release({ salt: "lunar/2027", canary: CANARY, holdback: { percent: 1 } }));
    expect([shared?.salt, shared?.holdback?.salt]).toEqual(["lunar/2027", "holdback/lunar/2027"]);
  });

  test("with a holdback of 0 has none", () => {
    expect(toRollout(release({ canary: CANARY, holdback: { percent: 0 } }))).not.toHaveProperty("holdback");
  });
});
