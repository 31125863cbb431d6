import { readFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import { createRequire } from "node:module";
import { type Browser, chromium, type Page } from "playwright-core";
import sharp from "sharp";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { animatedGif, animatedWebp, apng, drawFrames, vapcBox } from "../player/mediaFixtures.ts";
import { CHROMIUM_ARGUMENTS, findChromium } from "./chromium.ts";

const executable = findChromium();
const isSkipped = executable === null && !process.env["CI"];
if (isSkipped) console.warn("the players are not tested: no Chromium is installed");

const PROJECT = new URL("../../", import.meta.url);
const require = createRequire(import.meta.url);
const HTML = `<!doctype html><style>body { margin: 0 } #stage { position: relative; width: 200px; height: 200px; background: #00ff00 }</style><div id="stage"></div><script type="module" src="/trial.js"></script>`;

/** What the page under test keeps for the test to ask. */
declare global {
  interface Window {
    trial: {
      /** Gives "playing", or why not. */
      play(name: string, mediaType: string, options?: object): Promise<string>;
      end(): void;
      reset(): void;
      ended(): Promise<string>;
      /** The canvas that plays, read back: red, green, blue, alpha. */
      pixel(x: number, y: number): number[];
      record(mimeType: string): Promise<string>;
      chain(names: string[], mediaType: string): Promise<string>;
      firstFrames: number;
      frames: number;
      dropped: number;
      openUrls: number;
      openFrames: number;
      mostFrames: number;
    };
  }
}

describe.skipIf(isSkipped)("the players, in a browser", () => {
  const files = new Map<string, Uint8Array>();
  let server: Server;
  let browser: Browser;
  let page: Page;
  let address: string;
  let complaints: string[];

  beforeAll(async () => {
    files.set("webp", await animatedWebp(12, 80, 1));
    files.set("gif", await animatedGif(12, 80, 1));
    files.set("apng", await apng(12, 80, 1));
    const [still = Buffer.alloc(0)] = await drawFrames(1);
    files.set("png", still);
    files.set("avif", await sharp(still).avif({ effort: 0 }).toBuffer());
    files.set("svga", await readFile(new URL("gifts/rocket/source/rocket.svga", PROJECT)));
    files.set("lottie", await readFile(new URL("gifts/crown/source/crown.json", PROJECT)));
    server = createServer(
      (request, response) =>
        void answer(request.url ?? "/").then(
          ([type, body]) => response.writeHead(200, { "content-type": type }).end(body),
          () => response.writeHead(404).end(),
        ),
    );
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const at = server.address();
    if (at === null || typeof at === "string") throw new TypeError("the server has a port");
    address = `http://127.0.0.1:${at.port}/`;
    if (executable === null) throw new Error("no Chromium is installed");
    browser = await chromium.launch({ executablePath: executable, args: CHROMIUM_ARGUMENTS });

    // Videos are made by the browser itself: this project encodes none.
    page = await openPage();
    for (const [name, type] of [
      ["mp4", "video/mp4;codecs=avc1.42E01E"],
      ["webm", "video/webm;codecs=vp9"],
    ] as const) {
      files.set(name, Buffer.from(await page.evaluate((it) => window.trial.record(it), type), "base64"));
    }
  });

  afterAll(async () => {
    await browser?.close();
    server?.closeAllConnections();
    await new Promise((resolve) => server?.close(resolve));
  });

  // One page for all of them: that each leaves nothing behind is half of what is tested.
  beforeEach(async () => {
    complaints = [];
    await page.evaluate(() => window.trial.reset());
  });

  async function answer(url: string): Promise<[string, Uint8Array | string]> {
    if (url === "/") return ["text/html", HTML];
    if (url === "/trial.js")
      return ["text/javascript", await readFile(new URL("playersTrial.mjs", import.meta.url))];
    if (url === "/favicon.ico") return ["image/png", ""];
    if (url === "/players/svga.js")
      return ["text/javascript", await readFile(require.resolve("svga/dist/index.esm.min.js"))];
    if (url === "/players/lottie.js")
      return [
        "text/javascript",
        await readFile(require.resolve("lottie-web/build/player/esm/lottie_light.min.js")),
      ];
    if (/^\/app\/[a-zA-Z/]+\.js$/.test(url))
      return ["text/javascript", await readFile(new URL(`dist/${url.slice(5)}`, PROJECT))];
    const file = files.get(url.slice("/files/".length));
    if (!file) throw new Error("there is no such file");
    return ["application/octet-stream", file];
  }

  async function openPage(): Promise<Page> {
    const opened = await browser.newPage({ viewport: { width: 200, height: 200 } });
    opened.on("pageerror", (error) => complaints.push(error.message));
    await opened.goto(address);
    await opened.waitForFunction(() => window.trial !== undefined);
    return opened;
  }

  const play = (name: string, mediaType: string, options: object = {}) =>
    page.evaluate(([a, b, c]) => window.trial.play(a, b, c), [name, mediaType, options] as const);
  const ended = () => page.evaluate(() => window.trial.ended());
  const count = <K extends "firstFrames" | "frames" | "dropped" | "openUrls" | "openFrames" | "mostFrames">(
    name: K,
  ) => page.evaluate((it) => window.trial[it], name);
  const layers = () => page.locator("#stage > *").count();

  const MOVING = [
    ["webp", "image/webp"],
    ["gif", "image/gif"],
    ["apng", "image/apng"],
    ["apng", "image/png"],
    ["svga", "application/x-svga"],
    ["lottie", "application/vnd.lottie+json"],
    ["mp4", "video/mp4"],
    ["webm", "video/webm"],
  ] as const;

  test.each(MOVING)(
    "play %s as %s: it moves, says its first frame, counts frames, and leaves nothing behind",
    async (name, type) => {
      expect(await play(name, type, { repeat: true })).toBe("playing");
      const first = await page.screenshot();
      await expect.poll(async () => (await page.screenshot()).equals(first), { timeout: 10_000 }).toBe(false);
      await expect.poll(() => count("firstFrames")).toBe(1);
      await expect.poll(() => count("frames"), { timeout: 10_000 }).toBeGreaterThan(3);
      expect(await count("dropped")).toBeLessThanOrEqual(await count("frames"));
      // Transparent places show the green that is behind.
      const [red = 0, green = 0] = await colourAt(195, 20);
      expect([red < 25, green > 230]).toEqual([true, true]);

      await page.evaluate(() => window.trial.end());
      expect(await ended()).toBe("over");
      expect(await layers()).toBe(0);
      expect(await count("openUrls")).toBe(0);
      await expect.poll(() => count("openFrames")).toBe(0);
      expect(complaints).toEqual([]);
    },
  );

  test.each(MOVING)("say when %s as %s is over", async (name, type) => {
    expect(await play(name, type)).toBe("playing");
    expect(await ended()).toBe("over");
    expect(await layers()).toBe(0);
    expect(await count("openUrls")).toBe(0);
    expect(complaints).toEqual([]);
  });

  test("decode a few frames ahead, and never hold all of them", async () => {
    await play("webp", "image/webp");
    expect(await ended()).toBe("over");
    expect(await count("frames")).toBeGreaterThanOrEqual(12);
    expect(await count("mostFrames")).toBeLessThanOrEqual(5);
    expect(await count("openFrames")).toBe(0);
  });

  test.each([
    ["png", "image/png"],
    ["avif", "image/avif"],
  ])("show %s as %s for its time", async (name, type) => {
    expect(await play(name, type, { stillSeconds: 0.2 })).toBe("playing");
    expect(await page.locator("#stage img").count()).toBe(1);
    expect(await ended()).toBe("over");
    expect(await count("openUrls")).toBe(0);
  });

  test("show an animation by the browser itself where it has no decoder for frames", async () => {
    await page.evaluate(() => Reflect.deleteProperty(window, "ImageDecoder"));
    expect(await play("webp", "image/webp", { repeat: true })).toBe("playing");
    expect(await page.locator("#stage img").count()).toBe(1);
    const first = await page.screenshot();
    await expect.poll(async () => (await page.screenshot()).equals(first), { timeout: 10_000 }).toBe(false);
    page = await openPage();
  });

  // What a WebM says of its own length is mostly that it does not know.
  test.each(MOVING.filter(([name]) => name !== "webm"))(
    "refuse half of %s as %s, or bytes of another type, and leave nothing behind",
    async (name, type) => {
      const whole = files.get(name) ?? new Uint8Array();
      files.set("half", whole.subarray(0, Math.floor(whole.length / 2)));
      expect(await play("half", type)).toMatch(/^refused: ./);
      files.set("other", Buffer.from("<!doctype html><script>alert(1)</script>"));
      expect(await play("other", type)).toMatch(/^refused: ./);
      expect(await layers()).toBe(0);
      expect(await count("openUrls")).toBe(0);
    },
  );

  test("refuse a picture that would need a gigabyte, before it is decoded", async () => {
    const giant = Buffer.from(files.get("webp") ?? []);
    giant.writeUIntLE(16_000, 24, 3);
    giant.writeUIntLE(16_000, 27, 3);
    files.set("giant", giant);
    expect(await play("giant", "image/webp")).toBe(
      "refused: it is 16001 x 16001 pixels, and a player takes at most 12000000 in all",
    );
  });

  test("take an animation off the screen when one of its later frames is damaged", async () => {
    const damaged = Buffer.from(files.get("webp") ?? []);
    const starts = [...damaged.toString("latin1").matchAll(/ANMF/g)].map((it) => it.index);
    damaged.fill(0xff, (starts[8] ?? 0) + 32, starts[9]);
    files.set("damaged", damaged);
    const result = await play("damaged", "image/webp");
    if (result === "playing") expect(await ended()).toMatch(/^failed: ./);
    expect(await layers()).toBe(0);
    await expect.poll(() => count("openFrames")).toBe(0);
  });

  test("fall to the next link of the chain when what was signed is cut off", async () => {
    const whole = files.get("webp") ?? new Uint8Array();
    files.set("half", whole.subarray(0, Math.floor(whole.length / 2)));
    const said = await page.evaluate(() => window.trial.chain(["half", "webp"], "image/webp"));
    expect(said).toBe("webp plays; half failed: the WebP is cut off");
  });

  test("have no SVGA and no Lottie where the app brings no player for them", async () => {
    for (const [name, type] of [
      ["svga", "application/x-svga"],
      ["lottie", "application/vnd.lottie+json"],
    ] as const)
      expect(await play(name, type, { modules: {} })).toMatch(/^refused: this app has no/);
    expect(await play("webp", "image/heic")).toBe("refused: there is no player for image/heic");
  });

  test("compose a video's colour with the transparency beside it", async () => {
    await play("mp4", "video/mp4", { repeat: true });
    await expectRedThenHalfThenNothing();

    // The same halves the other way round: what carried transparency is taken for colour.
    await page.evaluate(() => window.trial.end());
    await play("mp4", "video/mp4", { repeat: true, alpha: { side: "left" } });
    const [red = 0, green = 0, blue = 0] = await pixel(10, 60);
    expect(Math.max(red, green, blue) - Math.min(red, green, blue)).toBeLessThan(40);
  });

  test("take the place of colour and transparency from a VAP file's own box", async () => {
    const info = { v: 2, videoW: 256, videoH: 128, rgbFrame: [0, 0, 128, 128], aFrame: [128, 0, 128, 128] };
    files.set("vap", Buffer.concat([files.get("mp4") ?? Buffer.alloc(0), vapcBox(info)]));
    await play("vap", "video/mp4", { repeat: true, alpha: { side: "top" } });
    await expectRedThenHalfThenNothing();

    files.set(
      "wrong",
      Buffer.concat([files.get("mp4") ?? Buffer.alloc(0), vapcBox({ ...info, videoW: 100 })]),
    );
    expect(await play("wrong", "video/mp4")).toBe("refused: its vapc box names a rectangle beyond the video");
  });

  test("say in words that a browser has no WebGL", async () => {
    await page.evaluate(() => {
      HTMLCanvasElement.prototype.getContext = () => null;
    });
    expect(await play("mp4", "video/mp4")).toBe("refused: the browser has no WebGL");
    expect(await count("openUrls")).toBe(0);
    page = await openPage();
  });

  test("go on when the graphics were taken away and came back", async () => {
    await play("mp4", "video/mp4", { repeat: true });
    await page.evaluate(async () => {
      const canvas = document.querySelector("canvas");
      const context = canvas?.getContext("webgl")?.getExtension("WEBGL_lose_context");
      const back = new Promise((resolve) => canvas?.addEventListener("webglcontextrestored", resolve));
      await new Promise((resolve) => {
        // They may be given back once everybody has heard that they are gone.
        canvas?.addEventListener("webglcontextlost", () => setTimeout(resolve));
        context?.loseContext();
      });
      context?.restoreContext();
      await back;
    });
    await expectRedThenHalfThenNothing();
  });

  const pixel = (x: number, y: number) =>
    page.evaluate(([a, b]) => window.trial.pixel(a, b), [x, y] as const);

  /** In the picture of 128 x 128 a third each, from left to right, with a bar that moves over the lower half. */
  async function expectRedThenHalfThenNothing(): Promise<void> {
    const [red = 0, green = 0, , opaque = 0] = await pixel(20, 30);
    expect([red > 200, green < 60, opaque > 235]).toEqual([true, true, true]);
    const [halfRed = 0, halfGreen = 0, , half = 0] = await pixel(64, 30);
    expect([halfRed > 190, halfGreen < 60, Math.abs(half - 128) < 25]).toEqual([true, true, true]);
    const [, , , none = 255] = await pixel(110, 30);
    expect(none).toBeLessThan(20);
  }

  async function colourAt(x: number, y: number): Promise<number[]> {
    const { data, info } = await sharp(await page.screenshot())
      .removeAlpha()
      .raw()
      .toBuffer({ resolveWithObject: true });
    return [...data.subarray((y * info.width + x) * 3, (y * info.width + x) * 3 + 3)];
  }
});
