import { describe, expect, test } from "vitest";
import { chooseTiers } from "../../src/rollout/smoke/chooseTiers.ts";
import { findNarrower, type SmokeExtent } from "../../src/rollout/smoke/findNarrower.ts";
import { smokePlan } from "../../src/rollout/smoke/smokePlan.ts";

describe("a smoke test that tried less than the policy's plan", () => {
  const due: SmokeExtent = {
    ...smokePlan({ scenarios: ["single", "kill"], rounds: 5 }),
    tiers: ["low", "mid"],
  };

  test("is told by what it left out", () => {
    expect(findNarrower({ tiers: ["low"], scenarios: ["single"], rounds: 3 }, due)).toEqual([
      "without mid devices",
      "without kill",
      "3 rounds instead of 5",
    ]);
  });

  test("is none when it tried as much or more", () => {
    expect(findNarrower(due, due)).toEqual([]);
    const more: SmokeExtent = {
      tiers: ["high", "mid", "low"],
      scenarios: ["kill", "single", "slow"],
      rounds: 9,
    };
    expect(findNarrower(more, due)).toEqual([]);
  });
});

describe("where a release is compared with its reference", () => {
  const rose = { name: "rose@1.1.0", tiers: ["low", "mid"] } as const;
  const plain = { name: "plain@1.0.0", tiers: ["low", "high"] } as const;

  test("is wherever it serves, and what its reference lacks is said", () => {
    expect(chooseTiers([], rose, rose)).toEqual({ tiers: ["low", "mid"], gaps: [] });
    expect(chooseTiers([], rose, plain)).toEqual({
      tiers: ["low"],
      gaps: ["mid devices: plain@1.0.0 does not serve them, so nothing was measured there"],
    });
  });

  test("is where it was asked for, and what was asked for in vain is said", () => {
    expect(chooseTiers(["low"], rose, plain)).toEqual({ tiers: ["low"], gaps: [] });
    expect(chooseTiers(["low", "high"], rose, plain)).toEqual({
      tiers: ["low"],
      gaps: ["high devices: rose@1.1.0 does not serve them, so nothing was measured there"],
    });
  });
});
