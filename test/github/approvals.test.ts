import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  type ApprovalChange,
  type ApprovalFacts,
  decideApprovals,
  type GivenReview,
  whatOpens,
} from "../../src/github/approvals.ts";
import type { Located } from "../../src/model/project.ts";
import type { OverrideFile, ReleaseFile } from "../../src/model/schemas.ts";
import { compareReleases } from "../../src/rules/change/compareReleases.ts";

const NOW = Date.UTC(2026, 10, 26);

function release(stages: number, share = 5): ReleaseFile {
  return {
    gift: "rose",
    version: "1.4.0",
    title: "Rose",
    compat: { app: { web: "*" }, tiers: ["low"] },
    rollout: {
      canary: { open: stages > 0, cohorts: ["staff"] },
      regional: { open: stages > 1, regions: { SG: share } },
      full: { open: stages > 2 },
    },
  };
}

function located<T>(value: T): Located<T> {
  return { file: "x", value, place: () => ({ file: "x", line: 1, column: 1 }) };
}

function changeOf(
  before: ReleaseFile | null,
  after: ReleaseFile | null,
  paths: readonly string[] = [],
): ApprovalChange {
  return {
    change: {
      paths,
      releases: [
        {
          gift: "rose",
          version: "1.4.0",
          before: before && located(before),
          after: after && located(after),
          ...compareReleases(before, after),
        },
      ],
    },
    before: { overrides: new Map() },
    after: { overrides: new Map(), releases: new Map(after ? [["rose@1.4.0", located(after)]] : []) },
  };
}

const opens = (change: ApprovalChange) => [...whatOpens(change, NOW)];

describe("what a change opens", () => {
  it.each([
    ["a new release in its test group", null, release(1), ["canary"]],
    ["a new release that is closed", null, release(0), []],
    ["one that goes from its test group to everyone", release(1), release(3), ["regional", "full"]],
    ["a higher share", release(2, 5), release(2, 10), ["regional"]],
    ["a lower share", release(2, 10), release(2, 5), []],
    ["a stage that closes", release(3), release(1), []],
    ["a release that is gone", release(3), null, []],
  ])("%s", (_, before, after, expected) => {
    expect(opens(changeOf(before, after))).toEqual(expected);
  });

  it.each([
    "releases/policy.yaml",
    "releases/environments/production.yaml",
    "releases/environments/production.root.json",
  ])("%s is the policy's", (path) => {
    expect(opens(changeOf(null, null, [path]))).toEqual(["policy"]);
  });

  const HELD: OverrideFile = { gifts: ["rose"], limit: "canary", reason: "Crashes" };
  it.each<[string, OverrideFile | null, OverrideFile | null, readonly string[]]>([
    ["a new override", null, HELD, []],
    ["a stricter one", HELD, { ...HELD, limit: "none" }, []],
    ["one for all gifts", HELD, { ...HELD, gifts: "*" }, []],
    ["other words", HELD, { ...HELD, reason: "Crashes on Mali" }, []],
    ["one that is taken away", HELD, null, ["regional", "full"]],
    ["one that lets more through", HELD, { ...HELD, limit: "regional" }, ["regional", "full"]],
    ["one for some regions only", HELD, { ...HELD, scope: { regions: ["SG"] } }, ["regional", "full"]],
    ["one that gets an end", HELD, { ...HELD, ends: "2026-12-01T00:00:00Z" }, ["regional", "full"]],
    ["one that has ended and is taken away", { ...HELD, ends: "2026-11-01T00:00:00Z" }, null, []],
    ["one of another gift", { ...HELD, gifts: ["crown"] }, null, []],
  ])("%s", (_, then, next, expected) => {
    const change = changeOf(release(3), release(3), ["releases/overrides/stop.yaml"]);
    const only = (it: OverrideFile | null) => new Map(it ? [["stop", located(it)]] : []);
    expect(
      opens({
        ...change,
        before: { overrides: only(then) },
        after: { ...change.after, overrides: only(next) },
      }),
    ).toEqual(expected);
  });
});

const HEAD = "a".repeat(40);
const FACTS: ApprovalFacts = {
  policy: { full: [{ team: "managers" }, { team: "live-ops", count: 2 }], regional: [{ team: "managers" }] },
  asked: new Set(["regional", "full"]),
  headSha: HEAD,
  author: "Lin",
  reviews: [],
  teams: new Map([
    ["managers", new Set(["lin", "Mia"])],
    ["live-ops", new Set(["lee", "mia", "ana"])],
  ]),
};
const approve = (login: string, more: Partial<GivenReview> = {}): GivenReview => ({
  login,
  state: "approved",
  commit: HEAD,
  ...more,
});
const missing = (reviews: readonly GivenReview[], more: Partial<ApprovalFacts> = {}) =>
  decideApprovals({ ...FACTS, ...more, reviews }).missing.map((it) => [it.team, it.needed - it.have]);

describe("who has to approve", () => {
  it("are the teams that the policy names, once for all stages, and a person counts for each team", () => {
    expect(missing([])).toEqual([
      ["managers", 1],
      ["live-ops", 2],
    ]);
    expect(missing([approve("mia")])).toEqual([["live-ops", 1]]);
    expect(decideApprovals({ ...FACTS, reviews: [approve("mia"), approve("LEE")] })).toMatchObject({
      state: "success",
      asked: 2,
    });
  });

  it("is nobody for whom nothing opens, or whom the policy does not name", () => {
    expect(missing([], { asked: new Set() })).toEqual([]);
    expect(missing([], { asked: new Set(["canary", "policy"]) })).toEqual([]);
    expect(missing([], { policy: undefined })).toEqual([]);
  });

  it("never the author, nor who looked at an older head, or took it back", () => {
    const rest = [approve("lee"), approve("ana")];
    expect(missing([approve("LIN"), ...rest])).toEqual([["managers", 1]]);
    expect(missing([approve("mia", { commit: "b".repeat(40) }), ...rest])).toEqual([["managers", 1]]);
    expect(missing([approve("mia"), approve("mia", { state: "changes_requested" }), ...rest])).toEqual([
      ["managers", 1],
    ]);
    expect(missing([approve("mia"), approve("mia", { state: "dismissed" }), ...rest])).toEqual([
      ["managers", 1],
    ]);
    expect(missing([approve("mia"), approve("mia", { state: "commented" }), ...rest])).toEqual([]);
  });

  it("a team that cannot be read is waited for, and said", () => {
    const said = decideApprovals({
      ...FACTS,
      reviews: [approve("mia"), approve("lee")],
      teams: new Map([["managers", null]]),
    });
    expect(said.state).toBe("pending");
    expect(said.description).toContain("cannot be read");
    expect(said.missing.every((it) => it.isUnknown)).toBe(true);
  });

  it("the words fit into a status, whatever the teams are called", () => {
    fc.assert(
      fc.property(fc.array(fc.string({ maxLength: 90 }), { maxLength: 9 }), (teams) => {
        const policy = { full: teams.map((team) => ({ team })) };
        const said = decideApprovals({ ...FACTS, policy, teams: new Map() });
        expect(said.description.length).toBeLessThanOrEqual(140);
        expect(said.state).toBe(teams.length > 0 ? "pending" : "success");
      }),
    );
  });
});
