import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { command } from "../../src/commands/warm.ts";
import type { Arguments } from "../../src/commands/command.ts";
import { lockPath } from "../../src/model/paths.ts";
import { trustRoot } from "../../src/publish/live.ts";
import { fileStore } from "../../src/store/fileStore.ts";
import { revisionTree } from "../../src/source/tree.ts";
import { readEvidence } from "../../src/trust/evidence.ts";
import { digestOf, nodeCrypto } from "../../src/trust/nodeCrypto.ts";
import { objectKey } from "../../src/wire/keys.ts";
import { onlyFor, serves, startTestEdge, type TestEdge } from "../support/edges.ts";
import { createWorld, quietIo, type World } from "../support/world.ts";

let world: World;
let edges: TestEdge[];
beforeEach(async () => {
  world = await createWorld();
  const store = fileStore(join(world.root, ".giftwrap", "store", "production"));
  edges = await Promise.all(["SG", "ID"].map((region) => startTestEdge(region, () => store)));
  await world.release({ gift: "rose", version: "1.1.0" });
  await world.commit("Release");
});
afterEach(async () => {
  await Promise.all(edges.map((it) => it.close()));
  await world.remove();
});

async function warm(
  word = "rose@1.1.0",
  addresses = edges.map(({ edge }) => `${edge.region}=${edge.url}`),
  deadline = "20",
) {
  const lines: string[] = [];
  const args: Arguments = {
    words: [word],
    text: (name) => (name === "deadline" ? deadline : undefined),
    texts: (name) => (name === "edge" ? addresses : []),
    flag: () => false,
  };
  const exit = await command.run(args, { ...quietIo(world.root), line: (text) => lines.push(text) });
  return { exit, lines };
}

async function evidence() {
  const { commit, trustedRoot, environment } = await world.publisher();
  const path = lockPath("rose", "1.1.0");
  const lock = (await revisionTree(world.root, commit).read([path])).get(path);
  const { root } = await trustRoot(trustedRoot, nodeCrypto);
  const subject = { lock: digestOf(lock ?? ""), environment: "production", kind: "warm" } as const;
  return readEvidence(environment.store, root, nodeCrypto, subject);
}

describe("warming a release by hand", () => {
  test("asks every edge for every object of its lock, says so, and leaves signed evidence", async () => {
    await world.publish();
    expect(await evidence()).toBeNull();
    const { exit, lines } = await warm();
    expect(exit).toBe(0);
    expect(lines).toEqual(
      edges.map(({ edge }) =>
        expect.stringMatching(
          `^${edge.region} ${edge.url} serves 2 objects \\(29 B\\), the slowest after \\d+ ms$`,
        ),
      ),
    );
    const objects = [
      objectKey(digestOf("rose 1.1.0"), "application/vnd.lottie+json"),
      objectKey(digestOf("still of rose 1.1.0"), "image/webp"),
    ];
    for (const { asked } of edges) expect([...asked].sort()).toEqual(objects.sort());
    expect(await evidence()).toMatchObject({
      result: "passed",
      facts: { edges: 2, objects: 2, bytes: 29, milliseconds: expect.any(Number) },
    });
  });

  test("fails when an edge serves other bytes, names it, and the record says that it failed", async () => {
    await world.publish();
    const key = objectKey(digestOf("rose 1.1.0"), "application/vnd.lottie+json");
    edges[1]?.behave(onlyFor((it) => it === key, serves(new TextEncoder().encode("rose 1.1.1"))));
    const url = edges[1]?.edge.url ?? "";
    await expect(warm("rose@1.1.0", undefined, "2")).rejects.toMatchObject({
      code: "EDGES_COLD",
      message: `rose@1.1.0 is not warm in production: the ID edge ${url} does not serve its bytes: it serves other bytes than were published`,
      fix: expect.stringContaining("npx giftwrap warm rose@1.1.0 --env production"),
    });
    expect(await evidence()).toMatchObject({ result: "failed" });
  });

  test("asks no edge for what was never published, and none of an environment without edges", async () => {
    await expect(warm()).rejects.toMatchObject({ code: "OBJECTS_MISSING" });
    expect(edges.flatMap((it) => it.asked)).toEqual([]);
    await expect(warm("rose@1.1.0", [])).rejects.toMatchObject({ code: "NO_EDGES" });
    await expect(warm("rose@9.0.0")).rejects.toMatchObject({ code: "LOCK_MISSING" });
    await expect(warm("rose")).rejects.toThrow("name one release");
    expect(await evidence()).toBeNull();
  });
});
