import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Arguments } from "../../src/commands/command.ts";
import { command as tell } from "../../src/commands/tell.ts";
import { gatherTimelines } from "../../src/commands/tell/gatherTimelines.ts";
import { createWorld, quietIo, type World } from "../support/world.ts";

type Options = Readonly<Record<string, string | true>>;

function argumentsOf(options: Options): Arguments {
  const text = (name: string) => {
    const value = options[name];
    return typeof value === "string" ? value : undefined;
  };
  return {
    words: [],
    text,
    texts: (name) => text(name)?.split(",") ?? [],
    flag: (name) => options[name] === true,
  };
}

/** Two merges that one publish carries, and then a rollback: the commits' dates are the clock's. */
describe("what a publish is told as", () => {
  let world: World;
  let opened = "";
  let raised = "";
  let lily = "";
  let closed = "";
  let revision = 0;
  const START = Date.parse("2026-11-20T21:00:00Z");
  let clock = START;

  const commit = async (message: string) => {
    clock += 60_000;
    const date = new Date(clock).toISOString();
    process.env["GIT_COMMITTER_DATE"] = date;
    try {
      return await world.commit(message);
    } finally {
      delete process.env["GIT_COMMITTER_DATE"];
    }
  };
  const publish = async () => {
    clock += 20_000;
    ({ revision } = await world.publish({ io: { ...quietIo(world.root), now: () => clock } }));
  };
  const run = async (options: Options) => {
    const lines: string[] = [];
    const io = { ...quietIo(world.root), now: () => clock, line: (text: string) => lines.push(text) };
    const exit = await tell.run(argumentsOf(options), io);
    return { exit, text: lines.join("\n") };
  };
  const gather = async (at: string) =>
    await gatherTimelines({
      root: world.root,
      commit: at,
      environment: "production",
      mode: "as-written",
      store: await world.store(),
      newest: revision,
      kept: {},
      now: clock,
    });

  beforeAll(async () => {
    world = await createWorld();
    await world.release({ gift: "rose", version: "1.0.0", regional: true, full: true });
    await commit("Release");
    await publish();
    await world.release({ gift: "rose", version: "1.1.0" });
    await commit("Canary");
    await publish();
    await world.release({ gift: "rose", version: "1.1.0", regional: true, regions: { SG: 5 } });
    opened = await commit("Open");
    await world.release({ gift: "lily", version: "1.0.0" });
    lily = await commit("Lily");
    await publish();
    await world.release({ gift: "rose", version: "1.1.0", regional: true, regions: { SG: 10 } });
    raised = await commit("Raise");
    await world.write({ "README.md": "Of no viewer's concern\n" });
    await commit("Words");
    await publish();
    await world.release({ gift: "rose", version: "1.1.0", regional: false, regions: { SG: 10 } });
    closed = await commit("Take back");
    await publish();
  });
  afterAll(() => world.remove());

  test("is every merge that it carried, the oldest first, and none that says nothing of releases", async () => {
    const commitsOf = async (at: string) => (await gather(at)).map((it) => it.facts.commit);
    expect(await commitsOf(lily)).toEqual([opened, lily]);
    expect(await commitsOf("HEAD~1")).toEqual([raised]);
    expect(await commitsOf(closed)).toEqual([closed]);
  });

  test("names the merge that opened what is closed now, whatever was raised since", async () => {
    const [rollback] = await gather(closed);
    expect(rollback?.openings).toEqual([opened]);
    expect(rollback?.past).toContain(raised);
    expect(rollback?.facts.records.map((it) => it.kind)).toEqual(["stop", "publish"]);
    expect(rollback?.facts.seen.get("rose")).toMatchObject([{ version: "1.1.0" }, { version: "1.0.0" }]);
  });

  test("is a time line with the seconds since the merge", async () => {
    const { text } = await run({ publish: true, markdown: true });
    expect(text).toContain("### ⏪ rose 1.1.0 taken back");
    expect(text).toContain("| Merged | 2026-11-20 21:08:20 | ✅ |");
    expect(text).toMatch(/\| Stop published.* \| 21:08:40 \| ✅ 20 s after the merge, revision \d+ \|/);
    expect(text).toMatch(/\| Everything published \| 21:08:40 \| ✅ 20 s after the merge/);
    expect(text).toContain("**Automatic promotion of rose 1.1.0 is off**");
  });

  test("says what is not out yet, and why a gift stays as it was", async () => {
    const result = join(world.root, "result.json");
    await writeFile(result, JSON.stringify({ kept: { rose: "SHADOWED: look there", other: 7 } }));
    const { text } = await run({ publish: true, markdown: true, result });
    expect(text).toContain("⚠️ rose stays as it was: SHADOWED: look there");
    await writeFile(result, "[1]");
    await expect(run({ publish: true, markdown: true, result })).rejects.toThrow("it is no JSON object");
    await expect(run({ publish: true, metrics: true })).rejects.toThrow("say one of");
    await expect(run({ publish: true })).rejects.toThrow(
      "GITHUB_REPOSITORY (such as acme/gifts) and GITHUB_TOKEN",
    );
  });

  test("of what reconcile left is one issue's text", async () => {
    const result = join(world.root, "drift.json");
    const left = [{ what: "an object is lost", fix: "build it" }];
    await writeFile(result, JSON.stringify({ environment: "production", left, unconfirmed: [] }));
    const { text, exit } = await run({ drift: true, markdown: true, result });
    expect(text).toContain("| production | an object is lost | 2026-11-20 21:08 | build it |");
    expect(exit).toBe(0);
  });
});
