import { mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import sharp from "sharp";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { command } from "../../src/commands/preview.ts";
import { build } from "../../src/commands/build/buildReleases.ts";
import { UsageError } from "../../src/report/error.ts";
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

async function pageOf(release: string): Promise<string> {
  await preview([release]);
  return page();
}

async function pixels(name: string): Promise<Buffer> {
  await preview(["spin@1.0.0"]);
  return readFile(join(folder(), name));
}

describe("giftwrap preview", () => {
  test("writes a page and its pictures, and says where they are", async () => {
    expect(await preview(["spin@1.0.0"])).toBe(0);
    expect(lines).toEqual(["spin@1.0.0: drawn; open .giftwrap/preview/spin@1.0.0/index.html"]);
    expect((await readdir(folder())).sort()).toEqual([
      "giftwrap-preview.json",
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

  test("of files that were changed since the build shows these, and says that nobody knows what a device gets of them", async () => {
    await build(quietIo(world.root), { words: ["spin@1.0.0"], check: false, relock: false });
    const before = await pixels("sheet.webp");
    await drawSpin(40);
    const html = await pageOf("spin@1.0.0");
    expect(html).toContain("Its files were changed since it was built");
    expect(html).toContain("Run giftwrap build spin@1.0.0 --relock");
    expect(html).not.toContain("What each device gets");
    expect(await readFile(join(folder(), "sheet.webp"))).not.toEqual(before);
  });

  describe("of a merged release whose gift has other files now", () => {
    beforeEach(async () => {
      await build(quietIo(world.root), { words: ["spin@1.0.0"], check: false, relock: false });
      await world.commit("spin 1.0.0");
    });

    test("shows it as it was built, and says so", async () => {
      const before = await pixels("sheet.webp");
      await drawSpin(40);
      const html = await pageOf("spin@1.0.0");
      expect(await readFile(join(folder(), "sheet.webp"))).toEqual(before);
      expect(html).toContain("1.0.0 was made from other files than gifts/spin/ holds now");
      expect(html).toContain("What each device gets");
      expect(html).toContain("As it was built.");
      expect(html).not.toContain("What you delivered");
    });

    test("does not need these files, which may be broken", async () => {
      await writeFile(join(world.root, "gifts/spin/source/spin.svga"), "no animation");
      expect(await preview(["spin@1.0.0"])).toBe(0);
    });

    test("draws nothing where what was built is not here, and says how to bring it back", async () => {
      await drawSpin(40);
      await rm(join(world.root, ".giftwrap/cache"), { recursive: true });
      expect(await preview(["spin@1.0.0"])).toBe(1);
      expect(lines).toEqual([
        "spin@1.0.0: not drawn: 1.0.0 was made from other files than gifts/spin/ holds now, and what was built of them is not on this machine; fix: run giftwrap build spin@1.0.0, which brings it back, then this again",
      ]);
    });
  });

  test("of a branch whose lock is committed there shows the files as they are now: the pull request builds them anew", async () => {
    await world.git("update-ref", "refs/remotes/origin/main", await world.commit("no release yet"));
    await build(quietIo(world.root), { words: ["spin@1.0.0"], check: false, relock: false });
    await world.commit("the lock");
    const before = await pixels("sheet.webp");
    await drawSpin(40);
    const html = await pageOf("spin@1.0.0");
    expect(html).toContain("Its files were changed since it was built");
    expect(html).not.toContain("--relock");
    expect(html).toContain("What you delivered");
    expect(await readFile(join(folder(), "sheet.webp"))).not.toEqual(before);
  });

  describe("beside the newest release that everyone has", () => {
    beforeEach(async () => {
      await build(quietIo(world.root), { words: ["spin@1.0.0"], check: false, relock: false });
      await world.write({
        "releases/spin/1.0.0.yaml": releaseText({
          gift: "spin",
          version: "1.0.0",
          regional: true,
          full: true,
        }),
        "releases/spin/1.1.0.yaml": releaseText({ gift: "spin", version: "1.1.0" }),
      });
      await drawSpin(40);
    });

    test("compares, as soon as its files are here", async () => {
      expect(await preview(["spin@1.1.0"], { out: "seen" })).toBe(0);
      expect(await readdir(join(world.root, "seen"))).toContain("before-after.webp");
      const html = await readFile(join(world.root, "seen/index.html"), "utf8");
      expect(html).toContain("Above is 1.0.0, which everyone has now");
      expect(html).toContain("each as large as fits");
    });

    test("shows the files as they are now, not as they were built before they were changed", async () => {
      await preview(["spin@1.1.0"], { out: "unbuilt" });
      await build(quietIo(world.root), { words: ["spin@1.1.0"], check: false, relock: false });
      await drawSpin(10);
      await preview(["spin@1.1.0"], { out: "changed" });
      await drawSpin(40);
      await preview(["spin@1.1.0"], { out: "again" });
      const [unbuilt, changed, again] = await Promise.all(
        ["unbuilt", "changed", "again"].map((it) => readFile(join(world.root, it, "before-after.webp"))),
      );
      expect(changed).not.toEqual(unbuilt);
      expect(again).toEqual(unbuilt);
    });
  });

  describe("told where to write", () => {
    test.each(["gifts/spin/source", "gifts/spin/seen", "releases/spin", "gifts"])(
      "refuses %s, where releases are made from",
      async (out) => {
        await expect(preview(["spin@1.0.0"], { out })).rejects.toThrow("where releases are made from");
      },
    );

    test("refuses a file", async () => {
      await expect(preview(["spin@1.0.0"], { out: ".gitignore" })).rejects.toThrow(UsageError);
    });

    test("refuses a folder with anything that it did not write, and leaves it as it is", async () => {
      await world.write({ "mine/still.png": "drawn by hand" });
      await expect(preview(["spin@1.0.0"], { out: "mine" })).rejects.toThrow(
        "mine holds still.png, which this command did not write",
      );
      expect(await readdir(join(world.root, "mine"))).toEqual(["still.png"]);
      await preview(["spin@1.0.0"], { out: "seen" });
      await world.write({ "seen/notes.txt": "larger?" });
      await expect(preview(["spin@1.0.0"], { out: "seen" })).rejects.toThrow("seen holds notes.txt");
    });

    test("replaces a preview whole, so that no older picture stays", async () => {
      await preview(["spin@1.0.0"], { out: "seen" });
      await world.write({ "gifts/spin/gift.yaml": `${GIFT}still: source/gone.png\n` });
      expect(await preview(["spin@1.0.0"], { out: "seen" })).toBe(0);
      expect((await readdir(join(world.root, "seen"))).sort()).toEqual([
        "giftwrap-preview.json",
        "index.html",
      ]);
    });
  });

  test("says in words what is wrong with the file, and what to do", async () => {
    await writeFile(join(world.root, "gifts/spin/source/spin.svga"), "no animation");
    expect(await preview(["spin@1.0.0"])).toBe(1);
    expect(lines[0]).toMatch(/^spin@1\.0\.0: not drawn: .+; fix: ./);
  });

  test("of a gift alone takes its newest version, and says so", async () => {
    await world.write({ "releases/spin/1.10.0.yaml": releaseText({ gift: "spin", version: "1.10.0" }) });
    await world.write({ "releases/spin/1.9.0.yaml": releaseText({ gift: "spin", version: "1.9.0" }) });
    expect(await preview(["gifts/spin/"])).toBe(0);
    expect(lines).toEqual([
      "gifts/spin/: this is 1.10.0, the newest of 3 versions",
      "spin@1.10.0: drawn; open .giftwrap/preview/spin@1.10.0/index.html",
    ]);
  });

  test("asks for one release that there is, and says how many frames can be shown", async () => {
    await expect(preview(["spin@9.0.0"])).rejects.toThrow("the versions of spin are 1.0.0");
    await expect(preview([])).rejects.toThrow("name one release");
    await expect(preview(["spin@1.0.0"], { frames: "99" })).rejects.toThrow("write a number from 1 to 12");
  });
});
