import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { runCache, type StartCache } from "./cache.ts";

const TEMPLATE = new URL("edge.vcl", import.meta.url);

/** A real Varnish before the origin; PURGE is understood. */
export const startVarnish: StartCache = (originUrl, { stuck = false } = {}) =>
  runCache(async (folder, port) => {
    const template = await readFile(TEMPLATE, "utf8");
    const file = join(folder, "edge.vcl");
    await writeFile(
      file,
      template
        .replace(`"ORIGIN_PORT"`, () => `"${new URL(originUrl).port}"`)
        .replace("IS_STUCK", () => String(stuck))
        .replace("REFUSES_PURGE", () => String(stuck)),
    );
    const address = `127.0.0.1:${port}`;
    const own = join(folder, "varnish");
    return ["varnishd", "-F", "-n", own, "-a", address, "-f", file, "-s", "malloc,64m", "-j", "none"];
  });
