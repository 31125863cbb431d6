import { afterEach, expect, test } from "vitest";
import * as keysRotate from "../../src/commands/keysRotate.ts";
import { openAudience, seenBy, seenByNewcomers } from "../support/audience.ts";
import { failingStore } from "../support/failingStore.ts";
import { runCommand } from "../support/runCommand.ts";
import { createWorld, type World } from "../support/world.ts";

const GIFTS = ["anchor", "balloon"];

const worlds: World[] = [];
afterEach(async () => {
  await Promise.all(worlds.splice(0).map((world) => world.remove()));
});

async function distinct(seen: Promise<readonly string[]>): Promise<readonly string[]> {
  return [...new Set(await seen)].sort();
}

test("a publish after a rotation may die at any write: a stop from before holds, and every viewer has a whole gift", async () => {
  const world = await createWorld();
  worlds.push(world);
  for (const version of ["1.0.0", "1.1.0"])
    await world.release({ gift: "anchor", version, regional: true, full: true });
  await world.release({ gift: "balloon", version: "1.0.0", regional: true, full: true });
  await world.commit("Release");
  await world.publish();
  const used = await openAudience(world);
  for (const client of used) await client.refresh();
  await world.release({ gift: "anchor", version: "1.1.0", canary: false });
  await world.commit("Take it back");
  const { environment } = await world.publisher();
  const stopped = { ...environment, store: failingStore(environment.store, 1, "after") };
  await expect(world.publish({ environment: stopped })).rejects.toMatchObject({ code: "STORE_FAILED" });
  await runCommand(keysRotate, world.root, ["--role", "release", "--role", "timestamp"]);
  await world.commit("Rotate");
  const restore = await world.saveStore();

  const right = ["anchor 1.0.0", "balloon 1.0.0"];
  let dies = true;
  for (let write = 1; dies; write++) {
    await restore();
    const { environment: opened } = await world.publisher();
    const dying = { ...opened, store: failingStore(opened.store, write, "after") };
    dies = await world.publish({ environment: dying }).then(
      () => false,
      () => true,
    );
    expect(await distinct(seenByNewcomers(world, GIFTS)), `write ${write}`).toEqual(right);
    for (const client of used) await client.refresh();
    expect(await distinct(seenBy(used, GIFTS))).toEqual(right);
    if (write % 4 === 1) {
      expect((await world.publish()).exit).toBe(0);
      expect(await distinct(seenByNewcomers(world, GIFTS))).toEqual(right);
      expect((await world.publish()).said.join()).toContain("nothing to do");
    }
    // What they have seen is newer than what is put back now.
    used.splice(0, used.length, ...(await openAudience(world)));
  }
});
