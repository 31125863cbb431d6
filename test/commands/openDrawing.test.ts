import { chmod, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Artwork } from "../../src/bundle/render/frames.ts";
import { openDrawing } from "../../src/commands/build/openDrawing.ts";
import { openDrawingBrowserHere } from "../../src/commands/drawingBrowser.ts";
import { pictureOf } from "../../src/formats/media.ts";

let folder: string;
/** Ends at once, as a Chromium does that lacks a library. */
let broken: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "drawing-"));
  broken = join(folder, "chromium");
  await writeFile(broken, "#!/bin/sh\nexit 127\n");
  await chmod(broken, 0o755);
});

afterAll(() => rm(folder, { recursive: true }));

describe("where no browser draws", () => {
  test("it is said why, and what to do", async () => {
    expect(await openDrawingBrowserHere({ CHROMIUM: join(folder, "nowhere") })).toEqual({
      browser: null,
      why: "there is no Chromium",
      fix: "install Chromium and run this again, or name its program in the variable CHROMIUM",
    });
    expect(await openDrawingBrowserHere({ CHROMIUM: broken })).toMatchObject({
      browser: null,
      why: "Chromium does not start: it ended at once with exit code 127",
      fix: expect.stringContaining(broken),
    });
    await writeFile(broken, "#!/bin/sh\necho 'cannot open libnss3.so' >&2\nexit 127\n");
    expect(await openDrawingBrowserHere({ CHROMIUM: broken })).toMatchObject({
      why: "Chromium does not start: cannot open libnss3.so",
    });
  });

  test("a build goes on without, and says so once", async () => {
    const told: string[] = [];
    const drawing = openDrawing({ CHROMIUM: broken }, (text) => told.push(text));
    const media = {
      ...pictureOf("mp4", "video/mp4", ["mp4"], { width: 64, height: 64 }),
      kind: "animation",
      drawnBy: "browser",
    } as const;
    const artwork: Artwork = { kind: "file", bytes: new Uint8Array(), media, declared: { alpha: "right" } };
    expect(await drawing.drawFullest(artwork, 64)).toBeNull();
    expect(await drawing.openFrames(artwork, 64)).toBeNull();
    expect(await drawing.programs(artwork)).toEqual({});
    expect(await drawing.makePreviews(artwork)).toEqual([]);
    await drawing.close();
    expect(told).toEqual([
      expect.stringMatching(/^videos, PAG and AVIF cannot be drawn here: Chromium does not start: /),
    ]);
  });
});
