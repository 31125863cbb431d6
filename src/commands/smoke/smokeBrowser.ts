import type { Browser, CDPSession, Page } from "playwright-core";
import type { Act, ActOutcome } from "../../page/smoke/act.ts";
import { explainError } from "../../report/error.ts";
import type { SmokePlan } from "../../rollout/smoke/smokePlan.ts";
import { chromiumArguments, chromiumEnvironment } from "./chromium.ts";
import { watchMemory } from "./residentMemory.ts";
import { type FrameTimes, toFrameTimes, TRACE_CATEGORIES } from "./traceFrames.ts";

/** A phone's screen, in CSS pixels. */
const SCREEN = { width: 412, height: 915 };
const PATIENCE_MILLISECONDS = 60_000;

/** What was seen of one act from outside of the page, and what the page itself says. */
export interface Watched extends FrameTimes {
  readonly outcome: ActOutcome;
  readonly wallMilliseconds: number;
  /** Of the processes that draw, in milliseconds of one core. */
  readonly cpuMilliseconds: number;
  /** Their resident bytes while it went on, in order; empty where that is not known. */
  readonly resident: readonly number[];
}

/** A viewer's phone for one act: a profile of its own, with nothing in its cache. */
export interface Room {
  /** @param isPicture whether the gift's frames are decoded, and not drawn by a script */
  watch(act: Act, isPicture: boolean): Promise<Watched>;
  /** Without measuring. */
  act(act: Act): Promise<ActOutcome>;
  refresh(): Promise<void>;
  screenshot(): Promise<Uint8Array>;
}

/** The browser died, or the page did, or it did not end. What the gift did to it is the gift's fault. */
export class RoomFailed extends Error {
  override name = "RoomFailed";
}

export class SmokeBrowser {
  readonly #browser: Browser;
  readonly #session: CDPSession;

  private constructor(browser: Browser, session: CDPSession) {
    this.#browser = browser;
    this.#session = session;
  }

  /** @throws Error when it does not start, or when `playwright-core` is not installed */
  static async open(executablePath: string, variables: NodeJS.ProcessEnv): Promise<SmokeBrowser> {
    const { chromium } = await import("playwright-core");
    const args = [...chromiumArguments(process.getuid?.() === 0)];
    const browser = await chromium.launch({
      executablePath,
      args,
      env: chromiumEnvironment(variables),
      chromiumSandbox: !args.includes("--no-sandbox"),
    });
    return new SmokeBrowser(browser, await browser.newBrowserCDPSession());
  }

  get version(): string {
    return this.#browser.version();
  }

  /**
   * Lets a viewer in, whose client knows what is live, and out again.
   * @param network null for one that is only as slow as this machine
   * @throws RoomFailed
   */
  async visit<T>(
    url: string,
    act: Act,
    network: SmokePlan["slowNetwork"] | null,
    stay: (room: Room) => Promise<T>,
  ): Promise<T> {
    const context = await this.#browser.newContext({ viewport: SCREEN });
    try {
      const page = await context.newPage();
      const crashed = new Promise<never>((_, reject) => {
        page.on("crash", () => reject(new RoomFailed("the page crashed")));
        setTimeout(() => reject(new RoomFailed("the page did not end")), PATIENCE_MILLISECONDS).unref();
      });
      const visit = async () => {
        await page.goto(url);
        await page.waitForFunction("globalThis.smoke");
        if (network) await slowDown(page, network);
        await page.evaluate(`smoke.open(${JSON.stringify(act)})`);
        return stay(this.#roomOf(page));
      };
      return await Promise.race([visit(), crashed]);
    } catch (cause) {
      if (cause instanceof RoomFailed) throw cause;
      throw new RoomFailed(explainError(cause).split("\n")[0], { cause });
    } finally {
      await context.close();
    }
  }

  async close(): Promise<void> {
    await this.#browser.close();
  }

  #roomOf(page: Page): Room {
    const act = (it: Act) => page.evaluate<ActOutcome>(`smoke.act(${JSON.stringify(it)})`);
    return {
      act,
      watch: (it, isPicture) => this.#watch(page, isPicture, () => act(it)),
      refresh: () => page.evaluate("smoke.refresh()"),
      screenshot: () => page.screenshot(),
    };
  }

  async #watch(page: Page, isPicture: boolean, act: () => Promise<ActOutcome>): Promise<Watched> {
    const before = await this.#processes();
    const memory = watchMemory([...before.keys()]);
    await this.#browser.startTracing(page, { categories: TRACE_CATEGORIES });
    const begun = performance.now();
    try {
      const outcome = await act();
      const wallMilliseconds = performance.now() - begun;
      const resident = await memory.stop();
      const after = await this.#processes();
      const cpu = [...before].reduce((sum, [id, then]) => sum + (after.get(id) ?? then) - then, 0);
      const trace = await this.#browser.stopTracing();
      const times = toFrameTimes(JSON.parse(trace.toString("utf8")), isPicture);
      return { outcome, wallMilliseconds, cpuMilliseconds: 1_000 * cpu, resident, ...times };
    } catch (cause) {
      await this.#browser.stopTracing().catch(() => {});
      throw cause;
    } finally {
      await memory.stop();
    }
  }

  /** Seconds of processor time by process, of those that draw. */
  async #processes(): Promise<ReadonlyMap<number, number>> {
    const { processInfo } = await this.#session.send("SystemInfo.getProcessInfo");
    const drawing = processInfo.filter((it) => it.type === "renderer" || it.type === "GPU");
    return new Map(drawing.map((it) => [it.id, it.cpuTime]));
  }
}

async function slowDown(
  page: Page,
  { bytesPerSecond, latencyMilliseconds }: SmokePlan["slowNetwork"],
): Promise<void> {
  const session = await page.context().newCDPSession(page);
  await session.send("Network.enable");
  await session.send("Network.emulateNetworkConditions", {
    offline: false,
    latency: latencyMilliseconds,
    downloadThroughput: bytesPerSecond,
    uploadThroughput: bytesPerSecond,
  });
}
