import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import type { Browser, Route } from "playwright-core";
import { MediaError } from "../../formats/media.ts";
import { type DrawingTask, openDrawing } from "./drawingPage.ts";
import type { Artwork, DrawingBrowser, Frames, Raster, Size } from "./frames.ts";
import { readVideoAlpha } from "./videoAlpha.ts";

/** How to start it: what plays in it is hostile until proven otherwise, so its sandbox and what it may know are the caller's to say. */
export interface BrowserStart {
  readonly executablePath: string;
  readonly arguments: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
}

/** For opening a file, and again for each frame. */
const PATIENCE_MILLISECONDS = 20_000;
/** The graphics that PAG needs, computed: no machine's own, so that every machine draws the same. */
const GRAPHICS = ["--use-angle=swiftshader", "--enable-unsafe-swiftshader"];
/** An address that is nowhere, and that the browser takes for a safe one: every request to it is answered from here. */
const ORIGIN = "https://drawing.invalid";
const HTML = "<!doctype html><title>drawing</title>";
const PAG_SCRIPT = `<script type="module">import { PAGInit } from "/libpag/libpag.esm.js"; globalThis.PAGInit = PAGInit;</script>`;

/** The browser refused, crashed or took too long: the file may still be right, and be played elsewhere. */
export class CannotDraw extends MediaError {
  override name = "CannotDraw";
}

/**
 * Starts a browser that draws videos, PAG and AVIF sequences. It asks nobody outside of this process for anything.
 * @throws Error when it does not start, or when `playwright-core` is not installed
 */
export async function openDrawingBrowser(start: BrowserStart): Promise<DrawingBrowser> {
  const { chromium } = await import("playwright-core");
  const args = [...start.arguments, ...GRAPHICS];
  const launch = () =>
    chromium.launch({
      executablePath: start.executablePath,
      args,
      env: { ...start.environment },
      chromiumSandbox: !args.includes("--no-sandbox"),
      timeout: PATIENCE_MILLISECONDS,
    });
  let browser = await launch();
  const version = `chromium ${browser.version()}`;
  let launching: Promise<Browser> | null = null;
  /** The one that runs; another where that has died, such as of a file that it could not bear. */
  const running = async (): Promise<Browser> => {
    if (browser.isConnected()) return browser;
    launching ??= launch().finally(() => {
      launching = null;
    });
    browser = await launching;
    return browser;
  };
  return {
    version,
    open: (artwork, size) => openIn(running, artwork, size),
    close: () => browser.close(),
  };
}

async function openIn(
  running: () => Promise<Browser>,
  artwork: Artwork & { readonly kind: "file" },
  size: Size,
): Promise<Frames> {
  const task = toTask(artwork, size);
  const { media } = artwork;
  const noun = media.format === "mp4" ? "video" : media.format.toUpperCase();
  let tail: Promise<unknown> = Promise.resolve();
  const making = running().then((it) => it.newContext());
  // It may be made after nobody waits any more; one that died with its browser is closed.
  const close = () => making.then((it) => it.close()).catch(() => {});
  let crash: (error: Error) => void = () => {};
  const crashed = new Promise<never>((_, reject) => {
    crash = reject;
  });
  // It may crash while nobody waits.
  crashed.catch(() => {});
  try {
    const page = await inTime(crashed, noun, async () => {
      const context = await making;
      const page = await context.newPage();
      page.on("crash", () => crash(new Error("the page crashed")));
      await context.route("**/*", (route) => answer(route, artwork));
      await page.goto(`${ORIGIN}/`);
      // Helpers that a compiler may put into functions are not in the page.
      await page.evaluate(
        `globalThis.__name ??= (it) => it; (${openDrawing.toString()})(${JSON.stringify(task)})`,
      );
      return page;
    });
    const draw = async (at: number): Promise<Raster> => {
      if (at < 0 || at >= task.count) throw new RangeError(`there is no frame ${at}`);
      const text = await inTime(crashed, noun, () => page.evaluate<unknown>(`globalThis.drawFrame(${at})`));
      const pixels =
        typeof text === "string" ? new Uint8Array(Buffer.from(text, "base64")) : new Uint8Array();
      if (pixels.length !== size.width * size.height * 4)
        throw new TypeError("the browser gave no whole frame");
      return { ...size, pixels };
    };
    return {
      ...size,
      count: task.count,
      fps: task.fps,
      draw(at) {
        // One at a time: a video is in one place.
        const drawn = tail.then(() => draw(at));
        tail = drawn.catch(() => {});
        return drawn;
      },
      close,
    };
  } catch (error) {
    // Not waited for: a browser that does not answer would not answer this either.
    void close();
    throw error;
  }
}

function toTask(artwork: Artwork & { readonly kind: "file" }, size: Size): DrawingTask {
  const { media } = artwork;
  const kind = media.format === "pag" ? "pag" : media.format === "avif" ? "pictures" : "video";
  return {
    kind,
    mediaType: media.mediaType,
    size: { width: size.width, height: size.height },
    count: media.frames,
    fps: media.fps,
    layout: kind === "video" ? readVideoAlpha(artwork) : null,
  };
}

async function answer(route: Route, { bytes, media }: Artwork & { readonly kind: "file" }): Promise<void> {
  const url = new URL(route.request().url());
  if (url.origin !== ORIGIN) return route.abort();
  if (url.pathname === "/")
    return route.fulfill({
      contentType: "text/html",
      body: media.format === "pag" ? HTML + PAG_SCRIPT : HTML,
    });
  if (url.pathname === "/file") return route.fulfill({ body: Buffer.from(bytes) });
  const library = /^\/libpag\/(libpag\.(?:esm\.js|wasm))$/.exec(url.pathname)?.[1];
  const file = library ? await readLibrary(library) : null;
  if (!library || !file) return route.fulfill({ status: 404, body: "" });
  const contentType = library.endsWith(".js") ? "text/javascript" : "application/wasm";
  return route.fulfill({ contentType, body: file });
}

/** Null where the package is not installed. */
async function readLibrary(name: string): Promise<Buffer | null> {
  try {
    const folder = dirname(createRequire(import.meta.url).resolve("libpag/package.json"));
    return await readFile(join(folder, "lib", name));
  } catch {
    return null;
  }
}

/** @throws CannotDraw when the page refuses, crashes or takes too long */
async function inTime<T>(crashed: Promise<never>, noun: string, work: () => Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error("it takes too long")), PATIENCE_MILLISECONDS);
  });
  try {
    return await Promise.race([work(), late, crashed]);
  } catch (cause) {
    const why = cause instanceof Error ? (cause.message.split("\n")[0] ?? "") : String(cause);
    throw new CannotDraw(
      `the ${noun} cannot be drawn by the browser here: ${why.replace(/^(?:page\.\w+: )?(?:\w*Error: )?/, "")}`,
      `put a still (a PNG) beside it and name it in gift.yaml${noun === "PAG" || noun === "AVIF" ? "" : ", or export the video as H.264"}`,
      { cause },
    );
  } finally {
    clearTimeout(timer);
  }
}
