import { describe, expect, test } from "vitest";
import { zipSync } from "fflate";
import { MediaError } from "../../src/formats/media.ts";
import { isZip, readZip } from "../../src/formats/zip.ts";
import { buildZip, type ZipFile } from "./buildZip.ts";

const text = (words: string) => Buffer.from(words);

function refusalOf(bytes: Uint8Array): { message: string; fix: string } {
  try {
    readZip("dotLottie", bytes);
  } catch (error) {
    if (error instanceof MediaError) return { message: error.message, fix: error.fix };
    throw error;
  }
  throw new Error("the archive was not refused");
}

describe("a zip archive", () => {
  test("gives its files by their paths, and no folders", () => {
    const files = readZip("dotLottie", buildZip({ "a/": text(""), "a/x.json": text("{}"), é: text("e") }));
    expect([...files].map(([name, data]) => [name, Buffer.from(data).toString()])).toEqual([
      ["a/x.json", "{}"],
      ["é", "e"],
    ]);
  });

  test("that another program wrote is read alike, packed or stored", () => {
    for (const level of [0, 9] as const) {
      const bytes = zipSync({ "movie.spec": text("hello, hello, hello") }, { level });
      expect(isZip(bytes)).toBe(true);
      expect(Buffer.from(readZip("SVGA", bytes).get("movie.spec") ?? []).toString()).toMatch(/^hello/);
    }
  });

  test.each(["../up", "a/../../up", "/etc/passwd", "C:x", "a\\b", "./x", "a\nb", ""])(
    "with a file named %j is refused by that name",
    (name) => {
      const { message, fix } = refusalOf(buildZip([{ name, data: text("x") }]));
      expect(message).toMatch(/^the dotLottie has a file with a name that leads out of it: /);
      expect(fix).toMatch(/do not use this file/);
    },
  );

  const one = (says: ZipFile["says"]) =>
    buildZip([{ name: "a.png", data: Buffer.alloc(500), says: says ?? {} }]);

  test.each([
    ["a password", one({ flags: 1 }), 'the dotLottie is encrypted: its file "a.png" needs a password'],
    ["a packing of its own", one({ method: 14 }), /packs its file "a.png" in a way \(14\)/],
    ["a wrong check value", one({ check: 7 }), /its file "a.png" is not what its list of files says/],
    ["a size that is too large", one({ bytes: 501 }), /its file "a.png" is not what its list of files says/],
    ["a size that is too small", one({ bytes: 400 }), /its file "a.png" is longer than it says/],
    ["a file that is elsewhere", one({ headerAt: 9_999 }), /its file "a.png" is not where/],
    ["a size beyond the limit", one({ bytes: 64_000_001 }), /more than 64 MB, reached at its file "a.png"/],
  ])("with %s is refused in words", (_, bytes, words) => {
    expect(refusalOf(bytes).message).toMatch(words);
  });

  test("with one name twice is refused: programs differ in which they take", () => {
    const twice = { name: "manifest.json", data: text("{}") };
    expect(refusalOf(buildZip([twice, twice])).message).toBe(
      'the dotLottie has two files named "manifest.json"',
    );
  });

  test("whose files only together are too large is refused at the one that is too much", () => {
    const data = Buffer.alloc(33_000_000);
    const { message } = refusalOf(buildZip({ a: data, b: data, c: data }));
    expect(message).toBe('the dotLottie unpacks to more than 64 MB, reached at its file "b"');
  });

  test("that unpacks without end costs no more than it says", () => {
    const bomb = buildZip([{ name: "a", data: Buffer.alloc(200_000_000), says: { bytes: 1_000 } }]);
    const before = performance.now();
    expect(refusalOf(bomb).message).toMatch(/its file "a" is longer than it says/);
    expect(performance.now() - before).toBeLessThan(1_000);
  });

  test("of thousands of files is refused by the number", () => {
    const files = Array.from({ length: 2_001 }, (_, at) => ({ name: `f${at}`, data: text("") }));
    expect(refusalOf(buildZip(files)).message).toBe(
      "the dotLottie has 2001 files in it, at most 2000 are allowed",
    );
  });

  test("in the 64-bit form is refused in words", () => {
    const bytes = buildZip({ a: text("x") });
    bytes.writeUInt32LE(0xff_ff_ff_ff, bytes.length - 6);
    expect(refusalOf(bytes).message).toMatch(/64-bit form/);
  });

  test("that was cut off at any byte is refused", () => {
    const whole = buildZip({ a: text("x"), b: text("y") });
    for (let length = 4; length < whole.length; length++)
      expect(refusalOf(whole.subarray(0, length)).message).toMatch(/^the dotLottie is damaged or cut off/);
  });
});
