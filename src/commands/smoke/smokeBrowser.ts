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
  /** Until the first frame of the first gift is on the screen; never, when none comes there. */
  started(): Promise<void>;
  refresh(): Promise<void>;
  screenshot(): Promise<Uint8Array>;
}

/** The browser died, or the page did, or it did not end. What the gift did to it is the gift's fault. */
export class RoomFailed extends Error {
  override name = "RoomFailed";
}

export class SmokeBrowser {
  readonly #launch: () => Promise<Launched>;
  #launched: Launched;
  /** What failed in a room may go on in its browser: a trace, above all, of which there can be only one. */
  #isSpoilt = false;

  private constructor(launch: () => Promise<Launched>, launched: Launched) {
    this.#launch = launch;
    this.#launched = launched;
  }

  /** @throws Error when it does not start, or when `playwright-core` is not installed */
  static async open(executablePath: string, variables: NodeJS.ProcessEnv): Promise<SmokeBrowser> {
    const start = () => launch(executablePath, variables);
    return new SmokeBrowser(start, await start());
  }

  get version(): string {
    return this.#launched.browser.version();
  }

  /**
   * Lets a viewer in, into a new browser when the last visit failed, whose client knows what is live, and out again.
   * @param network null for one that is only as slow as this machine
   * @throws RoomFailed
   * @throws Error when a new browser does not start
   */
  async visit<T>(
    url: string,
    act: Act,
    network: SmokePlan["slowNetwork"] | null,
    stay: (room: Room) => Promise<T>,
  ): Promise<T> {
    if (this.#isSpoilt) await this.#relaunch();
    const context = await this.#launched.browser.newContext({ viewport: SCREEN });
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
      this.#isSpoilt = true;
      if (cause instanceof RoomFailed) throw cause;
      throw new RoomFailed(explainError(cause).split("\n")[0], { cause });
    } finally {
      // Of a browser that died there is nothing to be closed.
      await context.close().catch(() => {});
    }
  }

  async close(): Promise<void> {
    await this.#launched.browser.close();
  }

  async #relaunch(): Promise<void> {
    await this.close().catch(() => {});
    this.#launched = await this.#launch();
    this.#isSpoilt = false;
  }

  #roomOf(page: Page): Room {
    const act = (it: Act) => page.evaluate<ActOutcome>(`smoke.act(${JSON.stringify(it)})`);
    return {
      act,
      watch: (it, isPicture) => this.#watch(page, isPicture, () => act(it)),
      started: () => page.evaluate("smoke.started()"),
      refresh: () => page.evaluate("smoke.refresh()"),
      screenshot: () => page.screenshot(),
    };
  }

  async #watch(page: Page, isPicture: boolean, act: () => Promise<ActOutcome>): Promise<Watched> {
    const { browser, session } = this.#launched;
    const before = await drawingProcesses(session);
    const memory = watchMemory([...before.keys()]);
    try {
      await browser.startTracing(page, { categories: TRACE_CATEGORIES });
      const begun = performance.now();
      const outcome = await act();
      const wallMilliseconds = performance.now() - begun;
      const resident = await memory.stop();
      const after = await drawingProcesses(session);
      const cpu = [...before].reduce((sum, [id, then]) => sum + (after.get(id) ?? then) - then, 0);
      const trace = await browser.stopTracing();
      const times = toFrameTimes(JSON.parse(trace.toString("utf8")), isPicture);
      return { outcome, wallMilliseconds, cpuMilliseconds: 1_000 * cpu, resident, ...times };
    } finally {
      await memory.stop();
    }
  }
}

interface Launched {
  readonly browser: Browser;
  readonly session: CDPSession;
}

async function launch(executablePath: string, variables: NodeJS.ProcessEnv): Promise<Launched> {
  const { chromium } = await import("playwright-core");
  const args = [...chromiumArguments(process.getuid?.() === 0)];
  const browser = await chromium.launch({
    executablePath,
    args,
    env: chromiumEnvironment(variables),
    chromiumSandbox: !args.includes("--no-sandbox"),
  });
  return { browser, session: await browser.newBrowserCDPSession() };
}

/** Seconds of processor time by process, of those that draw. */
async function drawingProcesses(session: CDPSession): Promise<ReadonlyMap<number, number>> {
  const { processInfo } = await session.send("SystemInfo.getProcessInfo");
  const drawing = processInfo.filter((it) => it.type === "renderer" || it.type === "GPU");
  return new Map(drawing.map((it) => [it.id, it.cpuTime]));
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
