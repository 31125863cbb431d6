import { readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { validate } from "../../src/commands/validate.ts";
import { createWorld, quietIo, releaseText, type World } from "../support/world.ts";

/*
 * What is remembered of gifts that did not change is what would be found again. `drum` requires `kit`, `rose` falls back to
 * `drum`; most edits of one of them change what is found in another.
 */
const EDITS: Readonly<Record<string, Readonly<Record<string, string | null>>>> = {
  "kit closes": { "releases/kit/1.0.0.yaml": releaseText({ gift: "kit", version: "1.0.0", canary: false }) },
  "kit opens": {
    "releases/kit/1.0.0.yaml": releaseText({ gift: "kit", version: "1.0.0", regional: true, full: true }),
  },
  "kit serves fewer apps": {
    "releases/kit/1.0.0.yaml": releaseText({
      gift: "kit",
      version: "1.0.0",
      regional: true,
      full: true,
      app: ">=9.0.0",
    }),
  },
  "kit is broken": { "releases/kit/1.0.0.yaml": "gift: [" },
  "kit's lock is changed": { "releases/kit/1.0.0.lock.json": "{}" },
  "drum's lock is gone": { "releases/drum/1.0.0.lock.json": null },
  "drum requires another": {
    "releases/drum/1.0.0.yaml": releaseText({ gift: "drum", version: "1.0.0", requires: { kitt: "*" } }),
  },
  "drum requires kit": {
    "releases/drum/1.0.0.yaml": releaseText({ gift: "drum", version: "1.0.0", requires: { kit: "^1.0.0" } }),
  },
  "a gift appears whose name was missed": {
    "gifts/kitt/gift.yaml": 'id: kitt\nname: Kitt\nowner: "@acme/art"\nanimation: source/a.json\n',
  },
  "it disappears": { "gifts/kitt/gift.yaml": null },
  "a stray file": { "releases/notes.md": "x", "gifts/rose/notes.md": "x" },
  "the policy drops the player": { "releases/policy.yaml": "policy-without-lottie" },
  "the policy is back": { "releases/policy.yaml": "policy" },
  "rose falls back to drum": {
    "releases/rose/1.0.0.yaml": releaseText({ gift: "rose", version: "1.0.0", fallback: ["drum"] }),
  },
  "an override": { "releases/overrides/stop.yaml": "gifts: [kit, nobody]\nlimit: none\nreason: Crashes\n" },
};

describe("validating again", () => {
  let world: World;
  let policy: string;

  beforeEach(async () => {
    world = await createWorld();
    policy = await readFile(join(world.root, "releases/policy.yaml"), "utf8");
    for (const gift of ["kit", "drum", "rose", "lily"]) await world.release({ gift, version: "1.0.0" });
    await world.commit("Begin");
  });
  afterEach(() => world.remove());

  const apply = async (edit: string) => {
    for (const [path, text] of Object.entries(EDITS[edit] ?? {})) {
      if (text === null) await rm(join(world.root, path), { force: true });
      else if (text === "policy") await world.write({ [path]: policy });
      else if (text === "policy-without-lottie")
        await world.write({ [path]: policy.replaceAll("lottie", "svga") });
      else await world.write({ [path]: text });
    }
  };
  const forget = () => rm(join(world.root, ".giftwrap/cache/validate.json"), { force: true });

  test("finds what it would find without its cache, whatever changed in between", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(fc.constantFrom(...Object.keys(EDITS)), fc.boolean()), {
          minLength: 1,
          maxLength: 5,
        }),
        async (edits) => {
          await world.git("reset", "--quiet", "--hard", "HEAD");
          await world.git("clean", "--quiet", "--force", "-d");
          for (const [edit, isCommitted] of edits) {
            await apply(edit);
            if (isCommitted) await world.git("add", "--all");
            const remembered = await validate(quietIo(world.root));
            await forget();
            expect(await validate(quietIo(world.root))).toEqual(remembered);
          }
        },
      ),
      { numRuns: 12 },
    );
  });

  test("begins anew where the cache is not one", async () => {
    const before = await validate(quietIo(world.root));
    for (const text of ["", "{", "[]", '{"key":1}']) {
      await writeFile(join(world.root, ".giftwrap/cache/validate.json"), text);
      expect(await validate(quietIo(world.root))).toEqual(before);
    }
  });
});
