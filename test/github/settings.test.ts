import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { diagnose, type Health, ownersIn } from "../../src/github/settings/diagnose.ts";
import { type OwnApp, toOwnApp } from "../../src/github/settings/ownApp.ts";
import { planSettings, type SettingsOperation } from "../../src/github/settings/planSettings.ts";
import type {
  Label,
  PresentSettings,
  Rule,
  Ruleset,
  WantedSettings,
} from "../../src/github/settings/settings.ts";
import {
  requiredChecks,
  type SettingsFacts,
  wantedSettings,
} from "../../src/github/settings/wantedSettings.ts";

const FACTS: SettingsFacts = {
  mainBranch: "main",
  policy: {},
  production: {},
  oncall: 7,
  actionsApp: 15_368,
  ownApp: { kind: "number", id: 4711 },
};
const WANTED = wantedSettings(FACTS);
const TEAM = [{ team: "gift-release-managers" }] as const;

/** What GitHub gives a new repository. */
const NEW: PresentSettings = {
  repository: {
    allowSquashMerge: true,
    allowMergeCommit: true,
    allowRebaseMerge: true,
    allowAutoMerge: false,
    deleteBranchOnMerge: false,
    squashTitle: "COMMIT_OR_PR_TITLE",
    squashMessage: "COMMIT_MESSAGES",
  },
  token: { defaultPermissions: "write", mayApprove: true },
  ruleset: { kind: "none" },
  labels: new Map([["bug", { name: "bug", color: "d73a4a", description: "Something is wrong" }]]),
  environments: new Map(),
};

const BLIND: PresentSettings = {
  repository: null,
  token: null,
  ruleset: null,
  labels: null,
  environments: null,
};

