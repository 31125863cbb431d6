import { resolve } from "node:path";
import { lockPath } from "../model/paths.ts";
import { releaseKey } from "../model/project.ts";
import { explainError, GiftError, UsageError } from "../report/error.ts";
import { chooseTiers } from "../rollout/smoke/chooseTiers.ts";
import { findNarrower } from "../rollout/smoke/findNarrower.ts";
import { judgeSmoke, type SmokeVerdict } from "../rollout/smoke/judgeSmoke.ts";
import { toSmokeFacts } from "../rollout/smoke/smokeFacts.ts";
import { smokeToMarkdown } from "../rollout/smoke/smokeMarkdown.ts";
import {
  isScenario,
  SCENARIOS,
  type Scenario,
  type SmokePlan,
  smokePlan,
} from "../rollout/smoke/smokePlan.ts";
import type { SmokeRun } from "../rollout/smoke/smokeRun.ts";
import { type SmokeStory, tellSmoke } from "../rollout/smoke/smokeStory.ts";
import { smokeToText } from "../rollout/smoke/smokeText.ts";
import { applyWaivers } from "../rules/applyWaivers.ts";
import { checkBudgets } from "../rules/checkBudgets.ts";
import { readProject } from "../source/readProject.ts";
import { type Tree, workTree } from "../source/tree.ts";
import { makeEvidence, writeEvidence } from "../trust/evidence.ts";
import { digestOf } from "../trust/nodeCrypto.ts";
import type { Tier } from "../wire/viewer.ts";
import {
  type Arguments,
  type Command,
  EXIT,
  type Exit,
  type Io,
  JSON_OPTION,
  parseReleaseWord,
  parseTier,
  parseWholeNumber,
} from "./command.ts";
import { type Environment, openEnvironment, readSignerOf } from "./environment.ts";
import { chooseReference } from "./smoke/chooseReference.ts";
import { findChromium } from "./smoke/chromium.ts";
import type { Contender } from "./smoke/contender.ts";
import { decodeOnly } from "./smoke/decodeOnly.ts";
import { objectsOf, openSubject } from "./smoke/openSubject.ts";
import type { Staged } from "./smoke/playScenario.ts";
import { startRehearsal } from "./smoke/rehearsal.ts";
import { runScenarios } from "./smoke/runScenarios.ts";
import { savePictures, type Screenshots } from "./smoke/savePictures.ts";
import { SmokeBrowser } from "./smoke/smokeBrowser.ts";
import { takeScreenshots } from "./smoke/takeScreenshots.ts";

export const command: Command = {
  summary: "play a release in a browser as apps do, beside a reference, before people see it",
  usage: "GIFT@VERSION [--env NAME]",
  example: "giftwrap smoke rose@1.1.0 --env staging",
  options: {
    env: {
      type: "string",
      value: "NAME",
      help: "where objects may come from, and where it goes on record (default: staging, where there is one)",
    },
    tier: {
      type: "string",
      multiple: true,
      value: "TIER",
      help: "a device class; may be given several times (default: all that it serves)",
    },
    scenario: {
      type: "string",
      multiple: true,
      value: "NAME",
      help: `${SCENARIOS.join(", ")}; may be given several times (default: the policy's)`,
    },
    rounds: {
      type: "string",
      value: "NUMBER",
      help: "how often each is measured at first (default: the policy's, 3)",
    },
    reference: {
      type: "string",
      value: "GIFT@VERSION",
      help: "what it is compared with (default: the policy's)",
    },
    out: { type: "string", value: "FOLDER", help: "write charts, screenshots and the whole result there" },
    "no-record": { type: "boolean", help: "leave no signed evidence" },
    json: JSON_OPTION,
  },
  run: async (args, io) => {
    const { gift, version } = readWords(args);
    const tree = workTree(io.root);
    const { project } = await readProject(tree);
    const policy = project.policy?.value;
    const environment = await openAsked(args, io, tree);
    const objects = objectsOf(io, environment);
    const subject = await openSubject(io, project, gift, version, objects);
    const reference = await chooseReference(io, project, subject, args.text("reference"), objects);
    const { tiers, gaps } = readTiers(args, subject, reference);
    const plan = smokePlan(policy?.smoke, readAsked(args));

    const { measured, screenshots } = await measure(args, io, subject, reference, tiers, plan);
    const excesses = findExcesses(subject, tiers, io.now());
    const run: SmokeRun = {
      gift,
      version,
      reference: reference.name,
      excesses,
      ...measured,
      gaps: [...gaps, ...measured.gaps],
    };
    const verdict = judgeSmoke(run, plan);
    const story = tellSmoke(run, verdict);

    const folder = args.text("out");
    if (folder !== undefined)
      for (const name of await savePictures(resolve(io.root, folder), run, verdict, screenshots))
        io.progress(`wrote ${name}`);
    io.summary(smokeToMarkdown(story));
    if (args.flag("json")) io.line(JSON.stringify({ ...story, run, verdict: verdict.kind }));
    else for (const line of smokeToText(story).trimEnd().split("\n")) io.line(line);
    const narrower = findNarrower({ ...plan, tiers }, { ...smokePlan(policy?.smoke), tiers: subject.tiers });
    if (environment && !args.flag("no-record"))
      await record(io, tree, environment, run, verdict, story, narrower);
    return EXITS[verdict.kind];
  },
};

