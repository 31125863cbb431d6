import assert from "node:assert/strict";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { environmentPath, giftPath, releasePath, rootPath } from "../model/paths.ts";
import type { Project } from "../model/project.ts";
import { revisionOf } from "../publish/edges.ts";
import { GiftError } from "../report/error.ts";
import { stoppedGifts } from "../report/finding.ts";
import { count, toTable } from "../report/text.ts";
import { check } from "../rules/check.ts";
import { readProject } from "../source/readProject.ts";
import { readSources } from "../source/readSources.ts";
import { workTree } from "../source/tree.ts";
import { fileStore } from "../store/fileStore.ts";
import type { Store } from "../store/store.ts";
import { objectKey, TIMESTAMP_KEY } from "../wire/keys.ts";
import { type Command, EXIT, type Io, parseWholeNumber } from "./command.ts";
import { type DemoEdge, startDemoEdge, watchEdges } from "./demo/edges.ts";
import { redraw } from "./demo/redraw.ts";
import {
  createRepository,
  type DemoRepository,
  ENVIRONMENT,
  environmentText,
  releaseText,
} from "./demo/repository.ts";
import {
  type Audience,
  type CanPlay,
  type DemoViewer,
  openViewers,
  playAll,
  refreshAll,
} from "./demo/viewers.ts";
import { openEnvironment } from "./environment.ts";
import { gatherFacts } from "./gatherFacts.ts";
import { startServers } from "./serve.ts";

const REGIONS = ["SG", "ID", "BR"];
/** Devices that play the gift for the first time while the gate looks. */
const GATE_VIEWERS = 40_000;
const [FIRST, BAD, FIXED] = ["1.0.0", "1.1.0", "1.1.1"] as const;

export const command: Command = {
  summary: "live a release's day in a minute or two, with real commands and simulated viewers",
  usage: "[--viewers NUMBER] [--keep]",
  example: "giftwrap demo --keep",
  options: {
    viewers: { type: "string", value: "NUMBER", help: "how many viewers watch (default: 2000)" },
    keep: {
      type: "boolean",
      help: "keep the repository and the edges, and show the page that plays the gifts",
    },
  },
  run: async (args, io) => {
    const viewers = parseWholeNumber("viewers", args.text("viewers"), 2_000);
    const folder = await mkdtemp(join(tmpdir(), "giftwrap-demo-"));
    const edges: DemoEdge[] = [];
    try {
      const repository = await liveTheDay(io, folder, edges, viewers);
      if (args.flag("keep")) await keep(io, repository, edges);
      return EXIT.ok;
    } finally {
      await Promise.all(edges.map((edge) => edge.close()));
      if (!args.flag("keep")) await rm(folder, { recursive: true, force: true });
    }
  },
};

/** One row of the table at the end. */
interface Moment {
  readonly what: string;
  readonly audience: Audience;
}

