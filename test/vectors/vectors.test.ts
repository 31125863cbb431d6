import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { VECTORS } from "./generate/allVectors.ts";
import { toText } from "./generate/vectorFile.ts";

const FOLDER = new URL("./", import.meta.url);

/** Set to write the files anew; without it they must be there as they are made. */
const WRITES = process.env["GIFTWRAP_WRITE_VECTORS"] === "1";

describe("the vectors that ports share", () => {
  test.each(Object.entries(VECTORS))("%s is what this project's code says", async (name, make) => {
    const text = toText(await make());
    const path = new URL(name, FOLDER);
    if (WRITES) writeFileSync(path, text);
    expect(readFileSync(path, "utf8") === text).toBe(true);
  });

  test("are no other files than those", () => {
    const files = readdirSync(FOLDER).filter((name) => name.endsWith(".json"));
    expect(files.sort()).toEqual(Object.keys(VECTORS).sort());
  });

  test("are small enough to be carried in every port: below 2 MB together", () => {
    const sizes = Object.keys(VECTORS).map((name) => readFileSync(new URL(name, FOLDER)).length);
    expect(sizes.reduce((sum, size) => sum + size, 0)).toBeLessThan(2_000_000);
  });
});
