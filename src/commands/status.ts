import { confirmTimestamp, type EdgeResult } from "../publish/edges.ts";
import type { Live } from "../publish/live.ts";
import { count, toTable } from "../report/text.ts";
import { commitOf } from "../source/git.ts";
import { revisionTree, workTree } from "../source/tree.ts";
import { type CatalogGift, catalogLines } from "../wire/catalog.ts";
import type { Rollout } from "../wire/rollout.ts";
import { TIERS } from "../wire/viewer.ts";
import { type Command, EDGE_OPTION, ENVIRONMENT_OPTION, EXIT, JSON_OPTION, parseEdges } from "./command.ts";
import { openEnvironment } from "./environment.ts";
import { readLiveOf } from "./plan.ts";
import { mustReadDesired } from "./readDesired.ts";
import { saveState } from "./saveState.ts";

/** Edges are asked once, not waited for. */
const EDGE_PATIENCE_MILLISECONDS = 2_000;

/** One release at one place: percentages of viewers by region, or the stage that reaches everyone there. */
interface Row {
  readonly gift: string;
  readonly version: string;
  readonly git: string;
  readonly live: string;
}

export const command: Command = {
  summary: "compare git with what is live, per gift, region and stage",
  usage: "[--env NAME]",
  example: "giftwrap status --env production",
  options: {
    env: ENVIRONMENT_OPTION,
    edge: EDGE_OPTION,
    save: {
      type: "string",
      value: "FILE",
      help: "keep a copy of what is live, for giftwrap override --state FILE",
    },
    json: JSON_OPTION,
  },
  run: async (args, io) => {
    const head = await commitOf(io.root, "HEAD");
    const tree = head === null ? workTree(io.root) : revisionTree(io.root, head);
    const environment = await openEnvironment(
      io,
      tree,
      args.text("env") ?? "production",
      parseEdges(args.texts("edge")),
    );
    const live = await readLiveOf(environment);
    const copy = args.text("save");
    if (copy !== undefined) {
      await saveState(copy, tree, environment, live?.timestamp ?? null, io.now());
      io.progress(`the state of ${environment.name} is kept in ${copy}`);
    }
    const { wanted, kept } = await mustReadDesired(tree, environment, io.now());
    const rows = compare(
      rolloutsOf(TIERS.flatMap((tier) => [...wanted.lines[tier].values()])),
      rolloutsOf(liveLines(live)),
    );
    const edges = live ? await askEdges(environment.edges, live) : [];
    const overrides = live?.timestamp.signed.giftwrap.overrides ?? [];

    if (args.flag("json")) {
      const { version: revision = null, giftwrap } = live?.timestamp.signed ?? {};
      io.line(
        JSON.stringify({
          environment: environment.name,
          head,
          revision,
          commit: giftwrap?.commit ?? null,
          generation: live?.generation ?? null,
          releases: rows,
          overrides,
          edges,
        }),
      );
      return EXIT.ok;
    }
    io.line(live ? describeLive(live, head) : `${environment.name}: nothing is published yet`);
    io.line(
      toTable([
        ["gift", "version", "in git", "live", ""],
        ...rows.map((it) => [it.gift, it.version, it.git, it.live, it.git === it.live ? "" : "<- differs"]),
      ]),
    );
    for (const [gift, why] of kept) io.line(`${gift}: stays as it is live, because ${why}`);
    for (const { id, origin, limit } of overrides)
      io.line(
        `override ${id} (${origin}): at most ${
          Object.keys(limit)
            .filter((key) => key !== "salt")
            .join(", ") || "nobody"
        }`,
      );
    for (const { edge, ok, milliseconds, why } of edges)
      io.line(`edge ${edge.region} ${edge.url}: ${ok ? `up to date (${milliseconds} ms)` : why}`);
    return EXIT.ok;
  },
};

function describeLive({ timestamp, generation }: Live, head: string | null): string {
  const { version, expires, giftwrap } = timestamp.signed;
  const where = giftwrap.commit === head ? "the commit checked out here" : "not the commit checked out here";
  return `revision ${version}, generation ${generation}, commit ${giftwrap.commit.slice(0, 10)} (${where}), expires ${expires}, ${count(giftwrap.overrides.length, "override")}`;
}

async function askEdges(
  edges: Parameters<typeof confirmTimestamp>[0],
  { timestamp }: Live,
): Promise<readonly EdgeResult[]> {
  const live = { bytes: timestamp.bytes, revision: timestamp.signed.version };
  return confirmTimestamp(edges, live, { deadlineMilliseconds: EDGE_PATIENCE_MILLISECONDS });
}

function liveLines(live: Live | null): readonly string[] {
  return live ? TIERS.flatMap((tier) => [...catalogLines(live.catalogs[tier]).values()]) : [];
}

/** By `gift@version`; tiers share their rollouts. */
function rolloutsOf(lines: readonly string[]): ReadonlyMap<string, Rollout> {
  const rollouts = new Map<string, Rollout>();
  for (const line of lines) {
    const gift: CatalogGift = JSON.parse(line);
    for (const release of gift.releases) rollouts.set(`${gift.id}@${release.version}`, release.rollout);
  }
  return rollouts;
}

function compare(git: ReadonlyMap<string, Rollout>, live: ReadonlyMap<string, Rollout>): readonly Row[] {
  return [...new Set([...git.keys(), ...live.keys()])].sort().map((key) => {
    const [gift = "", version = ""] = key.split("@");
    return { gift, version, git: describeRollout(git.get(key)), live: describeRollout(live.get(key)) };
  });
}

/** "canary staff, qa; regional SG 5 %, ID 10 % (mid, high; not vip)", or "full". */
export function describeRollout(rollout: Rollout | undefined): string {
  if (!rollout?.canary) return "closed";
  const held = rollout.holdback ? ` (${rollout.holdback.basisPoints / 100} % held back)` : "";
  if (rollout.full) return `full${held}`;
  const { cohorts = [], basisPoints } = rollout.canary;
  const canary = `canary ${[...cohorts, ...(basisPoints ? [`${basisPoints / 100} %`] : [])].join(", ")}`;
  if (!rollout.regional) return canary;
  const { regions, eligible } = rollout.regional;
  const shares = Object.entries(regions).map(([region, share]) => `${region} ${share / 100} %`);
  const only = [...(eligible?.tiers ?? []), ...(eligible?.exclude ?? []).map((cohort) => `not ${cohort}`)];
  return `${canary}; regional ${shares.join(", ")}${only.length > 0 ? ` (${only.join(", ")})` : ""}${held}`;
}
