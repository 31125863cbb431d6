import type { CardFacts, CardPullRequest } from "../../src/github/card/pullRequestCard.ts";
import type { CardPlace } from "../../src/github/card/links.ts";
import type { Finding } from "../../src/report/finding.ts";
import { describeVerdict, type VerdictStory } from "../../src/rollout/verdict/story.ts";
import type { Rollout } from "../../src/wire/rollout.ts";
import { VERDICTS } from "../support/verdicts.ts";

const HEAD = "1a2b3c4d5e6f708192a3b4c5d6e7f8091a2b3c4d";

export const CANARY: Rollout = { salt: "rose/1.4.0", canary: { cohorts: ["qa", "staff"] } };
export const REGIONAL: Rollout = {
  ...CANARY,
  regional: { regions: { ID: 1_000, SG: 500 }, eligible: { tiers: ["mid", "high"], exclude: ["vip"] } },
};
export const EVERYONE: Rollout = { ...REGIONAL, full: true, holdback: { salt: "h", basisPoints: 200 } };

export const PULL: CardPullRequest = {
  number: 812,
  state: "open",
  headSha: HEAD,
  author: "lin-art",
  isFork: false,
  isDraft: false,
  isConflicted: false,
  merged: null,
};

export const MERGED: CardPullRequest = {
  ...PULL,
  state: "merged",
  merged: { at: "2026-11-26 11:04 UTC", commit: "9f8e7d6c5b4a39281706f5e4d3c2b1a098765432" },
};

const PLACE: CardPlace = {
  webUrl: "https://github.com",
  owner: "acme",
  repo: "gifts",
  headRepo: "acme/gifts",
  headBranch: "art/rose-new-year",
};

/** Nothing at all of anything. */
export const NOTHING: CardFacts = {
  kind: "none",
  pullRequest: PULL,
  place: PLACE,
  environment: "production",
  files: 1,
  gifts: ["rose"],
  findings: [],
  problem: null,
  compared: { kind: "live", revision: 41 },
  unread: null,
  viewers: [],
  stops: [],
  kept: {},
  overrides: [],
  compat: [],
  costs: [],
  unbuilt: [],
  waysBack: [],
  previews: [],
  smokes: [],
  stories: [],
  unjudged: [],
  approvals: null,
  skipWords: [],
  missingReleases: [],
  ownRun: null,
  people: { help: "#gift-release in the chat", lead: "the gift platform team" },
};

export const GREEN: CardFacts = {
  ...NOTHING,
  kind: "release",
  files: 6,
  viewers: [{ gift: "rose", version: "1.4.0", before: null, after: CANARY, details: [] }],
  compat: [
    {
      release: "rose@1.4.0",
      apps: { android: ">=8.2.0", ios: ">=8.3.1", web: "*" },
      tiers: ["low", "mid", "high"],
    },
  ],
  costs: [
    {
      release: "rose@1.4.0",
      tier: "low",
      download: { bytes: 312_000, budget: 1_000_000, live: 325_000 },
      memory: { bytes: 4_718_592, budget: 8_000_000, live: 4_718_592 },
      liveVersion: "1.3.0",
    },
    {
      release: "rose@1.4.0",
      tier: "high",
      download: { bytes: 3_900_000, budget: 4_000_000, live: 3_000_000 },
      memory: { bytes: 15_925_248, budget: 50_000_000, live: 12_000_000 },
      liveVersion: "1.3.0",
    },
  ],
  previews: [
    {
      release: "rose@1.4.0",
      pictures: {
        sheet: { url: "https://cdn.example/objects/sha256/ab/ab01.webp", width: 1_180, height: 708 },
        motion: { url: "https://cdn.example/objects/sha256/cd/cd02.webp", width: 320, height: 320 },
      },
      before: {
        version: "1.3.0",
        pictures: {
          sheet: { url: "https://cdn.example/objects/sha256/ef/ef03.webp", width: 1_180, height: 708 },
          motion: { url: "https://cdn.example/objects/sha256/09/0904.webp", width: 320, height: 320 },
        },
      },
    },
  ],
  waysBack: [
    {
      gift: "rose",
      version: "1.4.0",
      to: "1.3.0",
      fallback: ["rose-classic"],
      bytes: "stored",
      drill: { kind: "passed", environment: "staging", at: "2026-11-24T09:12:00Z" },
    },
  ],
  approvals: {
    state: "success",
    description: "approved by 1 team, as the policy asks",
    asked: 1,
    missing: [],
  },
};

