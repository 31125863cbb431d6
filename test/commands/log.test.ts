import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Arguments, Command } from "../../src/commands/command.ts";
import { command as log } from "../../src/commands/log.ts";
import { command as resolve } from "../../src/commands/resolve.ts";
import { logEntryToLines, toLogEntry } from "../../src/publish/logText.ts";
import { parseLogRecord, type PastRecord } from "../../src/publish/readLog.ts";
import { catalogTarget, logKey, targetKey } from "../../src/wire/keys.ts";
import { createWorld, quietIo, type World } from "../support/world.ts";

const START = Date.parse("2026-11-20T21:00:00Z");
const MINUTE = 60_000;
const VIEWER = { platform: "android", app: "8.4.0", region: "SG", unit: "42" };

type Options = Readonly<Record<string, string | true>>;

function argumentsOf(words: readonly string[], options: Options): Arguments {
  const text = (name: string) => {
    const value = options[name];
    return typeof value === "string" ? value : undefined;
  };
  return {
    words,
    text,
    texts: (name) => text(name)?.split(",") ?? [],
    flag: (name) => options[name] === true,
  };
}

/** One publish a minute, from 21:01 on: two gifts, a newer rose that is opened, raised and taken back, a held lily. */
describe("the log of a release that was taken back", () => {
  let world: World;
  let clock = START;

  const run = async (command: Command, words: readonly string[], options: Options = {}) => {
    const lines: string[] = [];
    const io = { ...quietIo(world.root), now: () => clock, line: (text: string) => lines.push(text) };
    await command.run(argumentsOf(words, options), io);
    return `${lines.join("\n")}\n`.replaceAll(/\b[0-9a-f]{10}\b/g, "COMMIT____");
  };
  const roseAt = (at: string, options: Options = {}) => run(resolve, ["rose"], { ...VIEWER, at, ...options });

  beforeAll(async () => {
    world = await createWorld();
    const publish = async (message: string) => {
      await world.commit(message);
      clock += MINUTE;
      const io = { ...quietIo(world.root), now: () => clock, variables: { GITHUB_ACTOR: "ana" } };
      await world.publish({ io });
    };
    await world.release({ gift: "lily", version: "1.0.0", regional: true, full: true });
    await world.release({ gift: "rose", version: "1.0.0", regional: true, full: true });
    await publish("Release");
    await world.release({ gift: "rose", version: "1.1.0", regional: true, regions: { SG: 50 } });
    await publish("Open");
    await world.release({ gift: "rose", version: "1.1.0", regional: true, regions: { SG: 100 } });
    await publish("Raise");
    await world.release({ gift: "rose", version: "1.1.0", canary: false });
    await publish("Take back");
    await world.write({
      "releases/overrides/lily-crash.yaml":
        "gifts: [lily]\nlimit: canary\nscope: { regions: [SG] }\nreason: Crashes\n",
    });
    await publish("Hold lily");
    clock += MINUTE;
  });
  afterAll(() => world.remove());

  test("tells each revision, newest first: when, who, what for whom, which overrides came and went", async () => {
    await expect(await run(log, [])).toMatchFileSnapshot("golden/log.txt");
  });

  test("tells of one gift, of a period, of a few, and says when there are more", async () => {
    const rose = await run(log, ["rose"]);
    expect(rose).not.toContain("lily");
    expect(rose).toContain("rose 1.1.0: closed -> regional");
    expect(rose).toContain("override stop/rose/1.1.0 (stop): rose at most nobody, until generation 4");
    expect(rose).toContain("override stop/rose/1.1.0 (stop) ended");

    const some = await run(log, [], { since: "2026-11-20T21:02Z", until: "2026-11-20T21:03:59.999Z" });
    expect(some.match(/^revision \d+/gm)).toEqual(["revision 3", "revision 2"]);
    expect((await run(log, [], { since: "2026-11-20" })).match(/^revision \d+/gm)).toHaveLength(6);
    expect((await run(log, [], { until: "2026-11-20", limit: "2" })).match(/^revision \d+/gm)).toHaveLength(
      2,
    );
    expect(await run(log, [], { limit: "2" })).toContain("older revisions are there too");
    expect(await run(log, [], { since: "2026-11-21" })).toContain("no revision in the log since 2026-11-21");
    expect(await run(log, ["ghost"])).toContain("no revision in the log of ghost");
    const { revisions } = JSON.parse(await run(log, ["lily"], { json: true, limit: "1" }));
    expect(revisions).toMatchObject([{ by: "ana", came: [{ id: "lily-crash" }], went: [] }]);
    await expect(run(log, [], { since: "yesterday" })).rejects.toThrow("--since yesterday: write a time");
  });

  test("answers what a viewer got at any time, and which revision and commit that was", async () => {
    expect(await roseAt("2026-11-20T21:01:00Z")).toContain(
      "revision 1, commit COMMIT____, live since 2026-11-20 21:01",
    );
    expect(await roseAt("2026-11-20T21:01:59.999Z")).toContain("rose 1.0.0 (full)");
    expect(await roseAt("2026-11-20T21:03:30Z")).toContain("rose 1.1.0 (regional)");
    expect(await roseAt("2026-11-20T22:04:00+01:00")).toContain("revision 5,");
    expect(await roseAt("2026-11-20T21:04:00Z")).toContain("rose 1.0.0 (full)");
    const held = await run(resolve, ["lily"], { ...VIEWER, at: "2026-11-20T21:05:00Z", json: true });
    expect(JSON.parse(held)).toMatchObject({ revision: 6, reason: "default" });
  });

  test("says in words what it cannot answer", async () => {
    await expect(roseAt("2026-11-20T21:00:59Z")).rejects.toMatchObject({ code: "NOT_PUBLISHED_THEN" });
    await expect(roseAt("2026-11-21T00:00:00Z")).rejects.toThrow("is in the future");
    await expect(roseAt("2026-11-20T21:01:00Z", { live: true })).rejects.toThrow("not both");
    await expect(run(resolve, ["fern"], { ...VIEWER, at: "2026-11-20T21:01:00Z" })).rejects.toThrow(
      "fern has no open release in revision 1",
    );
  });

  test("goes on past records that are missing or damaged, and says so where the answer hangs on them", async () => {
    const restore = await world.saveStore();
    const store = await world.store();
    try {
      const damaged = await store.get(logKey(2));
      await store.replace(logKey(2), Buffer.from("half a rec"), damaged?.tag ?? null);
      await store.delete(logKey(3));
      const all = await run(log, []);
      expect(all.match(/^revision \d+, /gm)).toHaveLength(4);
      expect(all).toContain("revision 2: its record cannot be read: it is not JSON");
      expect(all).toContain("revision 3: it has no record");
      await expect(roseAt("2026-11-20T21:03:30Z")).rejects.toThrow(
        "revisions 2 to 3 have no readable record",
      );
      // Nobody knows when revision 2 began, so its neighbour's last moments are not known either.
      await expect(roseAt("2026-11-20T21:01:30Z")).rejects.toMatchObject({ code: "LOG_MISSING" });
      expect(await roseAt("2026-11-20T21:04:30Z")).toContain("rose 1.0.0 (full)");
      // A publish does not stumble over them either.
      await world.release({ gift: "lily", version: "1.1.0" });
      await world.commit("Go on");
      expect((await world.publish()).exit).toBe(0);
    } finally {
      await restore();
    }
  });

  test("says that a catalog was collected, or is damaged", async () => {
    const restore = await world.saveStore();
    const store = await world.store();
    try {
      const record = await store.get(logKey(1));
      const parsed = parseLogRecord(1, record?.bytes ?? new Uint8Array());
      if (parsed.kind !== "record" || !parsed.record.catalogs)
        return expect.fail("revision 1 wrote catalogs");
      const key = targetKey(catalogTarget("mid"), parsed.record.catalogs.mid);
      const stored = await store.get(key);
      await store.replace(key, Buffer.from("other bytes"), stored?.tag ?? null);
      await expect(roseAt("2026-11-20T21:01:00Z")).rejects.toMatchObject({ code: "CATALOG_DAMAGED" });
      await store.delete(key);
      await expect(roseAt("2026-11-20T21:01:00Z")).rejects.toThrow(
        "is not in the store of production any more",
      );
    } finally {
      await restore();
    }
  });
});

