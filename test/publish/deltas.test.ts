import { expect, test } from "vitest";
import type { Fetch } from "../../src/client/client.ts";
import { AUDIENCE } from "../support/audience.ts";
import { createWorld, storeFetch } from "../support/world.ts";

test("a client that missed some publishes still gets by with a delta, and ends with the signed catalog", async () => {
  const world = await createWorld();
  try {
    for (let at = 0; at < 12; at++)
      await world.release({ gift: `gift-${at}`, version: "1.0.0", regional: true, full: true });
    await world.commit("Release");
    await world.publish();
    const asked: string[] = [];
    const direct = storeFetch(await world.store());
    const counting: Fetch = (key, options) => {
      asked.push(key);
      return direct(key, options);
    };
    const [viewer] = AUDIENCE;
    if (!viewer) throw new Error("there is an audience");
    const client = await world.viewer(viewer, counting);
    await client.refresh();

    for (const version of ["1.1.0", "1.2.0", "1.3.0"]) {
      await world.release({ gift: "gift-0", version, regional: true, full: true });
      await world.commit(`Release ${version}`);
      await world.publish();
    }
    asked.length = 0;
    await client.refresh();
    expect(asked.filter((key) => key.startsWith("targets/delta/"))).toHaveLength(1);
    expect(asked.filter((key) => key.startsWith("targets/catalog/"))).toEqual([]);
    expect(client.resolve("gift-0").chain[0]).toMatchObject({ version: "1.3.0" });
  } finally {
    await world.remove();
  }
});
