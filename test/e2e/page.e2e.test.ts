import { readFile, writeFile } from "node:fs/promises";
import { type Browser, chromium, type ConsoleMessage, type Page } from "playwright-core";
import sharp from "sharp";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { CHROMIUM_ARGUMENTS, findChromium } from "./chromium.ts";
import { releaseText, type ServedRepository, serveRepository } from "./servedRepository.ts";

const executable = findChromium();
const REASON =
  "no Chromium is installed (looked at $CHROMIUM, /usr/lib/chromium/chromium, /usr/bin/chromium)";
const isSkipped = executable === null && !process.env["CI"];
if (isSkipped) console.warn(`the page is not tested: ${REASON}`);

/** Without its backdrop and its labels, all that has a colour on the screen is the gift. */
const BARE_STAGE =
  ".stage { background: #000 !important } .chip, .over, .count { display: none !important } * { animation: none !important }";

const SOON = { timeout: 30_000 };

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
      if (message.type() === "error" && !isAboutNextRoot(message)) complaints.push(message.text());
    });
    page.on("pageerror", (error) => complaints.push(error.message));
    await prepare(page);
    await page.goto(repository.pageUrl + query);
    await page.addStyleTag({ content: BARE_STAGE });
  }

  const phone = (number = 1) => page.locator(`.phone[data-phone="Viewer ${number}"]`);
  const state = (number = 1) => phone(number).getAttribute("data-state");
  const playing = (number = 1) => phone(number).getAttribute("data-playing");
  const untilPlaying = (name: string, number = 1) => expect.poll(() => playing(number), SOON).toBe(name);
  const textOf = (selector: string) => page.locator(selector).innerText();
  const textOn = (number: number, selector: string) => phone(number).locator(selector).innerText();
  const sendAtOnce = (...gifts: string[]) =>
    page.evaluate((values) => {
      for (const value of values)
        document.querySelector<HTMLButtonElement>(`#gifts button[value="${value}"]`)?.click();
    }, gifts);
  const send = (gift: string) => page.getByRole("button", { name: gift, exact: true }).click();

  test.each([
    ["rose", "canvas", "image/webp"],
    ["rocket", "canvas", "application/x-svga"],
    ["crown", "svg", "application/vnd.lottie+json"],
  ])("plays %s from verified bytes, and it moves", async (gift, player, mediaType) => {
    await open("?platform=android&app=8.4.0&tier=low");
    await expect.poll(state, SOON).toBe("ready");
    expect(await playing()).toBeNull();

    await send(gift);
    await untilPlaying(`${gift}@1.0.0`);

    expect(await state()).toBe("playing");
    expect(await page.locator(`.stage .giftwrap-layer ${player}`).count()).toBe(1);
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

  test("shows the last gift again and again while Repeat is on", async () => {
    await open("?gift=rose");
    await untilPlaying("rose@1.0.0");
    const plays = async () => Number(await phone().getAttribute("data-plays"));
    await expect.poll(plays, SOON).toBeGreaterThan(1);
    await expectMovingPicture();

    await page.getByLabel("Repeat").uncheck();
    await expect.poll(playing, SOON).toBeNull();
    expect(await phone().getAttribute("data-played")).toBe("rose@1.0.0");
    expect(await page.locator(".giftwrap-layer").count()).toBe(0);
    await page.getByRole("button", { name: "Send again" }).click();
    await untilPlaying("rose@1.0.0");
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
    await expect.poll(query, SOON).toEqual({
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
    expect(await textOf(".stage")).toContain("the app’s own default");
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
      expect(await phone().getAttribute("data-plays")).toBe("1");
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
    await send("rocket");
    await untilPlaying("rose@1.0.0");
    expect(await textOf("#chain .failed")).toContain("the player could not decode it");
    await expectMovingPicture();
  });

  test("shows the failure in words when the edge does not answer", async () => {
    await open("");
    await expect.poll(state, SOON).toBe("ready");
    await page.context().setOffline(true);
    await expect.poll(() => textOf("#live"), SOON).toContain("The edge did not answer");
    expect(await textOf("#live")).toContain("the last good state stands");
    await page.context().setOffline(false);
    await expect.poll(() => textOf("#log"), SOON).toContain("The edge answers again");
  });

  test("fits a phone, with the stage in sight", async () => {
    await open("?gift=crown");
    await page.setViewportSize({ width: 390, height: 844 });
    await page.reload();
    await untilPlaying("crown@1.0.0");
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(390);
    const stage = await page.locator(".stage").boundingBox();
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
      .poll(() => textOf("#verdict"), SOON)
      .toContain("rose 1.0.0: its open stages do not reach this viewer");
    expect(await textOf("#log")).toMatch(/Revision 1 → \d/);

    await repository.write("releases/rose/1.0.0.yaml", releaseText("rose"));
    await repository.publish("Open the rose again");
    await untilPlaying("rose@1.0.0");
    await expectMovingPicture();
  });

  test("counts gifts that are sent in a row as one combo, and lets others wait", async () => {
    await open("?tier=low&tier2=high&sender=2");
    await expect.poll(() => page.getByRole("button", { name: "crown", exact: true }).count(), SOON).toBe(1);
    await page.getByLabel("Repeat").uncheck();
    await sendAtOnce("crown", "crown", "crown", "rose");
    await Promise.all(
      [1, 2].map(async (number) => {
        await untilPlaying("crown@1.0.0", number);
        expect(await textOn(number, ".queue")).toContain("rose waits");
        expect(await textOn(number, ".chat")).toContain("Viewer 2 sent crown ×3");
        await untilPlaying("rose@1.0.0", number);
      }),
    );
  });

  test("adds and removes viewers, and a link to the room carries them", async () => {
    await open("?gift=rose&tier=low&region=SG");
    await untilPlaying("rose@1.0.0");
    await page.getByRole("button", { name: "Add a viewer" }).click();
    await page.getByLabel("high", { exact: true }).check();
    await page.getByLabel("Region").fill("ID");
    await page.getByLabel("Region").press("Enter");
    await expect.poll(() => state(2), SOON).toBe("ready");
    await send("rose");
    await untilPlaying("rose@1.0.0", 2);
    await page.getByLabel("Viewer 2 sends").check();
    await expect
      .poll(() => new URL(page.url()).search, SOON)
      .toMatch(/sender=2.*tier=low.*tier2=high.*region2=ID/);

    await page.reload();
    await untilPlaying("rose@1.0.0", 2);
    expect(await page.locator(".phone").count()).toBe(2);
    expect(await textOn(2, ".facts")).toBe("high · android 8.4.0 · ID");
    await page.getByRole("button", { name: "Remove Viewer 2" }).click();
    expect(await page.locator(".phone").count()).toBe(1);
    await expect.poll(() => new URL(page.url()).search, SOON).not.toContain("tier2");
  });

  test("gives three viewers of one room what is right for each, and says why", async () => {
    await repository.write(
      "releases/crown/1.1.0.yaml",
      releaseText("crown", { version: "1.1.0", full: false }),
    );
    await repository.giftwrap("build");
    await repository.publish("The crown's next release, for Singapore");
    try {
      await open(
        "?gift=crown&tier=high&region=SG&unit=7&tier2=low&region2=ID&unit2=8&edge2=ID&app3=7.0.0&unit3=9&tier3=mid&region3=SG",
      );
      await untilPlaying("crown@1.1.0", 1);
      await untilPlaying("crown@1.0.0", 2);
      await untilPlaying("default", 3);
      expect(await textOf("#verdict")).toContain(
        "This viewer is in the share of the region that gets crown 1.1.0",
      );

      await page.getByRole("button", { name: "Why Viewer 2 gets this" }).click();
      expect(await textOf("#verdict")).toContain(
        "The gift message asks for crown 1.1.0, which this viewer may not have, so crown 1.0.0 was chosen as usual",
      );
      expect(await textOf("#releases")).toContain("crown 1.1.0 its open stages do not reach this viewer");
      expect(await textOf("#releases")).toContain("crown 1.0.0 serves this viewer (full)");
      expect(await textOf("#published")).toMatch(/Revision\s+\d+\s+Generation\s+\d+/);

      await page.getByRole("button", { name: "Why Viewer 3 gets this" }).click();
      expect(await textOf("#verdict")).toContain("crown 1.1.0: not for this platform and app version");
      expect(await textOn(3, ".chat")).toContain("→ default");
    } finally {
      await repository.write("releases/crown/1.1.0.yaml", releaseText("crown", { version: "1.1.0" }));
      await repository.publish("The crown's next release for everyone");
    }
  });

  test("stops a gift that waits as soon as on-call says so", async () => {
    await open("?tier=low&region=SG&tier2=high&region2=ID");
    await expect.poll(() => page.getByRole("button", { name: "rose", exact: true }).count(), SOON).toBe(1);
    await send("crown");
    await untilPlaying("crown@1.1.0", 2);
    // While the crown repeats nothing else waits; the message that comes meanwhile is a rose.
    await page.getByLabel("Repeat").uncheck();
    await sendAtOnce("rocket", "crown", "rose");
    expect(await textOn(1, ".queue")).toContain("rose waits → rose@1.0.0");

    await repository.giftwrap("override", "rose", "--limit", "none", "--reason", "A test", "--id", "no-rose");
    for (const number of [1, 2])
      await expect.poll(() => textOn(number, ".queue"), SOON).toContain("rose waits → default");
    await Promise.all([1, 2].map((number) => untilPlaying("default", number)));
    expect(await textOf("#verdict")).toContain("rose 1.0.0: stopped for this viewer by the override no-rose");
    expect(await textOf("#overrides")).toContain("Stops rose");
    expect(await textOf("#overrides")).toContain("break-glass");
    await repository.giftwrap("override", "--lift", "no-rose", "--reason", "The test is over");
  });

  async function expectMovingPicture(): Promise<void> {
    expect((await coloursOfStage()).size).toBeGreaterThan(MANY_COLOURS);
    const first = await phone().locator(".stage").screenshot();
    await expect
      .poll(async () => (await phone().locator(".stage").screenshot()).equals(first), SOON)
      .toBe(false);
  }

  async function coloursOfStage(): Promise<ReadonlySet<number>> {
    const pixels = await sharp(await phone().locator(".stage").screenshot())
      .removeAlpha()
      .raw()
      .toBuffer();
    const seen = new Set<number>();
    for (let at = 0; at < pixels.length; at += 3) seen.add(pixels.readUIntBE(at, 3));
    return seen;
  }
});

/** That there is no next root is what a client hopes to hear, yet Chromium logs each 404 as an error. */
function isAboutNextRoot(message: ConsoleMessage): boolean {
  return (
    message.text().includes("the server responded with a status of 404") &&
    message.location().url.endsWith(".root.json")
  );
}

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
