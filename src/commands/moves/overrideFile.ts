import { askGitHub } from "../../github/askGitHub.ts";
import { statusOf } from "../../github/keepAsking.ts";
import type { GitHub } from "../../github/openGitHub.ts";
import { overridePath } from "../../model/paths.ts";
import { readLiveTimestamp } from "../../publish/live.ts";
import { overrideFileText } from "../../publish/overrideFile.ts";
import { readLogRecord } from "../../publish/readLog.ts";
import type { FileText } from "../../source/fileText.ts";
import type { Override } from "../../wire/override.ts";
import { type Environment, trustEnvironment } from "../environment.ts";

/** A break-glass override as it stands live, and what people said of it. */
export interface StandingOverride {
  readonly override: Override;
  /** As the log has it; null where it does not. */
  readonly why: string | null;
  readonly by: string | null;
}

/** Log records that are looked through for the one that tells why, newest first. */
const MAX_RECORDS = 50;

/** The break-glass overrides that stand in an environment now. @throws GiftError as the store does, `LIVE_BROKEN`, `ROOT_MISSING` */
export async function readStanding(
  environment: Environment,
  isWanted: (override: Override) => boolean,
): Promise<readonly StandingOverride[]> {
  const { store } = environment;
  const live = await readLiveTimestamp(store, await trustEnvironment(environment));
  const found = (live?.signed.giftwrap.overrides ?? []).filter(
    (it) => it.origin === "break-glass" && isWanted(it),
  );
  const told = new Map<string, Pick<StandingOverride, "why" | "by">>();
  const newest = live?.signed.version ?? 0;
  // The record in which an override is there and before which it was not says why it was written.
  for (let revision = newest; revision > 0 && revision > newest - MAX_RECORDS; revision--) {
    const missing = found.filter((it) => !told.has(it.id));
    if (missing.length === 0) break;
    const [now, before] = await Promise.all([
      readLogRecord(store, revision),
      readLogRecord(store, revision - 1),
    ]);
    if (now.kind !== "record" || now.record.kind !== "break-glass") continue;
    for (const { id } of missing) {
      const has = (overrides: readonly Override[] | null) => overrides?.some((it) => it.id === id) === true;
      const isNew = has(now.record.overrides) && !(before.kind === "record" && has(before.record.overrides));
      if (isNew) told.set(id, { why: now.record.why, by: now.record.by });
    }
  }
  return found.map((override) => ({ override, ...(told.get(override.id) ?? { why: null, by: null }) }));
}

/** The file with which git adopts it. @param ends as the file has it */
export function toOverrideFile(
  { override, why }: StandingOverride,
  {
    reason = why ?? "Written with break-glass",
    incident,
    ends,
  }: { readonly reason?: string; readonly incident?: string | undefined; readonly ends?: string } = {},
): FileText {
  return { path: overridePath(override.id), text: overrideFileText(override, reason, incident, ends) };
}

/** The text of a file on a branch of GitHub; null where there is none. @throws GiftError of `askGitHub` */
export async function readFileOn(
  { octokit, owner, repo }: GitHub,
  ref: string,
  path: string,
): Promise<string | null> {
  return await askGitHub(`give ${path} on ${ref}`, "give the job the permission contents: read", async () => {
    try {
      const { data } = await octokit.repos.getContent({ owner, repo, path, ref });
      if (Array.isArray(data) || data.type !== "file" || !("content" in data)) return null;
      return Buffer.from(data.content, "base64").toString("utf8");
    } catch (error) {
      if (statusOf(error) === 404) return null;
      throw error;
    }
  });
}
