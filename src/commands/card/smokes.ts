import type { Smoke, SmokeLine } from "../../github/card/pullRequestCard.ts";
import { lockPath } from "../../model/paths.ts";
import { releaseKey } from "../../model/project.ts";
import type { EvidenceFile } from "../../model/schemas.ts";
import type { EvidenceFact } from "../../rules/checkChecklist.ts";
import type { Tree } from "../../source/tree.ts";
import { digestOf } from "../../trust/nodeCrypto.ts";
import type { Environment } from "../environment.ts";
import { openRecords } from "./openRecords.ts";

/** Each asks the store, and nobody reads a list of hundreds. */
const MOST_ASKED = 12;

export interface SmokePorts {
  /** Where the project's locks are. */
  readonly tree: Tree;
  /** The environment for which the policy asks for smoke tests before a release leaves canary; null where it does not. */
  readonly askedIn: string | null;
  /** Opens the environment that they are recorded in; null where there is none. */
  openSmokes(): Promise<Environment | null>;
}

/** What is on record of each release's smoke test, by its lock's very bytes. */
export async function gatherSmokes(
  releases: readonly { readonly gift: string; readonly version: string }[],
  { tree, askedIn, openSmokes }: SmokePorts,
): Promise<readonly SmokeLine[]> {
  if (releases.length === 0) return [];
  const asked = releases.slice(0, MOST_ASKED);
  const { read } = await openRecords("smoke", openSmokes);
  const locks = await tree.read(asked.map((it) => lockPath(it.gift, it.version)));
  const lines: SmokeLine[] = [];
  for (const { gift, version } of asked) {
    const release = releaseKey(gift, version);
    const bytes = locks.get(lockPath(gift, version));
    const record = bytes ? await read(digestOf(bytes)) : null;
    const command = askedIn === null ? null : `npx giftwrap smoke ${release} --env ${askedIn}`;
    lines.push({ release, smoke: toSmoke(record, command) });
  }
  return lines;
}

function toSmoke(record: EvidenceFact | null, command: string | null): Smoke {
  if (!record) return { kind: "none", command };
  if ("problem" in record) return { kind: "unknown", why: record.problem };
  const { result, environment, recorded, facts } = record;
  return {
    kind: result,
    environment,
    at: recorded,
    reference: String(facts["reference"] ?? "-"),
    worstPercent: worstOf(facts),
    isDecodedOnly: facts["method"] === "sharp",
  };
}

/** `memoryPercent`, `loadPercent` and so on are shares of what was allowed. */
function worstOf(facts: EvidenceFile["facts"]): number | null {
  const shares = Object.entries(facts).flatMap(([name, value]) =>
    name.endsWith("Percent") && typeof value === "number" ? [value] : [],
  );
  return shares.length > 0 ? Math.max(...shares) : null;
}