describe("the plan for a repository's settings", () => {
  test("says in words all that a new repository needs", async () => {
    const { operations, notes, unread } = planSettings(WANTED, NEW);
    expect([notes, unread]).toEqual([[], []]);
    await expect(operations.map((it) => `${it.words}\n`).join("")).toMatchFileSnapshot("golden/setup.txt");
  });

  test("done once, has nothing left to do, whatever others had made before", () => {
    fc.assert(
      fc.property(anyPresent(), fc.boolean(), anyOwnApp(), (present, hasTeam, ownApp) => {
        const wanted = wantedSettings({ ...FACTS, oncall: hasTeam ? 7 : null, ownApp });
        const after = applied(present, planSettings(wanted, present).operations);
        expect(planSettings(wanted, after).operations).toEqual([]);
      }),
    );
  });

  test("takes nothing away that somebody else made", () => {
    fc.assert(
      fc.property(anyPresent(), (present) => {
        const after = applied(present, planSettings(WANTED, present).operations);
        for (const name of present.labels?.keys() ?? []) expect(after.labels?.has(name)).toBe(true);
        for (const [name, branches] of present.environments ?? [])
          for (const branch of branches ?? []) expect(after.environments?.get(name)).toContain(branch);
        if (present.ruleset?.kind !== "there" || after.ruleset?.kind !== "there") return;
        const [before, now] = [present.ruleset.ruleset, after.ruleset.ruleset];
        for (const { type } of before.rules) expect(now.rules.map((it) => it.type)).toContain(type);
        for (const context of contextsOf(before)) expect(contextsOf(now)).toContain(context);
        expect(now.bypass).toEqual(expect.arrayContaining([...before.bypass]));
        expect(leastApprovals(now)).toBeGreaterThanOrEqual(leastApprovals(before));
      }),
    );
  });

  test("says what could not be read, and plans nothing for it", () => {
    const { operations, unread } = planSettings(WANTED, BLIND);
    expect(operations).toEqual([]);
    expect(unread).toHaveLength(5);
  });

  test("binds every required check to the app that reports it, so that nobody else can say it is green", () => {
    expect(appsOf(WANTED.ruleset)).toEqual({
      "Gift check": 15_368,
      "Code check": 15_368,
      giftwrap: 4711,
      "giftwrap approvals": 4711,
    });
  });

  test("binds what main's code says to GitHub Actions without an App, and to nobody when the App is given by its client id", () => {
    const none = wantedSettings({ ...FACTS, ownApp: toOwnApp(new Map()) });
    expect(appsOf(none.ruleset)).toMatchObject({ giftwrap: 15_368, "giftwrap approvals": 15_368 });
    expect(none.leftOut).toEqual([]);
    const named = wantedSettings({ ...FACTS, ownApp: toOwnApp(new Map([["GIFTWRAP_APP_ID", "Iv23li"]])) });
    expect(appsOf(named.ruleset)).toEqual({
      "Gift check": 15_368,
      "Code check": 15_368,
      giftwrap: undefined,
      "giftwrap approvals": undefined,
    });
    expect(named.leftOut).toEqual([expect.stringMatching(/^giftwrap, giftwrap approvals are taken from/)]);
  });

  test("rebinds checks in words, and leaves the rules alone where it may not know the App", () => {
    const before = wantedSettings({ ...FACTS, ownApp: { kind: "none" } }).ruleset;
    const present: PresentSettings = { ...NEW, ruleset: { kind: "there", id: 3, ruleset: before } };
    const words = planSettings(WANTED, present).operations.map((it) => it.words);
    expect(words).toContain(
      'change the ruleset "giftwrap: main": take giftwrap, giftwrap approvals from the app alone that reports it',
    );
    const blind = planSettings(wantedSettings({ ...FACTS, ownApp: { kind: "unread" } }), present);
    expect(blind.operations.filter((it) => it.kind.endsWith("-ruleset"))).toEqual([]);
    expect(blind.unread).toEqual([expect.stringContaining("GIFTWRAP_APP_ID")]);
  });

  test("requires the gate only where there is something to judge by", () => {
    const production = { metrics: { prometheus: { url: "https://p.example/" } } };
    const trial = { soakHours: 1, units: 10 };
    const gate = { stages: { canary: trial, regional: trial, full: trial }, metrics: {} };
    expect(requiredChecks({ policy: null, production })).not.toContain("giftwrap gate");
    expect(requiredChecks({ policy: { gate }, production: {} })).not.toContain("giftwrap gate");
    expect(requiredChecks({ policy: { gate }, production })).toContain("giftwrap gate");
  });

  test("leaves approvals to the policy where it names approvers: a rollback waits for nobody", () => {
    expect(leastApprovals(WANTED.ruleset)).toBe(1);
    const named = wantedSettings({ ...FACTS, policy: { approvals: { full: [...TEAM] } } });
    expect(leastApprovals(named.ruleset)).toBe(0);
  });

  test("lets on-call pass in pull requests only, and says when there is no such team", () => {
    expect(WANTED.ruleset.bypass).toEqual([{ actorId: 7, actorType: "Team", mode: "pull_request" }]);
    const without = wantedSettings({ ...FACTS, oncall: null });
    expect(without.ruleset.bypass).toEqual([]);
    expect(planSettings(without, NEW).notes).toEqual([expect.stringContaining("gift-oncall")]);
  });

  test("closes an environment that every branch may use, and names branches that are not ours to take away", () => {
    const environments = new Map([
      ["production", null],
      ["bot", ["main", "try/*"]],
    ]);
    const { operations, notes } = planSettings(WANTED, { ...NEW, environments });
    expect(operations).toContainEqual(
      expect.objectContaining({ kind: "close-environment", name: "production" }),
    );
    expect(operations.filter((it) => "name" in it && it.name === "bot")).toEqual([]);
    expect(notes).toEqual([expect.stringContaining("the environment bot also lets try/* use its secrets")]);
  });
});

