import { createServer, type Server } from "node:http";
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import * as tufClient from "../../src/commands/tufClient.ts";
import { newSigner, NOW } from "../client/repositoryOf.ts";
import { TufRepository } from "../client/tufRepository.ts";
import { runCommand } from "../support/runCommand.ts";

let repository: TufRepository;
let server: Server;
let url: string;
let folder: string;

beforeEach(async () => {
  repository = await TufRepository.create();
  repository.delegate("targets", { name: "../team", paths: ["team/*"] });
  repository.addTarget("targets", "own", "of the top");
  repository.addTarget("../team", "team/a b", "of the team");
  await repository.publishAll("../team");
  server = createServer((request, response) => {
    const key = (request.url ?? "").slice(1);
    repository.asked.push(key);
    const bytes = repository.files.get(key) ?? repository.files.get(decodeURIComponent(key));
    response.writeHead(bytes ? 200 : 404).end(bytes);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  folder = await mkdtemp(join(tmpdir(), "giftwrap-tuf-client-"));
  await writeFile(join(folder, "trusted.json"), repository.files.get("metadata/1.root.json") ?? "");
});
afterEach(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  await rm(folder, { recursive: true, force: true });
});

/** Its exit code, and what it asked for. */
async function run(...words: readonly string[]): Promise<{ exit: number; asked: string[]; said: string }> {
  repository.asked.length = 0;
  let said = "";
  const { exit } = await runCommand(
    tufClient,
    folder,
    ["--metadata-dir", join(folder, "metadata"), ...words],
    {
      now: () => NOW,
      progress: (text) => {
        said += text;
      },
    },
  );
  return { exit, asked: [...repository.asked], said };
}

const init = () => run("init", join(folder, "trusted.json"));
const refresh = () => run("--metadata-url", `${url}/metadata`, "refresh");
const download = (...paths: readonly string[]) =>
  run(
    "--metadata-url",
    `${url}/metadata/`,
    ...paths.flatMap((it) => ["--target-name", it]),
    "--target-base-url",
    `${url}/targets`,
    "--target-dir",
    join(folder, "targets"),
    "download",
  );
const kept = async (name: string) => new Uint8Array(await readFile(join(folder, "metadata", name)));

describe("tuf-client", () => {
  test("init takes the root as it is and asks nobody", async () => {
    expect(await init()).toEqual({ exit: 0, asked: [], said: "" });
    expect(await readdir(join(folder, "metadata"))).toEqual(["root.json"]);
    expect(await kept("root.json")).toEqual(repository.bytesOf("root"));
  });

  test("refresh keeps the very bytes of the four roles, each in a file of its name", async () => {
    await init();
    expect(await refresh()).toEqual({
      exit: 0,
      asked: [
        "metadata/2.root.json",
        "metadata/timestamp.json",
        "metadata/2.snapshot.json",
        "metadata/2.targets.json",
      ],
      said: "",
    });
    for (const role of ["root", "timestamp", "snapshot", "targets"])
      expect(await kept(`${role}.json`)).toEqual(repository.bytesOf(role));
    expect((await refresh()).asked).toEqual(["metadata/2.root.json", "metadata/timestamp.json"]);
  });

  test("download brings targets in their order, of delegated roles too, and what is there already not again", async () => {
    await init();
    const { exit, asked } = await download("team/a b", "own");
    expect(exit).toBe(0);
    expect(asked.slice(4)).toEqual([
      "metadata/1...%2Fteam.json",
      expect.stringMatching(/^targets\/team\/[0-9a-f]{64}\.a%20b$/),
      expect.stringMatching(/^targets\/[0-9a-f]{64}\.own$/),
    ]);
    expect((await readdir(join(folder, "metadata"))).sort()).toEqual(
      ["..%2Fteam.json", "root.json", "snapshot.json", "targets.json", "timestamp.json"].sort(),
    );
    expect((await readdir(join(folder, "targets"))).sort()).toEqual(["own", "team%2Fa%20b"]);
    expect(await readFile(join(folder, "targets", "own"), "utf8")).toBe("of the top");
    expect((await download("team/a b", "own")).asked).toEqual([
      "metadata/2.root.json",
      "metadata/timestamp.json",
    ]);
    await writeFile(join(folder, "targets", "own"), "of nobody");
    expect((await download("own")).asked.at(-1)).toMatch(/^targets\//);
    expect(await readFile(join(folder, "targets", "own"), "utf8")).toBe("of the top");
  });

  test("stops at the first target that fails, with exit code 1, and keeps those before it", async () => {
    await init();
    const { exit, said } = await download("own", "nowhere", "team/a b");
    expect([exit, said]).toEqual([1, "no role names the target nowhere [missing]"]);
    expect(await readdir(join(folder, "targets"))).toEqual(["own"]);
  });

  test("what is not rightly signed is refused with exit code 1, and not kept", async () => {
    await init();
    await refresh();
    const before = await kept("timestamp.json");
    repository.role("timestamp").version++;
    await repository.sign("timestamp", [newSigner()]);
    const { exit, said } = await refresh();
    expect(exit).toBe(1);
    expect(said).toContain("timestamp has 0 valid signatures of the 1 that root 1 asks for [signature]");
    expect(await kept("timestamp.json")).toEqual(before);
  });

  test.each([
    ["nothing to do", []],
    ["an unknown word", ["update"]],
    ["no root", ["init"]],
    ["a root that is not there", ["init", "nowhere.json"]],
    ["no address", ["refresh"]],
  ])("%s ends with exit code 1", async (_, words) => {
    expect((await run(...words)).exit).toBe(1);
  });

  test("without a root to begin with nobody is asked", async () => {
    expect(await refresh()).toMatchObject({ exit: 1, asked: [] });
    await expect(stat(join(folder, "metadata"))).rejects.toThrow("ENOENT");
  });
});