async function liveTheDay(
  io: Io,
  folder: string,
  edges: DemoEdge[],
  viewerCount: number,
): Promise<DemoRepository> {
  const { project, gifts, star } = await chooseGifts(io);
  const chapter = (title: string) => io.line(`\n${title}`);
  const moments: Moment[] = [];

  chapter(
    `A repository of its own, with ${count(gifts.length, "gift")} of this work tree; ${star} is the one to follow`,
  );
  const repository = await createRepository(io.root, folder, gifts, (line) => io.line(`  $ ${line}`));
  const store = fileStore(join(folder, ".giftwrap", "store", ENVIRONMENT));
  for (const region of REGIONS) edges.push(await startDemoEdge(store, region));
  await repository.write(environmentPath(ENVIRONMENT), environmentText(edges));
  for (const gift of gifts)
    await repository.write(releasePath(gift, FIRST), releaseText(project, gift, FIRST, true, REGIONS));
  await repository.giftwrap("keys", "init");
  io.progress("building (the first time takes some seconds, then the cache has it)");
  await repository.giftwrap("build");
  await repository.commit(`Release ${gifts.join(", ")} ${FIRST}`);
  show(io, await repository.giftwrap("validate"));
  show(io, await repository.giftwrap("publish"));

  const platforms = Object.keys(project.policy?.value.platforms ?? {});
  const root = await readFile(join(folder, rootPath(ENVIRONMENT)));
  const viewers = await openViewers(viewerCount, edges, platforms, root);
  const see = async (what: string, canPlay: CanPlay = () => true): Promise<Audience> => {
    io.progress(`${count(viewers.length, "viewer")} poll and are sent the gift`);
    await refreshAll(viewers);
    const audience = await playAll(viewers, star, canPlay);
    moments.push({ what, audience });
    io.line(`  ${describeAudience(audience)}`);
    return audience;
  };
  await see(`${FIRST} is at full`);

  chapter(
    `The artist redraws ${star}; ${BAD} goes to canary, to the regions, to everyone: each step a commit`,
  );
  await redrawSources(repository, star, 1);
  await repository.write(releasePath(star, BAD), releaseText(project, star, BAD, false, REGIONS));
  await repository.giftwrap("build", `${star}@${BAD}`);
  await repository.commit(`Add ${star} ${BAD}`);
  const opening = await promote(io, repository, star, BAD, "canary");
  await see(`${BAD} at canary`);
  const asked = toQuestion(io, repository, `${star}@${BAD}`);
  const evening = await asked.simulate("0.5%:0%", 6, "--crash", "0.1%:0%");
  assert.equal(await asked.gate(evening, 1), "hold", "an hour is too short");
  assert.equal(await asked.gate(evening, 6), "pass", "nobody of the staff had a problem");
  await promote(io, repository, star, BAD, "regional");
  await see(`${BAD} at regional`);
  const day = await asked.simulate("0.5%:0.5%", 30);
  assert.equal(await asked.gate(day, 2), "hold", "too little is proven");
  assert.notEqual(await asked.gate(day, 30), "fail", "it is no worse");
  await promote(io, repository, star, BAD, "full");
  const failing = devicesThatFail(BAD);
  const bad = await see(`${BAD} at full, but for the holdback`, failing);

  chapter("An app of that evening cannot decode it: viewers fall back, and the gate looks on");
  io.line(`  ${bad.fallbacks} of ${viewers.length} viewers saw a fallback; nobody saw nothing`);
  const night = await asked.simulate("0.5%:8%", 3);
  assert.equal(await asked.gate(night, 3), "fail", "it is proven to be worse");

  chapter(`git revert of the commit that opened ${BAD}; publish`);
  const objectsBefore = (await store.list("objects/")).length;
  const { timestamp: oldTimestamp, revision } = await readTimestamp(store);
  const started = performance.now();
  await repository.revert(opening);
  const [watched, said] = await Promise.all([
    watchEdges(edges, revision, started),
    repository.giftwrap("publish"),
  ]);
  show(io, said);
  const stopTimes = watched
    .map(({ region, milliseconds }) => `${region} ${Math.round(milliseconds)} ms`)
    .join(", ");
  io.line(`  from the revert to the stop at each edge: ${stopTimes}`);
  const back = await see(`after the revert`, failing);
  io.line(
    `  from the revert to the last of ${viewers.length} viewers back on ${FIRST}: ${((performance.now() - started) / 1000).toFixed(1)} s`,
  );
  assert.equal(back.seen.get(`${star} ${FIRST}`), viewers.length, "every viewer is back on the old release");
  assert.equal((await store.list("objects/")).length, objectsBefore, "a revert moves no object");

  chapter(`The fixed ${FIXED} goes to canary, while ${BAD} stays stopped`);
  await redrawSources(repository, star, 2);
  await repository.write(releasePath(star, FIXED), releaseText(project, star, FIXED, false, REGIONS));
  await repository.giftwrap("build", `${star}@${FIXED}`);
  await repository.commit(`Add ${star} ${FIXED}`);
  await promote(io, repository, star, FIXED, "canary");
  const fixed = await see(`${FIXED} at canary`, failing);
  assert.equal(fixed.seen.has(`${star} ${BAD}`), false, "the bad release stays stopped");

  chapter("An edge damages the new bytes, and another is stuck on an old copy");
  await showLyingEdges(io, viewers, edges, { star, root, oldTimestamp });

  chapter("The day");
  io.line(
    toTable([
      ["", ...columnsOf(moments), "fell back"],
      ...moments.map((it) => rowOf(it, columnsOf(moments))),
    ]),
  );
  io.line(`\nFrom git revert to the stop at each edge: ${stopTimes}.`);
  return repository;
}

