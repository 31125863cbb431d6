import { describe, expect, test } from "vitest";
import { idOf, planRepairs, type RepairFacts } from "../../src/publish/planRepairs.ts";
import type { Problem, Subject } from "../../src/publish/problem.ts";

const DAY = 24 * 3_600_000;
const inDays = (days: number) => new Date(days * DAY).toISOString();
const DIGEST = "ab".repeat(32);

const FINE: RepairFacts = {
  environment: "production",
  problems: [],
  revision: 7,
  expires: { root: inDays(700), timestamp: inDays(2), snapshot: inDays(300), targets: inDays(300) },
  now: 0,
  roots: new Set([1]),
  unpublishedRoot: null,
  git: { mayPublish: true, isUnfinished: false, kept: new Map() },
  unadopted: [],
  failed: new Map(),
};

function problem(subject: Subject, kind: Problem["kind"] = "missing"): Problem {
  return { kind, key: `the ${subject.part}`, message: "is wrong", subject };
}

function plan(changes: Partial<RepairFacts>) {
  const { repairs, left } = planRepairs({ ...FINE, ...changes });
  return { repairs: repairs.map(idOf), left: left.map((it) => it.what) };
}

const CATALOG = problem({ part: "catalog", tier: "mid", digest: DIGEST }, "damaged");
const UNFINISHED = { mayPublish: true, isUnfinished: true, kept: new Map<string, string>() };

describe("the plan of repairs", () => {
  test("is empty when nothing is wrong", () => {
    expect(plan({})).toEqual({ repairs: [], left: [] });
  });

  test("without a timestamp does nothing, whatever else is wrong", () => {
    const problems = [problem({ part: "timestamp" }), CATALOG];
    const { repairs, left } = plan({ problems, revision: null, git: UNFINISHED });
    expect(repairs).toEqual([]);
    expect(left).toEqual([expect.stringContaining("nothing in the store can be trusted")]);
  });

  test("puts back what is named by its hash before anything moves the timestamp", () => {
    const lost = { git: { ...UNFINISHED, isUnfinished: null }, problems: [CATALOG] };
    expect(plan({ ...lost, expires: { timestamp: inDays(1) } })).toEqual({
      repairs: ["file the catalog"],
      left: [],
    });
    expect(plan({ ...lost, failed: new Map([["file the catalog", "no place has its bytes"]]) })).toEqual({
      repairs: ["rewrite"],
      left: [],
    });
  });

  test("writes nothing anew from a commit that may be older, nor where a gift would be gone by it", () => {
    const failed = new Map([["file the catalog", "no place has its bytes"]]);
    for (const git of [
      null,
      { mayPublish: false, isUnfinished: null, kept: new Map<string, string>() },
      { mayPublish: true, isUnfinished: null, kept: new Map([["rose", "its files have errors"]]) },
    ]) {
      const { repairs, left } = plan({ problems: [CATALOG], failed, git });
      expect(repairs).toEqual([]);
      expect(left).toContain("the catalog is wrong: its bytes are nowhere");
    }
  });

  test("completes a publish from the live commit or a newer one only", () => {
    expect(plan({ git: UNFINISHED })).toEqual({ repairs: ["publish"], left: [] });
    const { repairs, left } = plan({ git: { ...UNFINISHED, mayPublish: false } });
    expect([repairs, left]).toEqual([[], [expect.stringContaining("not newer than the live one")]]);
  });

  test("after a rotation publishes, and never puts the new root out by itself", () => {
    const problems = [problem({ part: "root", version: 2 })];
    const rotating = { problems, roots: new Set([1, 2]), unpublishedRoot: 2 };
    expect(plan(rotating)).toEqual({ repairs: ["publish"], left: [] });
    const { repairs, left } = plan({ ...rotating, git: { ...UNFINISHED, mayPublish: false } });
    expect([repairs, left]).toEqual([[], [expect.stringContaining("not newer than the live one")]]);
    expect(plan({ ...rotating, unpublishedRoot: null }).repairs).toEqual(["root the root"]);
  });

  test("moves the timestamp for one reason at a time, the strongest first", () => {
    const expires = { ...FINE.expires, snapshot: inDays(20), timestamp: inDays(1) };
    expect(plan({ git: UNFINISHED, expires }).repairs).toEqual(["publish"]);
    expect(plan({ expires }).repairs).toEqual(["renew"]);
    expect(plan({ expires: { ...FINE.expires, timestamp: inDays(1) } }).repairs).toEqual(["refresh"]);
    expect(plan({ expires: { ...FINE.expires, timestamp: inDays(1.6) } }).repairs).toEqual([]);
  });

  test("leaves to people what only they can judge: a root, evidence, an old record, a lock that says something else", () => {
    const lock = { part: "lock" as const, gift: "rose", version: "1.0.0" };
    const problems = [
      problem({ part: "root", version: 1 }, "expiring"),
      problem({ part: "evidence" }, "bad_signature"),
      problem({ part: "log", revision: 3 }, "damaged"),
      problem({ ...lock, digest: DIGEST, recorded: "cd".repeat(32) }, "damaged"),
      problem({ ...lock, digest: null, recorded: null }, "damaged"),
    ];
    const { repairs, left } = plan({ problems });
    expect(repairs).toEqual([]);
    expect(left).toHaveLength(problems.length);
    expect(plan({ problems: [problem({ ...lock, digest: DIGEST, recorded: null })] }).repairs).toEqual([
      "lock the lock",
    ]);
    expect(plan({ problems: [problem({ part: "log", revision: 7 })] }).repairs).toEqual(["log the log"]);
    expect(plan({ problems: [problem({ part: "root", version: 1 })] }).repairs).toEqual(["root the root"]);
  });

  test("tells what was tried in vain with its reason, and does not try it again", () => {
    const file = { role: "still" as const, mediaType: "image/webp", digest: DIGEST, bytes: 3 };
    const problems = [problem({ part: "object", file, releases: ["rose@1.0.0"] })];
    const failed = new Map([["object the object", "no place has its bytes"]]);
    expect(plan({ problems, failed })).toEqual({
      repairs: [],
      left: ["the object is wrong (of rose@1.0.0): no place has its bytes"],
    });
  });

  test("shows the file with which git adopts what was written with break-glass", () => {
    const unadopted = [{ id: "crash", path: "releases/overrides/crash.yaml", text: "limit: none\n" }];
    expect(planRepairs({ ...FINE, unadopted }).left).toEqual([
      {
        what: "override crash was written with break-glass and is not in git yet",
        fix: "commit this as releases/overrides/crash.yaml:\nlimit: none",
      },
    ]);
  });
});