function storyOf(name: string): VerdictStory {
  const said = VERDICTS[name];
  if (!said) throw new TypeError(`there is no verdict ${name}`);
  return describeVerdict(said.verdict, said.plan);
}

const FINDINGS: readonly Finding[] = [
  {
    code: "PERCENT_RANGE",
    severity: "error",
    place: { file: "releases/rose/1.4.0.yaml", line: 20, column: 11 },
    message: "SG at 150 % is more than everyone",
    fix: "write a number from 0.01 to 100",
    gift: "rose",
    version: "1.4.0",
  },
  {
    code: "SOURCE_TOO_BIG",
    severity: "error",
    place: { file: "gifts/rose/source/smoke (1).png", line: 1, column: 1 },
    message: "2048x2048 is larger than 1024x1024",
    fix: "export it at half the size",
    gift: "rose",
  },
  {
    code: "BUDGET_IMAGES",
    severity: "warning",
    place: { file: "releases/rose/1.4.0.yaml", line: 2, column: 10 },
    message: "41 images, where 40 are usual",
    fix: "use fewer images",
    gift: "rose",
    version: "1.4.0",
  },
  {
    code: "BUDGET_MEMORY",
    severity: "warning",
    place: { file: "releases/rose/1.4.0.yaml", line: 7, column: 11 },
    message: "9.20 MB of memory, where 8.00 MB are allowed; waived until 2027-01-31 by @acme/gift-art",
    fix: "by 2027-01-31, use fewer images",
    gift: "rose",
    version: "1.4.0",
    waiver: { owner: "@acme/gift-art", reason: "The anniversary gift is shown alone", ends: "2027-01-31" },
  },
];

const ROLLBACK: CardFacts = {
  ...GREEN,
  kind: "rollback",
  files: 1,
  viewers: [{ gift: "rose", version: "1.4.0", before: REGIONAL, after: null, details: [] }],
  stops: ["stop/rose/1.4.0"],
  compat: [],
  costs: [],
  approvals: { state: "success", description: "nobody has to", asked: 0, missing: [] },
};

function promotion(story: CardFacts["stories"][number]): CardFacts {
  return {
    ...GREEN,
    kind: "promotion",
    files: 1,
    viewers: [
      { gift: "rose", version: "1.1.0", before: REGIONAL, after: EVERYONE, details: ["app versions"] },
    ],
    stories: [story],
    approvals: {
      state: "pending",
      description: "waiting for 1 of live-ops",
      asked: 2,
      missing: [{ team: "live-ops", needed: 2, have: 1, isUnknown: false }],
    },
  };
}