/** Who could not decide has not done what the command is for. */
const EXITS: Readonly<Record<SmokeVerdict["kind"], Exit>> = {
  pass: EXIT.ok,
  fail: EXIT.findings,
  hold: EXIT.failure,
};

type Measured = Pick<SmokeRun, "method" | "runs" | "gaps">;

/** In a browser; where there is none, by decoding alone. */
async function measure(
  args: Arguments,
  io: Io,
  subject: Contender,
  reference: Contender,
  tiers: readonly Tier[],
  plan: SmokePlan,
): Promise<{ readonly measured: Measured; readonly screenshots: Screenshots }> {
  const program = findChromium(io.variables);
  if (program === null) {
    io.progress(
      "no Chromium here (looked at $CHROMIUM, /usr/lib/chromium/chromium, /usr/bin/chromium): only decoding is measured",
    );
    const decoded = await decodeOnly(subject, reference, tiers, plan);
    return { measured: { method: "sharp", ...decoded }, screenshots: new Map() };
  }
  const open: { close(): Promise<void> }[] = [];
  try {
    const browser = await openBrowser(program, io.variables);
    open.push(browser);
    const stage = async (contender: Contender): Promise<Staged> => {
      const rehearsal = await startRehearsal(contender, io.now);
      open.push(rehearsal);
      return { contender, rehearsal };
    };
    const own = await stage(subject);
    const runs = await runScenarios(browser, own, await stage(reference), tiers, plan, io.progress);
    const isShown = args.text("out") !== undefined;
    const screenshots = isShown ? await takeScreenshots(browser, own, tiers, plan) : new Map();
    return { measured: { method: "chromium", runs, gaps: [] }, screenshots };
  } finally {
    for (const it of open.reverse()) await it.close();
  }
}

async function openBrowser(program: string, variables: NodeJS.ProcessEnv): Promise<SmokeBrowser> {
  try {
    return await SmokeBrowser.open(program, variables);
  } catch (cause) {
    throw new GiftError(
      "BROWSER_FAILED",
      `${program} did not start: ${explainError(cause).split("\n")[0]}`,
      "run npm ci with development packages, and name a Chromium that starts with the variable CHROMIUM",
      { cause },
    );
  }
}

/** What the files cost beyond the policy's budgets, but for what it forgives. */
function findExcesses({ gift, version, project }: Contender, tiers: readonly Tier[], now: number): string[] {
  return applyWaivers(checkBudgets(project), project.policy, now)
    .filter((it) => it.severity === "error" && it.gift === gift && it.version === version)
    .filter((it) => tiers.some((tier) => it.message.startsWith(`on ${tier} `)))
    .map((it) => it.message);
}

