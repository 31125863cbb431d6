import { expect, test } from "vitest";
import { runPython, withoutPython } from "../support/python.ts";

test("a port in another language, written from the page beside the vectors, passes all of them", async ({
  skip,
}) => {
  const run = (await runPython("run_vectors.py")) ?? withoutPython(skip);
  expect(run.output.trimEnd().split("\n").at(-1)).toMatch(/^\d{4,} answers, 0 failed$/);
  expect(run.exitCode).toBe(0);
});
