import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { playImage } from "../../src/player/picture/playImage.ts";
import { playForSeconds } from "../../src/player/playing.ts";

const FILE = {
  gift: "rocket",
  role: "main",
  path: "rocket.webp",
  mediaType: "image/webp",
  content: new Uint8Array(),
} as const;

describe("a picture that the browser plays", () => {
  let decodes: { finish(): void }[];
  let shown: number;
  const into = { replaceChildren: () => shown++ };

  beforeEach(() => {
    decodes = [];
    shown = 0;
    class FakeImage {
      style = {};
      decode(): Promise<void> {
        return new Promise((resolve) => decodes.push({ finish: resolve }));
      }
    }
    vi.useFakeTimers();
    vi.stubGlobal("HTMLImageElement", FakeImage);
    vi.stubGlobal("document", { createElement: () => new FakeImage() });
    vi.stubGlobal("requestAnimationFrame", () => 0);
  });
  afterEach(() => {
    vi.useRealTimers();
    vi.unstubAllGlobals();
  });

  const play = async (milliseconds: number, plays: number, repeat: boolean) => {
    const facts = { width: 1, height: 1, frames: 2, milliseconds, plays };
    const playing = playImage(into as unknown as HTMLElement, FILE as never, facts, { repeat });
    decodes[0]?.finish();
    return playing;
  };

  test("is decoded for its next round only when the last one was", async () => {
    const playing = await play(1_000, 1, true);
    await vi.advanceTimersByTimeAsync(5_000);
    expect(decodes).toHaveLength(2);
    decodes[1]?.finish();
    await vi.advanceTimersByTimeAsync(999);
    expect(decodes).toHaveLength(2);
    await vi.advanceTimersByTimeAsync(1);
    expect(decodes).toHaveLength(3);
    playing.end();
    decodes[2]?.finish();
    await vi.advanceTimersByTimeAsync(5_000);
    expect([decodes.length, shown]).toEqual([3, 2]);
  });

  test("does not end at once, nor begin anew at once, when it says that it lasts for years", async () => {
    for (const repeat of [false, true]) {
      let isOver = false;
      decodes = [];
      const playing = await play(60_000, 4_000_000_000, repeat);
      void playing.ended.then(() => (isOver = true));
      await vi.advanceTimersByTimeAsync(60_000);
      expect([isOver, decodes.length]).toEqual([false, 1]);
      playing.end();
    }
  });

  test("is shown for a day where an app asks for ever", async () => {
    let isOver = false;
    void playForSeconds(Number.POSITIVE_INFINITY, () => {}).ended.then(() => (isOver = true));
    await vi.advanceTimersByTimeAsync(86_399_999);
    expect(isOver).toBe(false);
    await vi.advanceTimersByTimeAsync(1);
    expect(isOver).toBe(true);
  });
});
