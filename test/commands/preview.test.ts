import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import sharp from "sharp";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { command } from "../../src/commands/preview.ts";
import { build } from "../../src/commands/build/buildReleases.ts";
import { drawnSvga } from "../bundle/drawnSvga.ts";
import { createWorld, quietIo, releaseText, type World } from "../support/world.ts";

const WHITE = { r: 1, g: 1, b: 1, a: 1 };
const GIFT = [
  "id: spin",
  'name: "Spin <script>alert(1)</script>"',
  'owner: "@acme/art"',
  "animation: source/spin.svga",
  "",
].join("\n");

let world: World;
let lines: string[];

beforeEach(async () => {
  lines = [];
  world = await createWorld();
  await world.write({
    "gifts/spin/gift.yaml": GIFT,
    "releases/spin/1.0.0.yaml": releaseText({ gift: "spin", version: "1.0.0" }),
  });
  await drawSpin(20);
});

afterEach(() => world.remove());

/** Four frames, of which the first is empty. */
async function drawSpin(side: number): Promise<void> {
  const shapes = [{ type: 1, rect: { x: 0, y: 0, width: side, height: side }, styles: { fill: WHITE } }];
  const frames = [{}, { alpha: 1, shapes }, { alpha: 1, shapes }, { alpha: 1, shapes }];
  await mkdir(join(world.root, "gifts/spin/source"), { recursive: true });
  await writeFile(join(world.root, "gifts/spin/source/spin.svga"), drawnSvga([{ imageKey: "", frames }]));
}

const preview = (words: readonly string[], options: Readonly<Record<string, string>> = {}) =>
  command.run(
    {
      words,
      text: (name) => options[name],
      texts: (name) => [options[name] ?? []].flat(),
      flag: () => false,
    },
    { ...quietIo(world.root), line: (text) => lines.push(text) },
  );

const folder = () => join(world.root, ".giftwrap/preview/spin@1.0.0");
const page = () => readFile(join(folder(), "index.html"), "utf8");

describe("giftwrap preview", () => {
  test("writes a page and its pictures, and says where they are", async () => {
    expect(await preview(["spin@1.0.0"])).toBe(0);
    expect(lines).toEqual(["spin@1.0.0: drawn; open .giftwrap/preview/spin@1.0.0/index.html"]);
    expect((await readdir(folder())).sort()).toEqual([
      "index.html",
      "motion.webp",
      "sheet.webp",
      "still.png",
    ]);
    // The fullest frame, not the first, which is empty.
    const { channels } = await sharp(join(folder(), "still.png")).stats();
    expect(channels.at(-1)?.max).toBe(255);
  });

  test("writes a page that needs nothing beside it, runs nothing and believes no name", async () => {
    await preview(["spin@1.0.0"]);
    const html = await page();
    expect(html.replaceAll(/data:[^"]+/g, "")).not.toMatch(/https?:|src="[^"]|url\((?!")|<script/i);
    expect(html).toContain("default-src 'none'");
    expect(html).toContain("Spin &lt;script&gt;alert(1)&lt;/script&gt;");
    expect(html).toContain("4 frames at 10 a second: 0.40 s");
    expect(html).toContain("This release is not built yet");
    expect(html).not.toContain("Before and after");
  });

  test("shows what each device gets of a built release, beside its budgets", async () => {
    await build(quietIo(world.root), { words: ["spin@1.0.0"], check: false, relock: false });
    await preview(["spin@1.0.0"]);
    const html = await page();
    expect(html).toContain("What each device gets");
    expect(html).not.toContain("not built yet");
  });

  test("compares with the newest release that everyone has, as soon as its files are here", async () => {
    await build(quietIo(world.root), { words: ["spin@1.0.0"], check: false, relock: false });
    await world.write({
      "releases/spin/1.0.0.yaml": releaseText({ gift: "spin", version: "1.0.0", regional: true, full: true }),
      "releases/spin/1.1.0.yaml": releaseText({ gift: "spin", version: "1.1.0" }),
    });
    await drawSpin(40);
    expect(await preview(["spin@1.1.0"], { out: "seen" })).toBe(0);
    expect(await readdir(join(world.root, "seen"))).toContain("before-after.webp");
    expect(await readFile(join(world.root, "seen/index.html"), "utf8")).toContain(
      "Above is 1.0.0, which everyone has now",
    );
  });

  test("says in words what is wrong with the file, and what to do", async () => {
    await writeFile(join(world.root, "gifts/spin/source/spin.svga"), "no animation");
    expect(await preview(["spin@1.0.0"])).toBe(1);
    expect(lines[0]).toMatch(/^spin@1\.0\.0: not drawn: .+; fix: ./);
  });

  test("asks which version, and how many frames can be shown", async () => {
    await expect(preview(["spin"])).rejects.toThrow("spin: say which version: there are 1.0.0");
    await expect(preview(["spin@9.0.0"])).rejects.toThrow("there is no releases/spin/9.0.0.yaml");
    await expect(preview([])).rejects.toThrow("name one release");
    await expect(preview(["spin@1.0.0"], { frames: "99" })).rejects.toThrow("write a number from 1 to 12");
  });
});
