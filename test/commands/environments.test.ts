import { cp, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { initKeys } from "../../src/commands/keysInit.ts";
import * as plan from "../../src/commands/plan.ts";
import * as publish from "../../src/commands/publish.ts";
import * as reconcile from "../../src/commands/reconcile.ts";
import * as refresh from "../../src/commands/refresh.ts";
import * as resolve from "../../src/commands/resolve.ts";
import * as status from "../../src/commands/status.ts";
import * as verify from "../../src/commands/verify.ts";
import { fileStore } from "../../src/store/fileStore.ts";
import { TIMESTAMP_KEY } from "../../src/wire/keys.ts";
import { flipped } from "../support/damage.ts";
import { runCommand, type Said } from "../support/runCommand.ts";
import { createWorld, quietIo, type World } from "../support/world.ts";

/** Staging as the repository has it, and production on another machine: it has no build cache, and copies from staging. */
let world: World;

beforeAll(async () => {
  world = await createWorld();
  await world.write({
    "releases/environments/staging.yaml":
      "rollout: testers\nstore: { folder: .giftwrap/store/staging }\npollSeconds: 30\nedges: {}\n",
    "releases/environments/production.yaml":
      "rollout: as-written\nstore: { folder: .giftwrap/store/production }\nobjectsFrom: staging\npollSeconds: 30\nedges: {}\n",
  });
  await initKeys(quietIo(world.root), "staging");
  await world.release({ gift: "anchor", version: "1.0.0", regional: true, full: true });
  await world.release({ gift: "anchor", version: "1.1.0" });
  await world.release({ gift: "balloon", version: "1.0.0", regional: true, full: true });
  await world.commit("Release");
  expect(await run(publish, "staging")).toMatchObject({ exit: 0 });
  await rm(join(world.root, ".giftwrap/cache"), { recursive: true });
  await cp(storeFolder("staging"), saved(), { recursive: true });
});

beforeEach(async () => {
  await rm(join(world.root, ".giftwrap/store"), { recursive: true });
  await cp(saved(), storeFolder("staging"), { recursive: true });
});

afterAll(() => world.remove());

function run(
  command: Parameters<typeof runCommand>[0],
  environment: string,
  ...words: string[]
): Promise<Said> {
  return runCommand(command, world.root, ["--env", environment, ...words]);
}

function storeFolder(environment: string): string {
  return join(world.root, ".giftwrap/store", environment);
}

function saved(): string {
  return join(world.root, ".giftwrap/saved-staging");
}

const storeOf = (environment: string) => fileStore(storeFolder(environment));

async function damage(environment: string, key: string): Promise<void> {
  const path = join(storeFolder(environment), key);
  await writeFile(path, flipped(await readFile(path), 1));
}

describe("staging and production", () => {
  test("objects are copied from staging to production by digest, without a build", async () => {
    const { exit, text } = await run(publish, "production");
    expect([exit, text]).toEqual([0, expect.stringMatching(/published [0-9a-f]{10} to production/)]);
    const objects = await storeOf("staging").list("objects/");
    expect(objects).toHaveLength(6);
    expect(await storeOf("production").list("objects/")).toEqual(objects);
    expect((await run(verify, "production")).exit).toBe(0);
  });

  test("staging is open to every tester where production is as written", async () => {
    await run(publish, "production");
    const seen = async (environment: string) => {
      const words = ["anchor", "--live", "--platform", "web", "--app", "1.0.0"];
      return (await run(resolve, environment, ...words)).text.split("\n")[0];
    };
    expect(await seen("staging")).toBe("anchor 1.1.0 (full)");
    expect(await seen("production")).toBe("anchor 1.0.0 (full)");
  });

  test("an object that is damaged in staging is not copied: its gift stays away, and the message names it and where", async () => {
    const objects = await storeOf("staging").list("objects/");
    const lock = await readFile(join(world.root, "releases/balloon/1.0.0.lock.json"), "utf8");
    const key = objects.find((it) => lock.includes(it.slice(18, 82))) ?? expect.fail("it is published");
    await damage("staging", key);
    const { exit, text } = await run(publish, "production");
    expect(exit).toBe(3);
    expect(text).toContain(
      `balloon: stays as it is live, because object ${key.slice(18, 30)} is damaged in staging: run npx giftwrap reconcile --env staging`,
    );
    expect(text).toContain("anchor 1.1.0: closed -> canary");
    expect(await storeOf("production").head(key)).toBeNull();

    expect(await run(verify, "staging")).toMatchObject({
      exit: 3,
      text: expect.stringContaining(`${key} has other bytes than its name says (of balloon@1.0.0)`),
    });
    const left = await run(reconcile, "staging");
    expect([left.exit, left.text]).toEqual([1, expect.stringContaining(`staging: left: ${key}`)]);
  });

  test("a damaged object of staging is taken back from production when it is named", async () => {
    await run(publish, "production");
    const [key = ""] = await storeOf("staging").list("objects/");
    await damage("staging", key);
    const { exit, text } = await run(reconcile, "staging", "--from", "production");
    expect([exit, text]).toEqual([
      0,
      expect.stringMatching(/staging: repaired: .* put back from production/),
    ]);
    expect((await run(verify, "staging")).exit).toBe(0);
  });

  test("production repairs itself from staging without being told", async () => {
    await run(publish, "production");
    const [key = ""] = await storeOf("production").list("objects/");
    await damage("production", key);
    const { exit, text } = await run(reconcile, "production");
    expect([exit, text]).toEqual([0, expect.stringContaining("put back from the build cache or staging")]);
  });

  test("each has keys of its own: the key of one is refused for the other, by name, and nothing is written", async () => {
    const key = await readFile(join(world.root, ".giftwrap/keys/production/timestamp.pem"), "utf8");
    const before = await storeOf("staging").get(TIMESTAMP_KEY);
    const variables = { GIFTWRAP_TIMESTAMP_KEY: key };
    await expect(
      runCommand(refresh, world.root, ["--env", "staging", "--force"], { variables }),
    ).rejects.toMatchObject({ code: "KEY_WRONG", message: expect.stringContaining("staging") });
    expect((await storeOf("staging").get(TIMESTAMP_KEY))?.tag).toBe(before?.tag);
  });

  test("every message says which one it is about, the errors too", async () => {
    const commands = { publish, plan, status, verify, refresh, reconcile };
    for (const [name, command] of Object.entries(commands)) {
      const { text } = await run(command, "staging");
      expect([name, text]).toEqual([name, expect.stringMatching(/\bstaging\b/)]);
      expect([name, text]).toEqual([name, expect.not.stringContaining("production")]);
    }
    await damage("staging", TIMESTAMP_KEY);
    for (const [name, command] of Object.entries(commands)) {
      const said = await run(command, "staging").then(
        ({ text }) => text,
        (error: Error) => error.message,
      );
      expect([name, said]).toEqual([name, expect.stringMatching(/\bstaging\b/)]);
    }
  });
});
