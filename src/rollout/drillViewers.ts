import { ClientError, type GiftwrapClient, type Loaded, type Viewer } from "../client/client.ts";
import type { Edge } from "../publish/edges.ts";
import { explainError } from "../report/error.ts";
import type { CatalogRelease } from "../wire/catalog.ts";
import type { Link } from "../wire/resolve.ts";
import { coveringStage, isHeldBack } from "../wire/rollout.ts";
import { compareVersions, type Interval, isWithin, type Version } from "../wire/version.ts";
import { TIERS, type Tier } from "../wire/viewer.ts";

/** A simulated viewer behind one edge: a real client over real HTTP that keeps no object, so that bytes are fetched each time. */
export interface DrillViewer {
  readonly viewer: Viewer;
  readonly edge: Edge;
  readonly client: GiftwrapClient;
}

export type OpenViewer = (viewer: Viewer, edge: Edge) => Promise<GiftwrapClient>;

/** The kinds of viewers that a release serves: every edge, every tier that it has files for, every platform. */
export async function openDrillViewers(
  releases: ReadonlyMap<Tier, CatalogRelease>,
  edges: readonly Edge[],
  platforms: Readonly<Record<string, readonly Interval[]>>,
  open: OpenViewer,
): Promise<readonly DrillViewer[]> {
  const viewers = edges.flatMap((edge) =>
    TIERS.flatMap((tier) => {
      const release = releases.get(tier);
      if (!release || release.files.length === 0) return [];
      return Object.entries(platforms).flatMap(([platform, supported]) => {
        const app = pickApp(release.app[platform] ?? [], supported);
        return app ? [{ viewer: toViewer(release, { platform, app, tier, region: edge.region }), edge }] : [];
      });
    }),
  );
  return Promise.all(viewers.map(async (it) => ({ ...it, client: await open(it.viewer, it.edge) })));
}

/** An app version that both the release and the policy serve; an ordinary one, where there is one. */
export function pickApp(served: readonly Interval[], supported: readonly Interval[]): Version | null {
  const ordinary: Version = [1, 0, 0];
  const bounds = [...served, ...supported].map(([from]) => from).sort(compareVersions);
  const fitting = [ordinary, ...bounds].filter((it) => isWithin(it, served) && isWithin(it, supported));
  return fitting.find((it) => it.length === 3) ?? fitting[0] ?? null;
}

const MOST_UNITS = 20_000;

/** In the release's cohorts, and with an id in its slices, so that it plays the release wherever that stands on its way. */
function toViewer(
  { rollout }: CatalogRelease,
  kind: Pick<Viewer, "platform" | "app" | "tier" | "region">,
): Viewer {
  const cohorts = rollout.canary?.cohorts ?? [];
  const withUnit = (unitId: string): Viewer => ({ ...kind, cohorts, unitId });
  for (let at = 0; at < MOST_UNITS; at++) {
    const viewer = withUnit(`drill-${at}`);
    if (coveringStage(rollout, viewer) !== null && !isHeldBack(rollout, viewer)) return viewer;
  }
  return withUnit("");
}

/** What one viewer was shown last. */
export interface Shown {
  readonly link: Link;
  /** Links before it that could not be used, in words. */
  readonly failed: readonly string[];
  /** Why it is not up to date, in words. */
  readonly problem: string | null;
  /** The timestamp that it goes by. */
  readonly revision: number;
}

export interface Waited {
  /** From the start until the last viewer was right, or until giving up. */
  readonly milliseconds: number;
  readonly shown: ReadonlyMap<DrillViewer, Shown>;
  /** Viewers that never were. */
  readonly wrong: readonly DrillViewer[];
}

export interface Patience {
  readonly deadlineMilliseconds: number;
  isInterrupted(): boolean;
}

const FIRST_PAUSE_MILLISECONDS = 20;
const LONGEST_PAUSE_MILLISECONDS = 500;
const PARALLEL = 16;

/** Every viewer refreshes and plays, again and again, until it is shown what is right. */
export async function waitForViewers(
  viewers: readonly DrillViewer[],
  gift: string,
  isRight: (shown: Shown) => boolean,
  { deadlineMilliseconds, isInterrupted }: Patience,
): Promise<Waited> {
  const started = performance.now();
  const elapsed = () => Math.round(performance.now() - started);
  const shown = new Map<DrillViewer, Shown>();
  let waiting = viewers;
  for (let pause = FIRST_PAUSE_MILLISECONDS; ; pause = Math.min(LONGEST_PAUSE_MILLISECONDS, 2 * pause)) {
    await inParallel(waiting, async (it) => void shown.set(it, await show(it, gift)));
    waiting = waiting.filter((it) => !isShownRight(shown.get(it), isRight));
    if (waiting.length === 0 || isInterrupted() || elapsed() + pause >= deadlineMilliseconds)
      return { milliseconds: elapsed(), shown, wrong: waiting };
    await new Promise((resolve) => setTimeout(resolve, pause));
  }
}

function isShownRight(shown: Shown | undefined, isRight: (shown: Shown) => boolean): boolean {
  return shown !== undefined && shown.problem === null && shown.failed.length === 0 && isRight(shown);
}

async function show({ client }: DrillViewer, gift: string): Promise<Shown> {
  const problem = await client.refresh().then(() => null, explainRefusal);
  const { link, failed } = await client.play(gift);
  return { link, failed: failed.map(explainFailure), problem, revision: client.state.revision };
}

function explainRefusal(error: unknown): string {
  if (error instanceof ClientError) return explainError(error);
  throw error;
}

function explainFailure({ link, error }: Loaded["failed"][number]): string {
  return `${describeLink(link)} could not be used: ${explainError(error)}`;
}

export function describeLink(link: Link): string {
  if (link.kind === "default") return "the app's default";
  return link.kind === "still" ? `the still of ${link.gift} ${link.version}` : `${link.gift} ${link.version}`;
}

/** "3 of 18 viewers are wrong: android 8.2.0, mid, through SG http://... is shown rose 1.1.0; ..." */
export function describeWrong({ shown, wrong }: Waited): string {
  const told = wrong.slice(0, MOST_TOLD).map((it) => `${describeViewer(it)} ${describeShown(shown.get(it))}`);
  const more = wrong.length - told.length;
  return `${wrong.length} of ${shown.size} viewers are wrong: ${told.join("; ")}${more > 0 ? `; and ${more} more` : ""}`;
}

const MOST_TOLD = 4;

function describeViewer({ viewer: { platform, app, tier }, edge }: DrillViewer): string {
  const [major, minor, patch, ...pre] = app;
  const version = `${major}.${minor}.${patch}${pre.length > 0 ? `-${pre.join(".")}` : ""}`;
  return `${platform} ${version}, ${tier}, through ${edge.region} ${edge.url}`;
}

function describeShown(shown: Shown | undefined): string {
  if (!shown) return "was never shown anything";
  const why = [...shown.failed, ...(shown.problem === null ? [] : [shown.problem])];
  return `is shown ${describeLink(shown.link)}${why.length > 0 ? ` (${why.join("; ")})` : ""}`;
}

async function inParallel<T>(items: readonly T[], act: (item: T) => Promise<void>): Promise<void> {
  const queue = items.values();
  const work = async () => {
    for (const item of queue) await act(item);
  };
  await Promise.all(Array.from({ length: PARALLEL }, work));
}
