import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import * as inspect from "../../src/commands/inspect.ts";
import type { Finding } from "../../src/report/finding.ts";
import { buildDotLottie } from "../formats/buildDotLottie.ts";
import { buildGif } from "../formats/buildGif.ts";
import { buildLottie } from "../formats/buildLottie.ts";
import { buildPag, pagLayer } from "../formats/buildPag.ts";
import { buildPng } from "../formats/buildPng.ts";
import { mp3Frames } from "../formats/buildSounds.ts";
import { buildSvga } from "../formats/buildSvga.ts";
import { buildSvgaArchive } from "../formats/buildSvgaArchive.ts";
import { buildWav } from "../formats/buildWav.ts";
import { runCommand } from "../support/runCommand.ts";

const mp3 = mp3Frames(60);
const frame = { width: 16, height: 8 };
const sprite = (imageKey: string) => ({ imageKey, frames: 40 });

const FILES: Readonly<Record<string, Uint8Array>> = {
  "1-castle.svga": buildSvga({
    fps: 25,
    images: {
      tower: buildPng(300, 200),
      avatar: buildPng(80, 80),
      ...Object.fromEntries([1, 2, 3, 4].map((it) => [`star_${it}`, buildPng(10, it)])),
      bell: mp3,
      tune: mp3,
    },
    sprites: ["tower", "avatar", "star_1", "star_2", "star_3"].map(sprite),
    sounds: [{ audioKey: "tune", endFrame: 40, totalTime: 1_600 }],
  }),
  "2-old.svga": buildSvgaArchive({ "__MACOSX/._movie.spec": Buffer.alloc(212) }),
  "3-rose.lottie": buildDotLottie(),
  "4-heart.lottie": buildLottie(),
  "5-wave.pag": buildPag({ layers: [pagLayer(3)] }),
  "6-spin.gif": buildGif(16, 8, [frame, frame]),
  "7-still.png": buildPng(64, 32),
  "8-bell.wav": buildWav(),
  "9-other.riv": Buffer.from("RIVE\x07\x00"),
};

let root = "";

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "giftwrap-inspect-"));
  await mkdir(join(root, "source/deeper"), { recursive: true });
  await mkdir(join(root, "empty"));
  await mkdir(join(root, "gifts/rose/source/frames"), { recursive: true });
  await writeFile(join(root, "gifts/rose/gift.yaml"), "id: rose\n");
  await writeFile(join(root, "gifts/rose/source/still.png"), buildPng(64, 32));
  await writeFile(join(root, "gifts/rose/source/.DS_Store"), "of a Mac");
  await writeFile(join(root, "gifts/rose/source/frames/1.png"), buildPng(64, 32));
  for (const [name, bytes] of Object.entries(FILES)) await writeFile(join(root, "source", name), bytes);
  await writeFile(join(root, "nothing.svga"), "");
});

afterAll(() => rm(root, { recursive: true }));

describe("giftwrap inspect", () => {
  test("says of every file in a folder what it is, what it costs and what is wrong with it", async () => {
    const { exit, text } = await runCommand(inspect, root, ["source"]);
    await expect(`${text}\n`).toMatchFileSnapshot("golden/inspect.txt");
    expect(exit).toBe(1);
  });

  test("says all that it knows to programs", async () => {
    const { exit, text } = await runCommand(inspect, root, [
      "source/7-still.png",
      "source/9-other.riv",
      "--json",
    ]);
    expect(exit).toBe(1);
    expect(JSON.parse(text)).toMatchObject([
      { path: "source/7-still.png", media: { format: "png", width: 64 }, findings: [] },
      {
        path: "source/9-other.riv",
        problem: { message: "this is a Rive animation, which is not supported" },
        findings: [{ code: "SOURCE_UNREADABLE", place: { file: "source/9-other.riv", line: 1, column: 1 } }],
      },
    ]);
  });

  test("ends well when nothing is wrong, and then says no sum of one file", async () => {
    const { exit, text } = await runCommand(inspect, root, ["source/7-still.png"]);
    expect(exit).toBe(0);
    expect(text).toMatch(/^source\/7-still\.png\n {2}is +a picture: PNG \(image\/png\)\n/);
    expect(text).not.toMatch(/problem/);
  });

  test("looks at the art of a gift whose folder is named, and not at its gift.yaml", async () => {
    const { exit, text } = await runCommand(inspect, root, ["gifts/rose/", "--json"]);
    expect(exit).toBe(0);
    expect(JSON.parse(text)).toMatchObject([
      { path: "gifts/rose/source/frames/1.png", media: { format: "png" } },
      { path: "gifts/rose/source/still.png", media: { format: "png" } },
    ]);
  });

  test("shows what is wrong beside the file, where there is a place for that", async () => {
    const annotated: Finding[] = [];
    await runCommand(inspect, root, ["nothing.svga"], {
      annotate: (findings) => annotated.push(...findings),
    });
    expect(annotated.map(({ code, message }) => [code, message])).toEqual([
      ["SOURCE_EMPTY", "the file is empty"],
    ]);
  });

  test.each([
    [[], "name the files to look at, or a folder of them"],
    [["gone.svga"], "gone.svga: there is no such file"],
    [["empty"], "empty: there are no files in this folder"],
    [["source", "--alpha", "up"], "--alpha up: write left, right, top, bottom, none"],
  ])("called as %j says what to write", async (words, message) => {
    await expect(runCommand(inspect, root, words)).rejects.toThrow(message);
  });
});
