import { describe, expect, test } from "vitest";
import { type OpenPromotion, planPromotions, type PromotionFacts } from "../../src/github/planPromotions.ts";
import { contentOf, NO_NOTES, readNotes, writeNotes } from "../../src/github/proposalNotes.ts";
import { releaseKey } from "../../src/model/project.ts";
import type { ReleaseFile } from "../../src/model/schemas.ts";
import { judge } from "../../src/rollout/gate/judge.ts";
import { onProof, type WatchedTrial } from "../../src/rollout/planWatch.ts";
import {
  parsePromotionBranch,
  promotionBranch,
  type PromotionStep,
} from "../../src/rollout/proposalBranches.ts";
import { parseFile } from "../../src/source/readProject.ts";
import { countsOf, planOf } from "../rollout/gate/trial.ts";
import { type ReleaseSpec, releaseText } from "../support/world.ts";

const PLAN = planOf();
const ROSE: ReleaseSpec = { gift: "rose", version: "1.4.0", regional: true, holdback: 2 };

function releaseOf(text: string): ReleaseFile {
  const { located } = parseFile("release", "releases/rose/1.4.0.yaml", new TextEncoder().encode(text));
  return located?.value ?? expect.fail("the release is one");
}

function trialOf(
  kind: "pass" | "hold" | "fail",
  spec = ROSE,
  changes: Partial<WatchedTrial> = {},
): WatchedTrial {
  const text = releaseText(spec);
  const release = releaseOf(text);
  const verdict = judge(PLAN, countsOf(PLAN, []));
  return {
    verdict: { ...verdict, kind, stage: spec.full ? "full" : spec.regional ? "regional" : "canary" },
    why: "because",
    next: "nothing",
    incident: [],
    isWaived: false,
    release,
    text,
    opening: PLAN.commit,
    wasClosed: false,
    ...changes,
  };
}

/** As the tool would have opened it for that trial, unless changed. */
function pullOf(trial: WatchedTrial, changes: Partial<OpenPromotion> = {}): OpenPromotion {
  const { proposal } = onProof(trial);
  const name = parsePromotionBranch(proposal?.branch ?? "");
  const step: PromotionStep = name?.step ?? "full";
  const content = proposal
    ? contentOf([proposal], [{ path: proposal.path, text: trial.text }])
    : "0".repeat(64);
  return {
    number: 7,
    gift: "rose",
    version: "1.4.0",
    step,
    branch: promotionBranch({ gift: "rose", version: "1.4.0", step }),
    notes: { ...NO_NOTES, opening: trial.opening, built: { head: "f".repeat(40), content } },
    isTheirs: false,
    ...changes,
  };
}

const toReleases = (...specs: readonly ReleaseSpec[]) =>
  new Map(specs.map((it) => [releaseKey(it.gift, it.version), releaseOf(releaseText(it))]));

function actOf(trial: WatchedTrial | null, changes: Partial<PromotionFacts> = {}) {
  const acts = planPromotions({
    trials: trial ? [trial] : [],
    releases: toReleases(ROSE),
    open: [],
    onPass: "propose",
    wasRefused: () => false,
    ...changes,
  });
  expect(acts.length).toBeLessThanOrEqual(1);
  return acts[0];
}

