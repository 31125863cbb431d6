import { expect, test } from "vitest";
import { runPython, withoutPython } from "../support/python.ts";

test("a port that is wrong in any one place is caught by some vector", async ({ skip }) => {
  const run = (await runPython("run_mutations.py")) ?? withoutPython(skip);
  expect(run.output).toMatch(/^\d{3,} mutations, 0 missed\n$/);
  expect(run.exitCode).toBe(0);
});