/** One for each golden file. */
export const FACTS: Readonly<Record<string, CardFacts>> = {
  "new-release-with-faults": {
    ...GREEN,
    findings: FINDINGS,
    kept: { rose: "its files have errors: run npx giftwrap validate" },
    viewers: [],
    unbuilt: ["rose@1.4.0"],
    costs: [],
    skipWords: [{ where: "title", words: "[skip ci]" }],
    ownRun: {
      format: "1.0",
      builds: [{ release: "rose@1.4.0", isWrong: true, message: "built 7 objects, of which one is too big" }],
      variants: [{ release: "rose@1.4.0", tier: "low", downloadBytes: 312_000, decodedBytes: 4_718_592 }],
    },
  },
  "new-release-being-built": { ...GREEN, costs: [], unbuilt: ["rose@1.4.0"], waysBack: [] },
  "new-release-from-a-fork": {
    ...GREEN,
    costs: [],
    unbuilt: ["rose@1.4.0"],
    pullRequest: { ...PULL, isFork: true },
    place: { ...PLACE, headRepo: "lin/gifts", headBranch: "new year" },
    findings: FINDINGS.slice(2, 3),
  },
  green: GREEN,
  "promotion-pass": promotion(storyOf("pass")),
  "promotion-hold": promotion(storyOf("collecting")),
  "promotion-fail": promotion(storyOf("worse")),
  "promotion-not-judged": {
    ...promotion(storyOf("pass")),
    stories: [],
    unjudged: [
      { release: "rose@1.1.0", why: "rose@1.1.0 has no lock", next: "run npx giftwrap build rose@1.1.0" },
    ],
  },
  "rollback-before": ROLLBACK,
  "rollback-merged": { ...ROLLBACK, pullRequest: MERGED, compared: { kind: "git", base: "e4d5f6a7b8" } },
  "rollback-conflict": { ...ROLLBACK, pullRequest: { ...PULL, isConflicted: true } },
  override: {
    ...NOTHING,
    kind: "override",
    gifts: [],
    stops: ["crash-on-mali"],
    overrides: [
      {
        name: "crash-on-mali",
        before: null,
        after: {
          gifts: ["rose", "crown"],
          versions: ">=1.4.0",
          limit: "canary",
          reason: "Crashes on Mali GPUs",
          incident: "https://incidents.example/231",
          ends: "2026-12-01T00:00:00Z",
        },
      },
      {
        name: "old-one",
        before: { gifts: "*", limit: "none", reason: "The store was away" },
        after: null,
      },
    ],
  },
  policy: {
    ...NOTHING,
    kind: "policy",
    gifts: [],
    compared: { kind: "git", base: "e4d5f6a7b8c9d0e1f2" },
    unread: { code: "STORE_DENIED", message: "the bucket refused to be read", fix: "give the job its role" },
    approvals: {
      state: "pending",
      description: "the team gift-platform cannot be read",
      asked: 1,
      missing: [{ team: "gift-platform", needed: 1, have: 0, isUnknown: true }],
    },
  },
  "internal-error": {
    ...NOTHING,
    compared: { kind: "nothing" },
    problem: {
      code: "FETCH_FAILED",
      message: "refs/pull/812/head could not be fetched: the remote hung up",
      fix: "let git reach its remote, then run it again",
    },
  },
  "art-without-a-release": {
    ...NOTHING,
    files: 2,
    missingReleases: [
      {
        gift: "rose",
        path: "releases/rose/1.5.0.yaml",
        text: "gift: rose\nversion: 1.5.0\ntitle: Say in one line what is new\n",
      },
    ],
  },
  draft: { ...GREEN, pullRequest: { ...PULL, isDraft: true } },
  closed: { ...GREEN, pullRequest: { ...PULL, state: "closed" } },
  "very-many": {
    ...GREEN,
    kind: "mixed",
    files: 3_000,
    gifts: Array.from({ length: 1_000 }, (_, at) => `gift-${at}`),
    findings: Array.from({ length: 1_000 }, (_, at) => ({
      ...(FINDINGS[at % FINDINGS.length] ?? FINDINGS[0]!),
      place: { file: `releases/gift-${at}/1.0.0.yaml`, line: at + 1, column: 1 },
    })),
    viewers: Array.from({ length: 1_000 }, (_, at) => ({
      gift: `gift-${at}`,
      version: "1.0.0",
      before: CANARY,
      after: REGIONAL,
      details: [],
    })),
    costs: Array.from({ length: 3_000 }, () => GREEN.costs[0]!),
    compat: Array.from({ length: 1_000 }, () => GREEN.compat[0]!),
  },
};