describe("the pull request of a promotion", () => {
  test("is opened once the gate passes, where the policy proposes it", () => {
    expect(actOf(trialOf("pass"))).toMatchObject({
      kind: "open",
      proposal: { branch: "giftwrap/promote-rose-1.4.0-full", title: "Promote rose 1.4.0: full opened" },
    });
    expect(actOf(trialOf("hold"))).toBeUndefined();
    expect(actOf(trialOf("fail"))).toBeUndefined();
    expect(actOf(trialOf("pass"), { onPass: "report" })).toMatchObject({ kind: "leave", pull: null });
  });

  test("is left alone while it is right, its words apart, and made anew when main's file or the step changed", () => {
    const trial = trialOf("pass");
    for (const onPass of ["propose", "report"] as const)
      expect(actOf(trial, { open: [pullOf(trial)], onPass })).toMatchObject({ kind: "describe" });
    const text = trial.text.replace("title: A test", "title: Another");
    expect(actOf({ ...trial, text }, { open: [pullOf(trial)], onPass: "report" })).toMatchObject({
      kind: "refresh",
      proposal: { text: expect.stringContaining("title: Another") },
    });
    const unknown = pullOf(trial, { notes: NO_NOTES });
    expect(actOf(trial, { open: [unknown] })).toMatchObject({ kind: "refresh" });
  });

  test("stays while the numbers say wait, for its words say so and nobody can merge it", () => {
    const trial = trialOf("hold");
    expect(actOf(trial, { open: [pullOf(trial)] })).toMatchObject({ kind: "describe" });
  });

  test.each<[string, string, WatchedTrial | null, readonly ReleaseSpec[]]>([
    ["it is overtaken", "full is open already", null, [{ ...ROSE, full: true }]],
    ["its release is gone", "gone from the main branch", null, []],
    [
      "a person rolled it back",
      "a person took rose 1.4.0 back to canary",
      null,
      [{ ...ROSE, regional: false }],
    ],
    ["a person closed it whole", "took rose 1.4.0 back:", null, [{ ...ROSE, canary: false }]],
    [
      "a newer release is further",
      "rose 1.5.0 has taken over",
      trialOf("pass"),
      [ROSE, { ...ROSE, version: "1.5.0", full: true }],
    ],
    ["the gate fails", "the gate says fail: because", trialOf("fail"), [ROSE]],
    ["it was taken back before", "was taken back", trialOf("pass", ROSE, { wasClosed: true }), [ROSE]],
  ])("is closed when %s", (_, why, trial, specs) => {
    const open = [pullOf(trialOf("pass"))];
    expect(actOf(trial, { open, releases: toReleases(...specs) })).toMatchObject({
      kind: "close",
      why: expect.stringContaining(why),
    });
  });

  test("is closed while a person or an override holds the release", () => {
    const trial = trialOf("hold");
    const held = {
      ...trial.verdict,
      reasons: [{ kind: "on_hold" as const, why: "the override x speaks of it" }],
    };
    expect(actOf({ ...trial, verdict: held }, { open: [pullOf(trial)] })).toMatchObject({
      kind: "close",
      why: "it is held: the override x speaks of it",
    });
    const hold = releaseOf(releaseText(ROSE).replace("rollout:", "hold:\n  reason: Wait\n\nrollout:"));
    const releases = new Map([["rose@1.4.0", hold]]);
    expect(actOf(null, { open: [pullOf(trial)], releases })).toMatchObject({ why: "it is on hold: Wait" });
  });

  test("is a person's once they pushed to it: neither changed nor closed, whatever happens", () => {
    for (const trial of [trialOf("pass"), trialOf("fail"), null]) {
      const open = [pullOf(trialOf("pass"), { isTheirs: true })];
      expect(actOf(trial, { open, releases: new Map() })).toMatchObject({ kind: "leave", isTheirs: true });
    }
  });

  test("is never opened again for an opening of the stage for which a person closed it, and is for the next one", () => {
    const wasRefused = (branch: string, opening: string) =>
      branch === "giftwrap/promote-rose-1.4.0-full" && opening === PLAN.commit;
    expect(actOf(trialOf("pass"), { wasRefused })).toMatchObject({
      kind: "leave",
      why: expect.stringContaining("a person closed"),
    });
    const later = trialOf("pass", ROSE, { opening: "b".repeat(40) });
    expect(actOf(later, { wasRefused })).toMatchObject({ kind: "open" });
  });

  test("is opened neither for what is waived, nor while everyone is worse off", () => {
    expect(actOf(trialOf("pass", ROSE, { isWaived: true }))).toMatchObject({ kind: "leave", pull: null });
    expect(actOf(trialOf("pass", ROSE, { incident: ["failed"] }))).toMatchObject({ kind: "leave" });
  });

  test("keeps a person's words and their will where they asked for it by the form, until it is pointless", () => {
    const trial = trialOf("hold", ROSE, { wasClosed: true });
    const ask = (pull: OpenPromotion) => ({ ...pull, notes: { ...pull.notes, isAskedFor: true } });
    const open = [ask(pullOf(trialOf("pass")))];
    expect(actOf(trial, { open })).toMatchObject({ kind: "leave", why: "a person asked for it" });
    expect(actOf(trialOf("fail"), { open })).toMatchObject({ kind: "leave" });
    const text = trial.text.replace("title: A test", "title: Another");
    expect(actOf({ ...trialOf("hold"), text }, { open })).toMatchObject({ kind: "refresh" });
    const opened = toReleases({ ...ROSE, full: true });
    expect(actOf(null, { open, releases: opened })).toMatchObject({ kind: "close" });
    const branch = promotionBranch({ gift: "rose", version: "1.4.0", step: "canary" });
    const again = [ask(pullOf(trialOf("pass"), { step: "canary", branch }))];
    const closed = toReleases({ ...ROSE, canary: false });
    expect(actOf(null, { open: again, releases: closed })).toMatchObject({ kind: "leave" });
  });

  test("ends the holdback as its last step", () => {
    const spec = { ...ROSE, full: true };
    const trial = trialOf("pass", spec);
    const act = actOf(trial, { releases: toReleases(spec) });
    expect(act).toMatchObject({ kind: "open", proposal: { branch: "giftwrap/promote-rose-1.4.0-holdback" } });
    const ended = toReleases({ ...spec, holdback: 0 });
    expect(actOf(null, { open: [pullOf(trial)], releases: ended })).toMatchObject({
      why: "its holdback has ended already",
    });
  });
});

describe("the branch of a promotion", () => {
  test.each<[string, string, PromotionStep]>([
    ["rose", "1.4.0", "full"],
    ["rose-1", "0.0.0", "holdback"],
    ["a-2-b", "1.0.0-rc.1", "canary"],
    ["a", "1.0.0-full", "regional"],
    ["a", "1.0.0-2.0.0", "regional"],
  ])("says which gift, release and step: %s %s %s", (gift, version, step) => {
    expect(parsePromotionBranch(promotionBranch({ gift, version, step }))).toEqual({ gift, version, step });
  });

  test.each([
    "main",
    "giftwrap/promote-rose-full",
    "giftwrap/promote-rose-1.4.0",
    "giftwrap/hold-rose-1.4.0",
  ])("is none of %s", (branch) => expect(parsePromotionBranch(branch)).toBeNull());
});

describe("the notes in a pull request's body", () => {
  test("are read as they were written, and are there once", () => {
    const notes = {
      opening: "a".repeat(40),
      built: { head: "b".repeat(40), content: "c".repeat(64) },
      isClosedByItself: true,
      isAskedFor: true,
    };
    const body = writeNotes("Hello\n", notes);
    expect(readNotes(body)).toEqual(notes);
    expect(writeNotes(body, notes)).toBe(body);
    expect(writeNotes(body, NO_NOTES)).toBe("Hello\n\n");
    expect(readNotes("<!-- giftwrap:opening rose -->")).toEqual(NO_NOTES);
  });
});
