import { describe, expect, test } from "vitest";
import { inspect } from "../../src/formats/inspect.ts";
import { fixtures } from "./fixtures.ts";

describe("a sound file", () => {
  test.each(fixtures())("$name is read, and named as its format's files are", async ({ name, bytes }) => {
    const media = await inspect(bytes);
    expect(media.extensions).toContain(name.split(".").at(-1));
    expect(media.decodedBytes).toBeGreaterThan(0);
    expect(media.memoryRule).not.toBe("");
  });

  test("is there for every format", async () => {
    const formats = await Promise.all(fixtures().map(async ({ bytes }) => (await inspect(bytes)).format));
    expect([...new Set(formats)].sort()).toEqual(
      "aac apng avif dotlottie gif jpeg lottie mp3 mp4 opus pag png svga vap wav webp yyeva".split(" "),
    );
  });
});
