import { readFile, writeFile } from "node:fs/promises";
import { type Browser, chromium, type Page } from "playwright-core";
import sharp from "sharp";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { CHROMIUM_ARGUMENTS, findChromium } from "./chromium.ts";
import { releaseText, type ServedRepository, serveRepository } from "./servedRepository.ts";

const executable = findChromium();
const REASON =
  "no Chromium is installed (looked at $CHROMIUM, /usr/lib/chromium/chromium, /usr/bin/chromium)";
const isSkipped = executable === null && !process.env["CI"];
if (isSkipped) console.warn(`the page is not tested: ${REASON}`);

/** Without its backdrop and its labels, all that has a colour on the stage is the gift. */
const BARE_STAGE = "#stage { background: #000 !important } #stage .chip { display: none !important }";

/** More than smoothed lines and letters have. */
const MANY_COLOURS = 1_000;
const MAGENTA = 0xff00ff;

describe.skipIf(isSkipped)("the page of giftwrap serve", () => {
  let repository: ServedRepository;
  let browser: Browser;
  let page: Page;
  let complaints: string[];

  beforeAll(async () => {
    if (executable === null) throw new Error(REASON);
    repository = await serveRepository();
    browser = await chromium.launch({ executablePath: executable, args: CHROMIUM_ARGUMENTS });
  });

  afterAll(async () => {
    await browser?.close();
    await repository?.close();
  });

  afterEach(() => page.context().close());

  /** A new browser profile each time: nothing is in its cache. */
  async function open(
    query: string,
    prepare: (page: Page) => Promise<unknown> = async () => {},
  ): Promise<void> {
    page = await (await browser.newContext({ viewport: { width: 1280, height: 860 } })).newPage();
    complaints = [];
    page.on("console", (message) => {
      // A browser complains of what is not there; a client asks whether there is a newer root.
      const isNextRoot = /\/metadata\/\d+\.root\.json$/.test(message.location().url);
      if (message.type() === "error" && !isNextRoot) complaints.push(message.text());
    });
    page.on("pageerror", (error) => complaints.push(error.message));
    await prepare(page);
    await page.goto(repository.pageUrl + query);
    await page.addStyleTag({ content: BARE_STAGE });
  }

  const state = () => page.locator("html").getAttribute("data-state");
  const playing = () => page.locator("html").getAttribute("data-playing");
  const untilPlaying = (name: string) => expect.poll(playing, { timeout: 20_000 }).toBe(name);
  const textOf = (selector: string) => page.locator(selector).innerText();

  test.each([
    ["rose", "img", "image/webp"],
    ["rocket", "canvas", "application/x-svga"],
    ["crown", "svg", "application/vnd.lottie+json"],
  ])("plays %s from verified bytes, and it moves", async (gift, player, mediaType) => {
    await open("?platform=android&app=8.4.0&tier=low");
    await expect.poll(state).toBe("ready");
    expect(await playing()).toBeNull();

    await page.getByRole("button", { name: gift, exact: true }).click();
    await untilPlaying(`${gift}@1.0.0`);

    expect(await state()).toBe("playing");
    expect(await page.locator(`#stage .shown ${player}`).count()).toBe(1);
    await expectMovingPicture();
    expect(await textOf("#verdict")).toContain(`${gift} 1.0.0 is open to everyone`);
    expect(await textOf("#chain .playing")).toContain(`${gift} 1.0.0`);
    const digest = await repository.digestOf(`${gift}@1.0.0`, "animation");
    const file = page.locator("#files li", { hasText: `${gift} animation` });
    expect(await file.innerText()).toContain(mediaType);
    expect(await file.innerText()).toContain("SHA-256 verified");
    expect(await file.innerText()).toContain(digest);
    expect(complaints).toEqual([]);
  });

  test("plays an animation again and again while Repeat is on", async () => {
    await open("?gift=rose");
    await untilPlaying("rose@1.0.0");
    const first = await page.locator("#stage .shown img").getAttribute("src");
    await expect
      .poll(() => page.locator("#stage .shown img").getAttribute("src"), { timeout: 20_000 })
      .not.toBe(first);
    await expectMovingPicture();
  });

  test("has the sound of a gift ready beside its animation", async () => {
    await open("?gift=crown");
    await untilPlaying("crown@1.0.0");
    const sound = await repository.digestOf("crown@1.0.0", "sound");
    expect(await textOf("#files")).toContain(sound);
  });

  test("takes the viewer from the link and writes a changed one back into it", async () => {
    await open("?gift=rose&platform=web&app=1.2&tier=low&region=SG&unit=42&cohorts=staff,qa&edge=ID");
    await untilPlaying("rose@1.0.0");
    expect(await textOf("#verdict")).toContain("rose 1.0.0 is open to everyone");
    expect(await page.getByLabel("Read from edge").inputValue()).toBe("ID");
    expect(await page.getByLabel("Unit id").inputValue()).toBe("42");
    expect(await page.getByLabel("low", { exact: true }).isChecked()).toBe(true);

    await page.getByLabel("Cohorts").fill("");
    await page.getByLabel("Platform").fill("android");
    await page.getByLabel("App version").fill("8.4.0");
    await page.getByLabel("App version").press("Enter");
    const query = () => Object.fromEntries(new URL(page.url()).searchParams);
    await expect.poll(query).toEqual({
      gift: "rose",
      platform: "android",
      app: "8.4.0",
      tier: "low",
      region: "SG",
      unit: "42",
      edge: "ID",
    });
  });

  test("shows the app's own default to an app that is too old, and says why", async () => {
    await open("?gift=crown&platform=android&app=7.9.0");
    await untilPlaying("default");
    expect(await textOf("#verdict")).toContain("The app shows its own default");
    expect(await textOf("#verdict")).toContain("crown 1.0.0: not for this platform and app version");
    expect(await textOf("#stage")).toContain("the app’s own default");
    expect(await textOf("#files")).toContain("None");
  });

  test("hands no damaged bytes to a player: the next link in the chain plays", async () => {
    const digest = await repository.digestOf("rocket@1.0.0", "animation");
    const restore = await replaceObject(repository.objectPath(digest, "svga"), (bytes) =>
      bytes.map((byte) => byte ^ 0xff),
    );
    try {
      await open("?gift=rocket");
      await untilPlaying("rose@1.0.0");
      expect(await textOf("#chain .failed")).toContain("rocket 1.0.0");
      expect(await textOf("#chain .failed")).toContain("no player got them");
      expect(await textOf("#chain .playing")).toContain("rose 1.0.0");
      expect(await textOf("#verdict")).toContain("could not be played, so the next in the chain plays");
      expect(await page.locator("#stage canvas").count()).toBe(0);
    } finally {
      await restore();
    }
  });

  test("refuses a picture that a player would show gladly, when it is not the one that was signed", async () => {
    const digest = await repository.digestOf("rose@1.0.0", "animation");
    const swapped = await sharp({ create: { width: 64, height: 64, channels: 3, background: "#ff00ff" } })
      .webp({ lossless: true })
      .toBuffer();
    const restore = await replaceObject(repository.objectPath(digest, "webp"), (bytes) => {
      const padded = Buffer.alloc(bytes.length);
      swapped.copy(padded);
      return padded;
    });
    try {
      await open("?gift=rose&tier=low");
      await untilPlaying("rose@1.0.0/still");
      expect(await textOf("#chain .failed")).toContain("no player got them");
      const colours = await coloursOfStage();
      expect(colours.has(MAGENTA)).toBe(false);
      expect(colours.size).toBeGreaterThan(MANY_COLOURS);
    } finally {
      await restore();
    }
  });

  test("goes on to the next link when a player cannot decode what was signed", async () => {
    const refuses =
      "export class Parser { async load() { throw new Error('no') } destroy() {} } export class Player {}";
    await open("", (it) =>
      it.route("**/players/svga.js", (route) =>
        route.fulfill({ contentType: "text/javascript", body: refuses }),
      ),
    );
    await page.getByRole("button", { name: "rocket" }).click();
    await untilPlaying("rose@1.0.0");
    expect(await textOf("#chain .failed")).toContain("the player could not decode it");
    await expectMovingPicture();
  });

  test("shows the failure in words when the edge does not answer", async () => {
    await open("");
    await expect.poll(state).toBe("ready");
    await page.context().setOffline(true);
    await expect.poll(() => textOf("#live"), { timeout: 20_000 }).toContain("The edge did not answer");
    expect(await textOf("#live")).toContain("the last good state stands");
    await page.context().setOffline(false);
    await expect.poll(() => textOf("#log"), { timeout: 20_000 }).toContain("The edge answers again");
  });

  test("fits a phone, with the stage in sight", async () => {
    await open("?gift=crown");
    await page.setViewportSize({ width: 390, height: 844 });
    await page.reload();
    await untilPlaying("crown@1.0.0");
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(390);
    const stage = await page.locator("#stage").boundingBox();
    expect(stage && stage.y + stage.height).toBeLessThan(700);
  });

  test("follows a stop and a release that opens again, without being asked to", async () => {
    await open("?gift=rose&region=ID");
    await untilPlaying("rose@1.0.0");
    expect(await textOf("#live")).toContain("Revision 1");

    await repository.write("releases/rose/1.0.0.yaml", releaseText("rose", { full: false }));
    await repository.publish("Stop the rose");
    await untilPlaying("default");
    // First the stop says so, and soon the catalog that carries it.
    await expect
      .poll(() => textOf("#verdict"), { timeout: 20_000 })
      .toContain("rose 1.0.0: its open stages do not reach this viewer");
    expect(await textOf("#log")).toMatch(/Revision 1 → \d/);

    await repository.write("releases/rose/1.0.0.yaml", releaseText("rose"));
    await repository.publish("Open the rose again");
    await untilPlaying("rose@1.0.0");
    await expectMovingPicture();
  });

  async function expectMovingPicture(): Promise<void> {
    expect((await coloursOfStage()).size).toBeGreaterThan(MANY_COLOURS);
    const first = await page.locator("#stage").screenshot();
    await expect
      .poll(async () => (await page.locator("#stage").screenshot()).equals(first), { timeout: 10_000 })
      .toBe(false);
  }

  async function coloursOfStage(): Promise<ReadonlySet<number>> {
    const pixels = await sharp(await page.locator("#stage").screenshot())
      .removeAlpha()
      .raw()
      .toBuffer();
    const seen = new Set<number>();
    for (let at = 0; at < pixels.length; at += 3) seen.add(pixels.readUIntBE(at, 3));
    return seen;
  }
});

/** Other bytes of the same length under an object's name, as damage on the way would leave them. Gives the way back. */
async function replaceObject(
  path: string,
  change: (bytes: Buffer) => Uint8Array,
): Promise<() => Promise<void>> {
  const bytes = await readFile(path);
  const changed = change(bytes);
  expect(changed.length).toBe(bytes.length);
  await writeFile(path, changed);
  return () => writeFile(path, bytes);
}