describe("the doctor", () => {
  test("tells a copy of the template, just made, all that is missing, each with what mends it", async () => {
    const found = diagnose(healthOf({ plan: planSettings(WANTED, NEW) }), 0);
    expect(found.filter((it) => it.state === "missing" && it.fix === undefined)).toEqual([]);
    const text = found.map(
      ({ state, what, fix }) => `${state}: ${what}\n${fix === undefined ? "" : `  fix: ${fix}\n`}`,
    );
    await expect(text.join("")).toMatchFileSnapshot("golden/doctor.txt");
  });

  test("finds nothing missing where all is there", () => {
    const found = diagnose(wellHealth(), 0);
    expect(found.filter((it) => it.state !== "well")).toEqual([]);
  });

  test("says that checks can be forged without an App, and when the rules of main cannot know it", () => {
    for (const variables of [[], [["GIFTWRAP_APP_ID", "Iv23li"] as const]]) {
      const found = diagnose({ ...wellHealth(), variables: new Map(variables) }, 0);
      const id = found.find((it) => it.what.startsWith("the variable GIFTWRAP_APP_ID"));
      expect(id).toMatchObject({
        state: "missing",
        what: expect.stringContaining("whoever may push a branch can write giftwrap, giftwrap approvals"),
        fix: expect.stringContaining("gh variable set GIFTWRAP_APP_ID --body NUMBER && npx giftwrap setup"),
      });
    }
  });

  test("never takes what it could not read for well, nor for missing", () => {
    const found = diagnose(
      {
        ...wellHealth(),
        plan: planSettings(WANTED, BLIND),
        hasQueue: null,
        variables: null,
        secrets: null,
        environments: null,
        workflows: null,
        teams: new Map([["gift-oncall", null]]),
      },
      0,
    );
    expect(found.filter((it) => it.state === "missing")).toEqual([]);
    const well = found.filter((it) => it.state === "well").map((it) => it.what);
    expect(well).toEqual([
      expect.stringContaining("CODEOWNERS"),
      expect.stringContaining("root of production"),
    ]);
  });

  test("warns of keys that workflows of every branch may read, of silence and of failed runs", () => {
    const well = wellHealth();
    const workflows = new Map([
      ["publish.yml", { state: "active", last: { conclusion: "failure", at: 0, url: "https://x/1" } }],
      ["refresh.yml", { state: "active", last: { conclusion: "success", at: 0, url: "https://x/2" } }],
      ["reconcile.yml", { state: "disabled_inactivity", last: null }],
    ]);
    const found = diagnose(
      { ...well, workflows, secrets: new Set(["GIFTWRAP_RELEASE_KEY"]) },
      48 * 3_600_000,
    );
    expect(found.filter((it) => it.state !== "well").map((it) => it.fix)).toEqual([
      "gh secret delete GIFTWRAP_RELEASE_KEY",
      "gh workflow enable reconcile.yml",
      "https://x/1",
      "gh workflow run reconcile.yml",
      expect.stringContaining("gh workflow run refresh.yml"),
    ]);
  });

  test("finds a merge queue, in which a rollback would wait", () => {
    expect(diagnose({ ...wellHealth(), hasQueue: true }, 0).filter((it) => it.state !== "well")).toEqual([
      {
        state: "missing",
        what: expect.stringContaining("a rollback would wait there behind others"),
        fix: "turn the queue off at https://github.com/orchid-live/gifts/settings/rules",
      },
    ]);
  });

  test("reads the teams of CODEOWNERS without its comments", () => {
    expect(ownersIn("# @acme/nobody\n/gifts/ @acme/art @bob # @acme/none\n")).toEqual([
      { org: "acme", team: "art" },
    ]);
  });
});

function healthOf(changes: Partial<Health>): Health {
  return {
    owner: "orchid-live",
    repo: "gifts",
    webUrl: "https://github.com",
    plan: { operations: [], notes: [], unread: [] },
    hasQueue: false,
    files: {
      policy: null,
      production: {
        rollout: "as-written",
        store: { folder: ".giftwrap/store/production" },
        pollSeconds: 60,
        edges: {},
      },
      codeowners: "/gifts/ @acme/gift-art-leads\n",
      hasRoot: false,
      workflows: ["publish.yml", "reconcile.yml", "refresh.yml"],
    },
    variables: new Map(),
    secrets: new Set(),
    environments: new Map(),
    workflows: new Map(),
    teams: new Map([
      ["gift-oncall", false],
      ["live-ops", true],
    ]),
    ...changes,
  };
}

function wellHealth(): Health {
  const { files } = healthOf({});
  const last = { conclusion: "success", at: 0, url: "https://x" };
  return healthOf({
    files: {
      ...files,
      codeowners: "/gifts/ @orchid-live/art\n",
      hasRoot: true,
      production: {
        ...(files.production ?? expect.fail("it is there")),
        store: { s3: { bucket: "b", region: "r" } },
      },
    },
    variables: new Map([
      ["GIFTWRAP_STORE", "on"],
      ["GIFTWRAP_APP_ID", "4711"],
      ["GIFTWRAP_AWS_REGION", "ap-southeast-1"],
    ]),
    environments: new Map(
      ["production", "lock", "metrics", "bot"].map((name) => [
        name,
        {
          variables: new Map([["GIFTWRAP_AWS_ROLE", "arn"]]),
          secrets: new Set(["GIFTWRAP_RELEASE_KEY", "GIFTWRAP_TIMESTAMP_KEY", "GIFTWRAP_APP_KEY"]),
        },
      ]),
    ),
    workflows: new Map(files.workflows.map((name) => [name, { state: "active", last }])),
    teams: new Map([["gift-oncall", true]]),
  });
}