/** The gifts of the work tree that are in order; the first of them is followed. */
async function chooseGifts(io: Io): Promise<{ project: Project; gifts: readonly string[]; star: string }> {
  const tree = workTree(io.root);
  const { project, findings } = await readProject(tree);
  const facts = await gatherFacts(tree, project, null);
  const stopped = stoppedGifts([...findings, ...check(project, facts)]);
  const all = [...project.gifts.keys()].sort();
  const gifts = all.filter((gift) => !stopped.gifts.has(gift));
  for (const gift of all)
    if (stopped.gifts.has(gift)) io.line(`${gift} is left out: npx giftwrap validate says why`);
  const [star] = gifts;
  if (!star || !project.policy)
    throw new GiftError(
      "NO_GIFTS",
      "there is no gift in order below gifts/, or no policy",
      "run npx giftwrap validate",
    );
  return { project, gifts, star };
}

async function promote(
  io: Io,
  repository: DemoRepository,
  gift: string,
  version: string,
  stage: string,
): Promise<string> {
  await repository.edit(releasePath(gift, version), ["rollout", stage, "open"], true);
  const commit = await repository.commit(`Open ${gift} ${version} at ${stage}`);
  show(io, await repository.giftwrap("publish"));
  return commit;
}

/** The viewers of the demo are too few for a proof: the gate is shown what tens of thousands would have told, made by chance. */
function toQuestion(io: Io, repository: DemoRepository, release: string) {
  return {
    /** Telemetry of so many hours since the stage was opened; the file that it is in. */
    simulate: async (failure: string, hours: number, ...more: string[]): Promise<string> => {
      const file = join(".giftwrap", `telemetry-${hours}-hours.json`);
      io.progress(`${count(GATE_VIEWERS, "viewer")} play by chance, and their apps tell how it went`);
      const size = ["--viewers", String(GATE_VIEWERS), "--hours", String(hours), "--seed", "7", ...more];
      await repository.giftwrap(
        "simulate",
        "--release",
        release,
        ...size,
        "--failure",
        failure,
        "--record",
        file,
      );
      return file;
    },
    /** The verdict so many hours after the stage was opened: what it says first is shown. */
    gate: async (recorded: string, hours: number): Promise<string> => {
      const opened = 60 * Math.ceil((await repository.seconds()) / 60);
      const at = new Date(1000 * (opened + 3_600 * hours + 600)).toISOString().replace(".000", "");
      const { said } = await repository.ask("gate", release, "--at", at, "--recorded", recorded, "--json");
      const { verdict, headline, why } = JSON.parse(said) as Record<string, unknown>;
      io.line(`    ${hours} h: ${String(headline)}`);
      io.line(`      ${String(why)}`);
      return String(verdict);
    },
  };
}

async function redrawSources(repository: DemoRepository, gift: string, version: number): Promise<void> {
  const tree = workTree(repository.root);
  const { project } = await readProject(tree);
  const file = project.gifts.get(gift)?.value;
  if (!file) throw new TypeError("the gift that is followed is in the repository");
  const { animation } = await readSources(tree, file);
  for (const { path, bytes } of await redraw(animation, version))
    await repository.write(giftPath(gift, path), bytes);
}