describe("a log record", () => {
  const read = (value: unknown) => parseLogRecord(7, Buffer.from(JSON.stringify(value)));
  const record = (value: Readonly<Record<string, unknown>>): PastRecord => {
    const parsed = read({ revision: 7, at: "2026-11-20T21:00:03.120Z", ...value });
    return parsed.kind === "record" ? parsed.record : expect.fail("it can be read");
  };

  test("tells the timings of each edge, and which one did not serve it", () => {
    const lines = logEntryToLines(
      toLogEntry(
        record({
          kind: "break-glass",
          by: "on-call",
          why: "crashes on old phones",
          commit: "0123456789abcdef",
          previousCommit: "0123456789abcdef",
          generation: 4,
          overrides: [],
          edges: [
            { region: "BR", url: "https://br.example/", ok: false, milliseconds: 30_000 },
            { region: "SG", url: "https://sg.example/", ok: true, milliseconds: 120 },
          ],
        }),
        null,
      ),
    );
    expect(lines).toEqual([
      "revision 7, 2026-11-20 21:00:03.120 UTC: break-glass by on-call",
      "  why: crashes on old phones",
      "  commit 0123456789, generation 4",
      "  which overrides came or went is not recorded",
      "  BR https://br.example/ did NOT serve it within 30000 ms",
      "  SG https://sg.example/ served it after 120 ms",
    ]);
  });

  test("of an older program is read as far as it goes, and of a stranger not at all", () => {
    expect(record({ overrides: ["stop/rose/1.0.0"], changes: [{ gift: "rose" }, 7] })).toMatchObject({
      kind: "publish",
      by: null,
      overrides: null,
      changes: [],
      edges: [],
    });
    expect(read({ revision: 8, at: "2026-11-20T21:00:00Z" })).toMatchObject({ kind: "damaged" });
    expect(read({ revision: 7 })).toMatchObject({ kind: "damaged" });
    expect(read([])).toMatchObject({ kind: "damaged" });
  });
});