function anyPresent(): fc.Arbitrary<PresentSettings> {
  const check = fc.record({
    context: fc.constantFrom("Gift check", "Code check", "license", "giftwrap"),
    integration_id: fc.constantFrom(1, 15_368),
  });
  const rule: fc.Arbitrary<Rule> = fc.oneof(
    fc.constantFrom<Rule>(
      { type: "deletion" },
      { type: "required_signatures" },
      { type: "non_fast_forward" },
    ),
    fc.record({
      type: fc.constant("pull_request"),
      parameters: fc.record({
        required_approving_review_count: fc.nat(3),
        require_code_owner_review: fc.boolean(),
        something_new: fc.boolean(),
      }),
    }),
    fc.record({
      type: fc.constant("required_status_checks"),
      parameters: fc.record({
        required_status_checks: fc.uniqueArray(check, { selector: (it) => it.context }),
      }),
    }),
  );
  const ruleset: fc.Arbitrary<Ruleset> = fc.record({
    name: fc.constant(WANTED.ruleset.name),
    enforcement: fc.constantFrom("active" as const, "disabled" as const),
    include: fc.constantFrom(["~DEFAULT_BRANCH"], ["refs/heads/release/*"], []),
    exclude: fc.constant([]),
    bypass: fc.constantFrom([], [{ actorId: 99, actorType: "Team", mode: "always" }]),
    rules: fc.uniqueArray(rule, { selector: (it) => it.type }),
  });
  const label: fc.Arbitrary<Label> = fc.record({
    name: fc.constantFrom("bug", ...WANTED.labels.map((it) => it.name)),
    color: fc.constant("ededed"),
    description: fc.constantFrom("", "mine"),
  });
  const branches = fc.constantFrom(null, [], ["main"], ["main", "try/*"], ["release"]);
  return fc.record({
    repository: fc.record({
      allowSquashMerge: fc.boolean(),
      allowMergeCommit: fc.boolean(),
      allowRebaseMerge: fc.boolean(),
      allowAutoMerge: fc.boolean(),
      deleteBranchOnMerge: fc.boolean(),
      squashTitle: fc.constantFrom("PR_TITLE", "COMMIT_OR_PR_TITLE"),
      squashMessage: fc.constantFrom("PR_BODY", "BLANK"),
    }),
    token: fc.record({ defaultPermissions: fc.constantFrom("read", "write"), mayApprove: fc.boolean() }),
    ruleset: fc.oneof(
      fc.constant({ kind: "none" as const }),
      fc.record({ kind: fc.constant("there" as const), id: fc.constant(3), ruleset }),
    ),
    labels: fc.array(label).map((all) => new Map(all.map((it) => [it.name, it]))),
    environments: fc
      .array(fc.tuple(fc.constantFrom("production", "bot", "lock", "other"), branches))
      .map((all) => new Map(all)),
  });
}

/** GitHub after the operations. */
function applied(present: PresentSettings, operations: readonly SettingsOperation[]): PresentSettings {
  const labels = new Map(present.labels);
  const environments = new Map(present.environments);
  let { repository, token, ruleset } = present;
  for (const it of operations) {
    if (it.kind === "repository") repository = it.settings;
    else if (it.kind === "token") token = it.settings;
    else if (it.kind === "make-ruleset" || it.kind === "change-ruleset")
      ruleset = { kind: "there", id: 3, ruleset: it.ruleset };
    else if (it.kind === "make-label" || it.kind === "change-label") labels.set(it.label.name, it.label);
    else environments.set(it.name, [...(environments.get(it.name) ?? []), it.branch]);
  }
  return { repository, token, ruleset, labels, environments };
}

function anyOwnApp(): fc.Arbitrary<OwnApp> {
  return fc.constantFrom<OwnApp>({ kind: "number", id: 4711 }, { kind: "named" }, { kind: "none" });
}

/** The number of the app that each check is bound to. */
function appsOf({ rules }: Ruleset): Readonly<Record<string, number | undefined>> {
  const checks = rules.find((it) => it.type === "required_status_checks")?.parameters?.[
    "required_status_checks"
  ];
  if (!Array.isArray(checks)) return {};
  return Object.fromEntries(
    checks.map((it: { context: string; integration_id?: number }) => [it.context, it.integration_id]),
  );
}

function contextsOf({ rules }: Ruleset): readonly string[] {
  const checks = rules.find((it) => it.type === "required_status_checks")?.parameters?.[
    "required_status_checks"
  ];
  return Array.isArray(checks) ? checks.map(({ context }: { context: string }) => context) : [];
}

function leastApprovals({ rules }: WantedSettings["ruleset"]): number {
  return Number(
    rules.find((it) => it.type === "pull_request")?.parameters?.["required_approving_review_count"] ?? 0,
  );
}
