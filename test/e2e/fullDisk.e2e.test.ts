import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { mkdir, readdir, rm, statfs, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { GiftError } from "../../src/report/error.ts";
import { openAudience, seenBy, seenByNewcomers } from "../support/audience.ts";
import { breakGlass, liveOf } from "../support/otherWriters.ts";
import { witnessOf } from "../support/witness.ts";
import { createWorld, type World } from "../support/world.ts";

/** A disk of its own, so that it can be full; null where this user may not mount one. */
const disk = mountDisk();
const GIFTS = ["anchor", "balloon"];

function mountDisk(): string | null {
  const folder = mkdtempSync(join(tmpdir(), "giftwrap-disk-"));
  try {
    execFileSync("mount", ["-t", "tmpfs", "-o", "size=1m", "tmpfs", folder], { stdio: "ignore" });
    return folder;
  } catch {
    rmSync(folder, { recursive: true });
    return null;
  }
}

afterAll(() => {
  if (!disk) return;
  execFileSync("umount", [disk]);
  rmSync(disk, { recursive: true });
});

// Only root may mount a disk.
describe.skipIf(!disk)("a publish whose disk is full", () => {
  let world: World;
  let restore: () => Promise<void>;

  beforeAll(async () => {
    world = await createWorld();
    // All of .giftwrap/store lies on that disk.
    await mkdir(join(world.root, ".giftwrap"), { recursive: true });
    await symlink(disk ?? "", join(world.root, ".giftwrap", "store"));
    for (const gift of GIFTS) await world.release({ gift, version: "1.0.0", regional: true, full: true });
    await world.release({ gift: "anchor", version: "1.1.0", regional: true, full: true });
    await world.commit("Release");
    await world.publish();
    await breakGlass(world, {
      id: "balloon-crash",
      origin: "break-glass",
      gifts: ["balloon"],
      versions: [[[2, 0, 0], null]],
      limit: {},
    });
    await world.release({ gift: "anchor", version: "1.1.0", canary: false });
    await world.release({ gift: "balloon", version: "1.1.0", regional: true, full: true });
    await world.commit("Take one back, open the other");
    const saved = join(world.root, ".giftwrap", "saved");
    execFileSync("cp", ["-r", `${disk}/.`, saved]);
    restore = async () => {
      for (const name of await readdir(disk ?? "")) await rm(join(disk ?? "", name), { recursive: true });
      execFileSync("cp", ["-r", `${saved}/.`, disk ?? ""]);
    };
  });
  afterAll(() => world.remove());

  test("at any of its writes leaves whole states, says so, and is completed once there is room", async () => {
    const whole = [
      ["anchor 1.1.0", "balloon 1.0.0"],
      ["anchor 1.0.0", "balloon 1.0.0"],
      ["anchor 1.0.0", "balloon 1.1.0"],
    ];
    const met = new Set<string>();
    for (let blocks = 0; ; blocks++) {
      await restore();
      const witness = witnessOf(await world.store());
      const watching = await openAudience(world);
      const look = async () => {
        await witness.look();
        await Promise.all(watching.map((client) => client.refresh()));
        const seen = [...new Set(await seenBy(watching, GIFTS))].sort();
        expect(whole).toContainEqual(seen);
        expect([...new Set(await seenByNewcomers(world, GIFTS))].sort()).toEqual(seen);
        expect((await liveOf(world)).signed.giftwrap.overrides.map((it) => it.id)).toContain("balloon-crash");
        return seen.join();
      };
      await look();
      const filler = await fillUp(blocks);
      const failure = await world.publish().then(
        () => null,
        (error: unknown) => error,
      );
      if (failure !== null) {
        expect(failure).toBeInstanceOf(GiftError);
        expect(failure).toMatchObject({
          code: "STORE_FAILED",
          fix: "the disk is full: make room and run the command again",
        });
      }
      met.add(await look());
      await rm(filler);
      expect((await world.publish()).exit).toBe(0);
      expect(await look()).toBe(whole[2]?.join());
      if (failure === null) break;
    }
    // It died before the stop, between stop and catalogs, and not at all.
    expect([...met].sort()).toEqual(whole.map((it) => it.join()).sort());
  });

  /** Leaves room for so many blocks, and gives the file that takes all other room. */
  async function fillUp(blocks: number): Promise<string> {
    const { bavail, bsize } = await statfs(disk ?? "");
    const filler = join(disk ?? "", "filler");
    await writeFile(filler, new Uint8Array((bavail - blocks) * bsize));
    return filler;
  }
});