/** The fault that no check before the release could see: devices of one app version cannot decode this version's bytes. */
function devicesThatFail(version: string): CanPlay {
  return (viewer, { link }) => !(link.kind === "release" && link.version === version && viewer.app[1] === 3);
}

async function showLyingEdges(
  io: Io,
  viewers: readonly DemoViewer[],
  edges: readonly DemoEdge[],
  { star, root, oldTimestamp }: { star: string; root: Uint8Array; oldTimestamp: Uint8Array },
): Promise<void> {
  const [liar] = edges;
  const staff = viewers.find(
    ({ viewer }) => viewer.cohorts.includes("staff") && viewer.region === liar?.region,
  );
  if (!liar || !staff) return;
  const link = staff.client.resolve(star).chain[0];
  if (link?.kind !== "release" || !link.files[0]) throw new TypeError("staff see the canary");
  const [animation] = link.files;

  liar.damage(objectKey(animation.digest, animation.mediaType));
  // A viewer with an empty cache, so that the bytes really come from that edge.
  const [newcomer] = await openViewers(1, [liar], [staff.viewer.platform], root);
  if (!newcomer) throw new TypeError("one viewer was opened");
  await newcomer.client.refresh();
  const played: string[] = [];
  const { link: shown, failed } = await newcomer.client.play(star, ({ link: it }) => {
    played.push(it.kind === "release" ? `${it.gift} ${it.version}` : it.kind);
  });
  liar.damage(null);
  assert.equal(played.length, 1, "the player was given one thing");
  assert.ok(
    failed.length > 0 && shown.kind === "release" && shown.version === FIRST,
    "the damaged bytes were not it",
  );
  io.line(`  ${liar.region} damages ${star} ${link.version}: "${messageOf(failed[0]?.error)}"`);
  io.line(`  the player was given ${played.join()} instead, and nothing of ${star} ${link.version}`);

  const before = staff.client.state.revision;
  liar.freeze(oldTimestamp);
  const refused = await staff.client.refresh().then(
    () => "",
    (error: unknown) => messageOf(error),
  );
  liar.freeze(null);
  assert.equal(staff.client.state.revision, before, "the last good state stands");
  io.line(`  ${liar.region} is stuck on an old copy: "${refused}"; the viewer stays at revision ${before}`);
}

async function readTimestamp(store: Store): Promise<{ timestamp: Uint8Array; revision: number }> {
  const stored = await store.get(TIMESTAMP_KEY);
  if (!stored) throw new TypeError("something was published");
  return { timestamp: stored.bytes, revision: revisionOf(stored.bytes) };
}

async function keep(io: Io, repository: DemoRepository, edges: readonly DemoEdge[]): Promise<void> {
  const environment = await openEnvironment(
    { ...io, root: repository.root },
    workTree(repository.root),
    ENVIRONMENT,
  );
  const servers = await startServers(
    environment,
    edges.map(({ region }) => ({ region, port: 0 })),
    0,
  );
  io.line(`\nrepository ${repository.root}`);
  io.line(`page ${servers.page.url}`);
  io.progress("Ctrl-C ends it");
  await io.untilInterrupted();
  await servers.close();
}

function columnsOf(moments: readonly Moment[]): readonly string[] {
  return [...new Set(moments.flatMap(({ audience }) => [...audience.seen.keys()]))].sort();
}

function rowOf({ what, audience }: Moment, columns: readonly string[]): readonly string[] {
  return [
    what,
    ...columns.map((column) => String(audience.seen.get(column) ?? 0)),
    String(audience.fallbacks),
  ];
}

function describeAudience({ seen, fallbacks }: Audience): string {
  const parts = [...seen]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([what, viewers]) => `${viewers} see ${what}`);
  return `${parts.join(", ")}${fallbacks > 0 ? `; ${fallbacks} of them after something failed` : ""}`;
}

function show(io: Io, output: string): void {
  for (const line of output.split("\n")) if (line) io.line(`    ${line}`);
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
