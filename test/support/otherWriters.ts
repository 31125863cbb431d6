import { expect } from "vitest";
import { writeTimestamp } from "../../src/publish/apply.ts";
import { type LiveTimestamp, readLiveTimestamp, trustRoot } from "../../src/publish/live.ts";
import { nodeCrypto } from "../../src/trust/nodeCrypto.ts";
import type { Override } from "../../src/wire/override.ts";
import type { World } from "./world.ts";

/** What is live now, read with trust in the root that git holds. */
export async function liveOf(world: World): Promise<LiveTimestamp> {
  const { environment, trustedRoot } = await world.publisher();
  const live = await readLiveTimestamp(environment.store, await trustRoot(trustedRoot, nodeCrypto));
  return live ?? expect.fail("something is published");
}

/** Adds an override as break-glass does: from the live timestamp and the timestamp key alone. */
export async function breakGlass(world: World, override: Override): Promise<void> {
  await writeAgain(world, (present) => [...present.filter((it) => it.id !== override.id), override]);
}

/** Signs what is live anew, as a job does that keeps the timestamp from expiring. */
export async function renew(world: World): Promise<void> {
  await writeAgain(world, (present) => present);
}

async function writeAgain(
  world: World,
  change: (present: readonly Override[]) => readonly Override[],
): Promise<void> {
  const { environment, signers } = await world.publisher();
  const live = await liveOf(world);
  const { pollSeconds, commit, overrides } = live.signed.giftwrap;
  const content = {
    snapshot: live.signed.meta["snapshot.json"],
    pollSeconds,
    commit,
    overrides: change(overrides),
  };
  const written = await writeTimestamp(environment.store, live, content, signers.timestamp, Date.now());
  expect(written).not.toBeNull();
}