/**
 * Signed evidence about the lock's very bytes. What could not be decided leaves no record, what passed a narrower test than the
 * policy's must not replace one, and where there is no key there can be none.
 */
async function record(
  io: Io,
  tree: Tree,
  environment: Environment,
  run: SmokeRun,
  verdict: SmokeVerdict,
  story: SmokeStory,
  narrower: readonly string[],
): Promise<void> {
  const { gift, version } = run;
  const { name, store } = environment;
  const key = releaseKey(gift, version);
  if (verdict.kind === "hold") return io.progress(`nothing is recorded for ${key}: it was not decided`);
  if (verdict.kind === "pass" && narrower.length > 0)
    return io.progress(
      `this is not put on record for ${key}: less was tried than the policy asks for (${narrower.join("; ")})`,
    );
  const path = lockPath(gift, version);
  const lock = (await tree.read([path])).get(path);
  if (!lock) throw new GiftError("LOCK_MISSING", `${path} is gone`, `run npx giftwrap build ${key}`);
  let signer: Awaited<ReturnType<typeof readSignerOf>>;
  try {
    signer = await readSignerOf(io, environment, "timestamp");
  } catch (error) {
    if (!(error instanceof GiftError) || !["KEY_MISSING", "ROOT_MISSING"].includes(error.code)) throw error;
    return io.progress(`nothing is recorded for ${key} in ${name}: ${error.message}`);
  }
  const evidence = makeEvidence({
    kind: "smoke",
    environment: name,
    gift,
    version,
    lock: digestOf(lock),
    recorded: io.now(),
    result: verdict.kind === "pass" ? "passed" : "failed",
    facts: toSmokeFacts(run, verdict, story.why[0] ?? ""),
    tool: "giftwrap",
  });
  const isWritten = await writeEvidence(store, signer, evidence);
  io.progress(isWritten ? `recorded for ${key} in ${name}` : `a newer record of "smoke" stands for ${key}`);
}

function readWords({ words }: Arguments): { gift: string; version: string } {
  const [word = "", ...rest] = words;
  const { gift, version } = parseReleaseWord(word);
  if (gift === "" || version === undefined || rest.length > 0)
    throw new UsageError("name one release, such as: smoke rose@1.1.0");
  return { gift, version };
}

/** The environment that was asked for; else staging, where there is one. */
async function openAsked(args: Arguments, io: Io, tree: Tree): Promise<Environment | null> {
  const asked = args.text("env");
  if (asked !== undefined) return openEnvironment(io, tree, asked);
  try {
    return await openEnvironment(io, tree, "staging");
  } catch (error) {
    if (error instanceof GiftError && error.code === "ENVIRONMENT_MISSING") return null;
    throw error;
  }
}

function readTiers(
  args: Arguments,
  subject: Contender,
  reference: Contender,
): ReturnType<typeof chooseTiers> {
  const asked = args.texts("tier").map(parseTier);
  const chosen = chooseTiers(asked, subject, reference);
  if (chosen.tiers.length > 0) return chosen;
  throw new UsageError(
    `${subject.name} and ${reference.name} do not both serve ${asked.join(", ") || "a tier"}`,
  );
}

function readAsked(args: Arguments): { scenarios?: readonly Scenario[]; rounds?: number } {
  const scenarios = args.texts("scenario").map((it) => {
    if (isScenario(it)) return it;
    throw new UsageError(`--scenario ${it}: write one of ${SCENARIOS.join(", ")}`);
  });
  const rounds = parseWholeNumber("rounds", args.text("rounds"), 0);
  if (args.text("rounds") !== undefined && (rounds < 3 || rounds > 15))
    throw new UsageError(`--rounds ${rounds}: from 3 to 15; with fewer nothing could be sure`);
  return { ...(scenarios.length > 0 && { scenarios }), ...(rounds > 0 && { rounds }) };
}
