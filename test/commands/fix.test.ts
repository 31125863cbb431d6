import { chmod, readFile, readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { build } from "../../src/commands/build/buildReleases.ts";
import { fix } from "../../src/commands/fix.ts";
import { drawPng, drawSvga } from "../bundle/drawSvga.ts";
import { giftwrap } from "../support/cli.ts";
import { createWorld, quietIo, releaseText, type World } from "../support/world.ts";

let world: World;
let place: string;
let heavy: Buffer;

beforeEach(async () => {
  world = await createWorld();
  place = join(world.root, "gifts/kite/source/kite.svga");
  heavy = drawSvga({
    images: { body: await drawPng(300, 300), old: await drawPng(50, 50) },
    sprites: { body: [{ layout: { width: 60, height: 60 } }, { layout: { width: 60, height: 60 } }] },
  });
  await world.write({
    "gifts/kite/gift.yaml":
      'id: kite\nname: Kite\nowner: "@acme/art"\nanimation: source/kite.svga\nstill: source/still.png\n',
    "gifts/kite/source/kite.svga": "",
    "releases/kite/1.0.0.yaml": releaseText({ gift: "kite", version: "1.0.0" }),
  });
  await writeFile(place, heavy);
  await writeFile(join(world.root, "gifts/kite/source/still.png"), await drawPng(40, 40));
});

afterEach(() => world.remove());

describe("giftwrap fix", () => {
  test("shows what could be lighter, and changes nothing", async () => {
    const { code, stdout } = await giftwrap(world.root, "fix", "kite");
    expect(code).toBe(0);
    expect(stdout).toContain("gifts/kite/source/kite.svga: ");
    expect(stdout).toContain('"body": 300x300 -> 60x60, scaled to what is shown of it at most');
    expect(stdout).toContain('"old": dropped');
    expect(stdout).toContain("decoded 370.0 kB -> 14.4 kB");
    expect(stdout).toContain("nothing is changed: run it with --write");
    expect(await readFile(place)).toEqual(heavy);
  });

  test("with --write replaces the file, says that what is locked keeps its bytes, and then finds nothing", async () => {
    await build(quietIo(world.root), { words: [], check: false, relock: false });
    await chmod(place, 0o640);
    const { code, stdout } = await giftwrap(world.root, "fix", "kite", "--write");
    expect(code).toBe(0);
    expect(stdout).toContain("1 file replaced");
    expect(stdout).toContain(
      "kite 1.0.0 keeps the bytes of before, as locked: to release the new ones, make a new version",
    );
    expect((await readFile(place)).length).toBeLessThan(heavy.length);
    expect(await readdir(join(world.root, "gifts/kite/source"))).toEqual(["kite.svga", "still.png"]);
    const again = await fix(quietIo(world.root), "kite", true);
    expect(again.files).toMatchObject([{ changes: [], isWritten: false }]);
    expect((await giftwrap(world.root, "fix", "kite")).stdout).toContain("nothing to fix");
  });

  test.each(["kite@1.1.0", "gifts/kite/", "Kite"])("finds the gift that %s is of", async (word) => {
    const { gift, files } = await fix(quietIo(world.root), word, false);
    expect([gift, files[0]?.path]).toEqual(["kite", "gifts/kite/source/kite.svga"]);
  });

  test("says what is wrong with a file that cannot be used", async () => {
    await writeFile(place, heavy.subarray(0, 200));
    const { code, stdout } = await giftwrap(world.root, "fix", "kite");
    expect(code).toBe(1);
    expect(stdout).toMatch(/kite\.svga: cannot be used: the SVGA is damaged[^\n]*\n {2}fix: export it again/);
  });

  test("asks for a gift that is there", async () => {
    expect((await giftwrap(world.root, "fix", "kites")).stderr).toContain(
      'there is no gift "kites": gifts/kites/gift.yaml is not there; did you mean "kite"?',
    );
    expect((await giftwrap(world.root, "fix")).code).toBe(2);
  });
});
