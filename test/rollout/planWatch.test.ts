import { describe, expect, test } from "vitest";
import { planWatch, stopId, type WatchedTrial } from "../../src/rollout/planWatch.ts";
import { parseFile } from "../../src/source/readProject.ts";
import { judge } from "../../src/rollout/gate/judge.ts";
import { releaseText } from "../support/world.ts";
import { countsOf, planOf } from "./gate/trial.ts";

const PLAN = planOf();
const TEXT = releaseText({ gift: "rose", version: "1.4.0", regional: true });

function trialOf(kind: "pass" | "hold" | "fail", changes: Partial<WatchedTrial> = {}): WatchedTrial {
  const release = parseFile("release", "releases/rose/1.4.0.yaml", new TextEncoder().encode(TEXT)).located;
  if (!release) throw new Error("the release is one");
  return {
    verdict: { ...judge(PLAN, countsOf(PLAN, [])), kind },
    why: "because",
    next: "nothing",
    incident: [],
    isWaived: false,
    release: release.value,
    text: TEXT,
    opening: PLAN.commit,
    wasClosed: false,
    ...changes,
  };
}

const actOf = (trial: WatchedTrial) => {
  const [act] = planWatch([trial], { onFail: "stop", onPass: "propose" });
  return act ?? expect.fail("each trial has an act");
};

describe("what the watch does", () => {
  test("is a stop and its rollback for what failed, and the next stage for what passed", () => {
    expect(actOf(trialOf("fail"))).toMatchObject({
      stop: "gate-rose-1-4-0",
      proposal: { kind: "roll_back", path: "releases/rose/1.4.0.yaml" },
    });
    expect(actOf(trialOf("pass"))).toMatchObject({ stop: null, proposal: { kind: "promote" } });
    expect(actOf(trialOf("hold"))).toMatchObject({ stop: null, proposal: null, note: null });
  });

  test("is nothing where everyone is worse off, and nothing by itself where a person decides", () => {
    const nothing = { stop: null, proposal: null };
    expect(actOf(trialOf("fail", { incident: ["failed"] }))).toMatchObject({
      ...nothing,
      note: expect.stringContaining("something else is wrong"),
    });
    expect(actOf(trialOf("pass", { wasClosed: true }))).toMatchObject(nothing);
  });

  test("never goes on with what is waived: that stands as a pass, and is nobody's proof", () => {
    expect(actOf(trialOf("pass", { isWaived: true }))).toMatchObject({
      stop: null,
      proposal: null,
      note: expect.stringContaining("a person goes on with it"),
    });
  });

  test("names a stop so that no other release's stop is taken for it", () => {
    const releases: [string, string][] = [
      ["rose", "1.0.0-0"],
      ["rose-1", "0.0.0"],
      ["rose", "1.0.0-rc.1"],
      ["rose", "1.0.0-rc-1"],
      ["rose", "1.0.0-RC.1"],
      ["rose", "1.0.0"],
    ];
    const ids = releases.map(([gift, version]) => stopId(gift, version));
    expect(new Set(ids).size).toBe(releases.length);
    for (const id of ids) expect(id).toMatch(/^[a-z0-9]+(-[a-z0-9]+)*$/);
  });
});
