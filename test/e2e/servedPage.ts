import { type Browser, chromium, type ConsoleMessage, type Locator, type Page } from "playwright-core";
import sharp from "sharp";
import { afterAll, afterEach, beforeAll, describe, expect } from "vitest";
import { CHROMIUM_ARGUMENTS, findChromium } from "./chromium.ts";
import { type ServedRepository, serveRepository } from "./servedRepository.ts";

const executable = findChromium();
const REASON =
  "no Chromium is installed (looked at $CHROMIUM, /usr/lib/chromium/chromium, /usr/bin/chromium)";
const isSkipped = executable === null && !process.env["CI"];

/** Without its backdrop and its labels, all that has a colour on the screen is the gift. */
const BARE_STAGE =
  ".stage { background: #000 !important } .chip, .over, .count { display: none !important } * { animation: none !important }";

export const SOON = { timeout: 30_000 };

/** More than smoothed lines and letters have. */
export const MANY_COLOURS = 1_000;

/** The page of `giftwrap serve` in a browser. Phones are counted from 1, and a test that names none means the first. */
export interface ServedPage {
  readonly repository: ServedRepository;
  /** What {@link ServedPage.open} opened. */
  readonly page: Page;
  /** The errors that the page has thrown or logged. */
  readonly complaints: readonly string[];
  /** In a new browser profile each time: nothing is in its cache. */
  open(query: string, prepare?: (page: Page) => Promise<unknown>): Promise<void>;
  phone(number?: number): Locator;
  state(number?: number): Promise<string | null>;
  playing(number?: number): Promise<string | null>;
  untilPlaying(name: string, number?: number): Promise<void>;
  textOf(selector: string): Promise<string>;
  textOn(number: number, selector: string): Promise<string>;
  send(gift: string): Promise<void>;
  sendAtOnce(...gifts: string[]): Promise<void>;
  coloursOfStage(): Promise<ReadonlySet<number>>;
  expectMovingPicture(): Promise<void>;
}

/** Tests that share one repository, its server and one browser; skipped with a word where there is no browser, save in CI. */
export function describeServedPage(name: string, define: (served: ServedPage) => void): void {
  if (isSkipped) console.warn(`${name}: not tested, ${REASON}`);
  describe.skipIf(isSkipped)(name, () => {
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

    const phone = (number = 1) => page.locator(`.phone[data-phone="Viewer ${number}"]`);
    const playing = (number = 1) => phone(number).getAttribute("data-playing");
    const photograph = () => phone().locator(".stage").screenshot();

    async function coloursOfStage(): Promise<ReadonlySet<number>> {
      const pixels = await sharp(await photograph())
        .removeAlpha()
        .raw()
        .toBuffer();
      const seen = new Set<number>();
      for (let at = 0; at < pixels.length; at += 3) seen.add(pixels.readUIntBE(at, 3));
      return seen;
    }

    define({
      get repository() {
        return repository;
      },
      get page() {
        return page;
      },
      get complaints() {
        return complaints;
      },
      open: async (query, prepare = async () => {}) => {
        page = await (await browser.newContext({ viewport: { width: 1280, height: 860 } })).newPage();
        complaints = [];
        page.on("console", (message) => {
          if (message.type() === "error" && !isAboutNextRoot(message)) complaints.push(message.text());
        });
        page.on("pageerror", (error) => complaints.push(error.message));
        await prepare(page);
        await page.goto(repository.pageUrl + query);
        await page.addStyleTag({ content: BARE_STAGE });
      },
      phone,
      state: (number = 1) => phone(number).getAttribute("data-state"),
      playing,
      untilPlaying: (name, number = 1) => expect.poll(() => playing(number), SOON).toBe(name),
      textOf: (selector) => page.locator(selector).innerText(),
      textOn: (number, selector) => phone(number).locator(selector).innerText(),
      send: (gift) => page.getByRole("button", { name: gift, exact: true }).click(),
      sendAtOnce: (...gifts) =>
        page.evaluate((values) => {
          for (const value of values)
            document.querySelector<HTMLButtonElement>(`#gifts button[value="${value}"]`)?.click();
        }, gifts),
      coloursOfStage,
      expectMovingPicture: async () => {
        expect((await coloursOfStage()).size).toBeGreaterThan(MANY_COLOURS);
        const first = await photograph();
        await expect.poll(async () => (await photograph()).equals(first), SOON).toBe(false);
      },
    });
  });
}

/** That there is no next root is what a client hopes to hear, yet Chromium logs each 404 as an error. */
function isAboutNextRoot(message: ConsoleMessage): boolean {
  return (
    message.text().includes("the server responded with a status of 404") &&
    message.location().url.endsWith(".root.json")
  );
}
