import { execFile } from "node:child_process";
import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import sharp from "sharp";
import { afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { initKeys } from "../../src/commands/keysInit.ts";
import { command as lockBuild } from "../../src/commands/lockBuild.ts";
import { command as lockStore } from "../../src/commands/lockStore.ts";
import type { BuiltLocks } from "../../src/commands/lock/builtLocks.ts";
import { command as publish } from "../../src/commands/publish.ts";
import type { Command } from "../../src/commands/command.ts";
import { GiftError } from "../../src/report/error.ts";
import { digestOf } from "../../src/trust/nodeCrypto.ts";
import { buildLottie } from "../formats/buildLottie.ts";
import { type GitHubDouble, startGitHub } from "../github/double/startGitHub.ts";
import { POLICY, quietIo } from "../support/world.ts";

const run = promisify(execFile);

let still: Buffer;
let github: GitHubDouble;
let root: string;
let token: string;
const folders: string[] = [];

const ENVIRONMENT =
  "rollout: as-written\nstore: { folder: .giftwrap/store/production }\nedges: {}\npollSeconds: 60\n";

const gift = (id: string) =>
  `id: ${id}\nname: ${id}\nowner: "@acme/art"\nanimation: source/art.json\nstill: source/still.png\n`;

const release = (id: string, version: string) => `gift: ${id}
version: ${version}
title: A gift

compat:
  app: { web: "*" }
  tiers: [low, mid, high]

rollout:
  canary:
    open: true
    cohorts:
      - staff

  regional:
    open: false
    regions:
      SG: 5

  full:
    open: false
`;

const newGift = (id: string, version = "1.0.0") => ({
  [`gifts/${id}/gift.yaml`]: gift(id),
  [`gifts/${id}/source/art.json`]: Buffer.from(buildLottie({ nm: id })),
  [`gifts/${id}/source/still.png`]: still,
  [`releases/${id}/${version}.yaml`]: release(id, version),
});

beforeAll(async () => {
  still = await sharp({ create: { width: 120, height: 80, channels: 4, background: "#f0c" } })
    .png()
    .toBuffer();
});

beforeEach(async () => {
  const keys = await temporary();
  await mkdir(join(keys, "releases/environments"), { recursive: true });
  await writeFile(join(keys, "releases/environments/production.yaml"), ENVIRONMENT);
  await initKeys(quietIo(keys), "production");
  github = await startGitHub({
    files: {
      "README.md": "gifts\n",
      ".gitignore": ".giftwrap/\nout/\n",
      "releases/policy.yaml": POLICY,
      "releases/environments/production.yaml": ENVIRONMENT,
      "releases/environments/production.root.json": await readFile(
        join(keys, "releases/environments/production.root.json"),
      ),
    },
  });
  github.addUser("ann", { permission: "write" });
  token = github.token({
    login: "giftwrap[bot]",
    kind: "app",
    permissions: { contents: "write", pull_requests: "read" },
  });
  root = await temporary();
  await run("git", ["clone", "--quiet", github.gitUrlWith(token), root]);
  await run("cp", ["-r", join(keys, ".giftwrap"), root]);
});

afterEach(async () => {
  await github.stop();
  await Promise.all(folders.splice(0).map((it) => rm(it, { recursive: true, force: true })));
});

async function temporary(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "giftwrap-lock-"));
  folders.push(folder);
  return folder;
}

async function call(command: Command, options: Readonly<Record<string, string>>) {
  const said: string[] = [];
  const outputs = new Map<string, string>();
  const text = (name: string) => options[name];
  const exit = await command.run(
    { words: [], text, texts: (name) => [options[name] ?? []].flat(), flag: () => false },
    {
      ...quietIo(root),
      variables: {
        GITHUB_TOKEN: token,
        GITHUB_REPOSITORY: "acme/gifts",
        GITHUB_API_URL: github.apiUrl,
        GITHUB_SERVER_URL: github.webUrl,
        GIFTWRAP_LOGIN: "giftwrap[bot]",
      },
      line: (line) => said.push(line),
      output: (name, value) => void outputs.set(name, value),
    },
  );
  return { exit, said: said.join("\n"), outputs: Object.fromEntries(outputs) };
}

/** A pull request by ann with these files; and what the workflow would say of it. */
async function pullWith(files: Readonly<Record<string, string | Buffer | null>>, fork?: string) {
  const as = fork ?? "ann";
  const place = fork === undefined ? {} : { fork };
  const headSha = await github.pushFiles("art", files, { as, ...place });
  const number = await github.openPull({ as, head: "art", title: "Art", ...place });
  const head = {
    "head-repo": `${fork ?? "acme"}/gifts`,
    "head-branch": "art",
    "head-sha": headSha,
  };
  return { number, head, headSha };
}

const build = (head: Readonly<Record<string, string>>, out = "out/locks") =>
  call(lockBuild, { ...head, out });
const store = (head: Readonly<Record<string, string>>, from = "out/locks") =>
  call(lockStore, { ...head, from });

const manifest = async (): Promise<BuiltLocks> =>
  JSON.parse(await readFile(join(root, "out/locks/manifest.json"), "utf8")) as BuiltLocks;
const change = async (edit: (it: BuiltLocks) => void) => {
  const it = await manifest();
  edit(it);
  await writeFile(join(root, "out/locks/manifest.json"), JSON.stringify(it));
};
const storedObjects = async (): Promise<readonly string[]> =>
  (await readdir(join(root, ".giftwrap/store/production"), { recursive: true }).catch(() => [])).filter(
    (it) => /[0-9a-f]{64}/.test(it),
  );
const lockOnBranch = async (path: string, branch = "art") =>
  (await run("git", ["-C", github.folder, "show", `${branch}:${path}`]).catch(() => null))?.stdout ?? null;

describe("a new release", () => {
  test("is built by main's code, stored by its hashes, locked on its branch, and published without a build", async () => {
    const { head, number, headSha } = await pullWith(newGift("star"));
    const built = await build(head);
    expect(built).toMatchObject({ exit: 0, outputs: { locks: "1", pull: String(number) } });
    expect(await run("git", ["-C", root, "worktree", "list"])).toMatchObject({ stdout: /^[^\n]*\n$/ });

    const stored = await store(head);
    expect(stored).toMatchObject({ exit: 0, outputs: { locks: "1" } });
    expect(stored.said).toMatch(/^[1-9] objects? stored in production, 0 there already$/m);
    const text = await lockOnBranch("releases/star/1.0.0.lock.json");
    expect(JSON.parse(text ?? "null")).toMatchObject({ gift: "star", version: "1.0.0" });
    const { stdout: message } = await run("git", ["-C", github.folder, "log", "-1", "--format=%B%an", "art"]);
    expect(message).toContain("Lock star@1.0.0\n");
    expect(message).toContain(`Release: star@1.0.0\nLock: ${digestOf(text ?? "")}`);
    expect(message).toContain(headSha);
    expect(
      await readdir(join(root, ".giftwrap/store/production/collection/announced")).catch(() => []),
    ).toEqual([]);

    // The lock's own commit is built again, with the same bytes, and nothing is committed.
    const { stdout: tip } = await run("git", ["-C", github.folder, "rev-parse", "art"]);
    const next = { ...head, "head-sha": tip.trim() };
    await build(next, "out/again");
    expect((await store(next, "out/again")).said).toContain("has the lock of star@1.0.0 already");

    await github.mergeByButton(number, { as: "ann" });
    await run("git", ["-C", root, "pull", "--quiet"]);
    await rm(join(root, ".giftwrap/cache"), { recursive: true, force: true });
    const published = await call(publish, {});
    expect(published.exit).toBe(0);
    expect(published.said).toContain("star");
    expect(github.violations).toEqual([]);
  });

  test("that cannot be built is told, and holds no other up", async () => {
    const { head } = await pullWith({
      ...newGift("star"),
      ...newGift("moon"),
      "gifts/moon/source/art.json": "{}",
      ...newGift("sun"),
      "releases/sun/1.0.0.yaml": "gift: [",
    });
    const { exit, said } = await build(head);
    expect(exit).toBe(0);
    const { locks, failed } = await manifest();
    expect(locks.map((it) => it.path)).toEqual(["releases/star/1.0.0.lock.json"]);
    expect(failed.map((it) => it.release)).toEqual(["moon@1.0.0", "sun@1.0.0"]);
    expect(said).toContain("moon@1.0.0: not built:");
  });

  test("whose lock was written by hand is built all the same", async () => {
    const { head } = await pullWith({
      ...newGift("star"),
      "releases/star/1.0.0.lock.json": '{"gift":"star"}\n',
    });
    await build(head);
    await store(head);
    expect(JSON.parse((await lockOnBranch("releases/star/1.0.0.lock.json")) ?? "")).toMatchObject({
      version: "1.0.0",
    });
  });

  test("from a fork is built, and it is said what a person does next", async () => {
    github.addUser("mallory", { permission: "read" });
    await github.fork({ as: "mallory" });
    const { head, number } = await pullWith(newGift("star"), "mallory");
    await build(head);
    const { exit, said, outputs } = await store(head);
    expect({ exit, outputs }).toEqual({ exit: 0, outputs: { locks: "0", pull: String(number) } });
    expect(said).toContain(`git fetch origin pull/${number}/head`);
  });
});

describe("nothing is built or stored", () => {
  test("when every release has its lock", async () => {
    const { head } = await pullWith({ "README.md": "x" });
    expect((await build(head)).said).toContain("nothing to build");
    expect((await store(head)).said).toContain("nothing to store");
  });

  test("of a pull request that moved on or was closed", async () => {
    const { head, number } = await pullWith(newGift("star"));
    await build(head);
    await github.pushFiles("art", { "README.md": "y" }, { as: "ann" });
    expect((await store(head)).said).toContain("any more: nothing is stored");
    expect((await build(head, "out/more")).said).toContain("any more: nothing is built");
    await github.closePull(number, { as: "ann" });
    expect((await store(head)).said).toContain("any more: nothing is stored");
    expect(await storedObjects()).toEqual([]);
    expect(await lockOnBranch("releases/star/1.0.0.lock.json")).toBeNull();
  });
});

describe("what a hostile build hands over is refused, and nothing of it is stored or committed", () => {
  const other = "0".repeat(64);
  const lockPathOf = "releases/star/1.0.0.lock.json";

  /** Writes the lock as it would be if its author could choose, and names it in the manifest. */
  const forge = async (edit: (lock: Record<string, unknown>) => void, path = lockPathOf) => {
    const { locks } = await manifest();
    const digest = locks[0]?.digest ?? "";
    const lock = JSON.parse(await readFile(join(root, "out/locks/locks", digest), "utf8")) as Record<
      string,
      unknown
    >;
    edit(lock);
    const text = `${JSON.stringify(lock, null, 2)}\n`;
    await writeFile(join(root, "out/locks/locks", digestOf(text)), text);
    await change((it) => {
      it.locks = [{ path, digest: digestOf(text) }];
    });
  };

  test.each<[string, (head: { headSha: string }) => Promise<void>]>([
    ["no manifest", () => rm(join(root, "out/locks/manifest.json"))],
    ["a manifest that is no JSON", () => writeFile(join(root, "out/locks/manifest.json"), "{")],
    [
      "a manifest of 2 MB",
      () => writeFile(join(root, "out/locks/manifest.json"), `"${"x".repeat(2_000_000)}"`),
    ],
    ["another format", () => change((it) => void (it.format = "2.0"))],
    ["another commit", () => change((it) => void (it.headSha = "1".repeat(40)))],
    [
      "a path out of releases/",
      () => change((it) => void (it.locks = [{ path: "../x.lock.json", digest: other }])),
    ],
    [
      "a workflow for a lock",
      () => change((it) => void (it.locks = [{ path: ".github/workflows/x.yml", digest: other }])),
    ],
    ["a digest that is a path", () => change((it) => void (it.objects[0]!.digest = "../../../etc/passwd"))],
    ["an object that is not there", () => change((it) => void (it.objects = []))],
    [
      "an object with other bytes",
      async () => {
        const [object] = (await manifest()).objects;
        await writeFile(
          join(root, "out/locks/objects", object?.digest ?? ""),
          "x".repeat(object?.bytes ?? 0),
        );
      },
    ],
    [
      "an object that is a link",
      async () => {
        const path = join(root, "out/locks/objects", (await manifest()).objects[0]?.digest ?? "");
        await rm(path);
        await symlink("/etc/passwd", path);
      },
    ],
    [
      "a folder that is a link",
      async () => {
        await run("mv", [join(root, "out/locks/objects"), join(root, "out/elsewhere")]);
        await symlink("../elsewhere", join(root, "out/locks/objects"));
      },
    ],
    [
      "too many bytes",
      () =>
        change((it) => {
          it.objects = [1, 2, 3].map((at) => ({
            digest: String(at).repeat(64),
            mediaType: "image/webp",
            bytes: 9e7,
          }));
        }),
    ],
    [
      "an object that is larger than it says",
      () => change((it) => void (it.objects = it.objects.map((object) => ({ ...object, bytes: 1 })))),
    ],
    [
      "too many objects",
      () =>
        change((it) => {
          it.objects = Array.from({ length: 2_001 }, (_, at) => ({
            digest: at.toString(16).padStart(64, "0"),
            mediaType: "image/webp",
            bytes: 1,
          }));
        }),
    ],
    [
      "the lock of another release",
      () => change((it) => void (it.locks[0]!.path = "releases/star/9.9.9.lock.json")),
    ],
    [
      "the lock of a release that the commit does not have",
      () => forge((it) => void (it["version"] = "9.9.9"), "releases/star/9.9.9.lock.json"),
    ],
    [
      "a lock of other sources",
      () =>
        forge((it) => {
          (it["sources"] as { digest: string }[])[0]!.digest = other;
        }),
    ],
    [
      "a lock that names bytes that nobody has",
      () =>
        forge((it) => {
          (it["tiers"] as { low: { files: { digest: string }[] } }).low.files[0]!.digest = other;
        }),
    ],
    [
      "a lock that calls bytes something else",
      () =>
        forge((it) => {
          (it["tiers"] as { low: { files: { mediaType: string }[] } }).low.files[0]!.mediaType = "text/html";
        }),
    ],
    ["a lock with more in it", () => forge((it) => void (it["more"] = true))],
    [
      "a lock that was edited by hand",
      async () => {
        const path = join(root, "out/locks/locks", (await manifest()).locks[0]?.digest ?? "");
        await writeFile(path, (await readFile(path, "utf8")).replace('"fps"', '"fps" '));
      },
    ],
  ])("%s", async (_, spoil) => {
    const { head, headSha } = await pullWith(newGift("star"));
    await build(head);
    await spoil({ headSha });
    const refused = await store(head).catch((error: unknown) => error);
    expect(refused).toBeInstanceOf(GiftError);
    expect(refused).toMatchObject({ code: "LOCKS_REFUSED" });
    expect(await lockOnBranch(lockPathOf)).toBeNull();
    expect(await lockOnBranch("releases/star/9.9.9.lock.json")).toBeNull();
    for (const path of await storedObjects())
      expect(path.includes(digestOf(await readFile(join(root, ".giftwrap/store/production", path))))).toBe(
        true,
      );
    expect(github.requests.filter((it) => it.method !== "GET")).toEqual([]);
  });

  test("a lock of a release whose lock is merged", async () => {
    const { head, number } = await pullWith(newGift("star"));
    await build(head);
    await store(head);
    await github.mergeByButton(number, { as: "ann" });
    await run("git", ["-C", root, "pull", "--quiet"]);
    await github.deleteBranch("art", { as: "ann" });
    const next = await pullWith({ "gifts/star/source/art.json": buildLottie({ nm: "other" }) });
    await rm(join(root, "out"), { recursive: true });
    expect((await build(next.head)).said).toContain("nothing to build");
    const other = await temporary();
    await run("git", ["clone", "--quiet", github.gitUrlWith(token), other]);
    // A build that pretends that nothing is merged.
    await run("git", ["-C", root, "checkout", "--quiet", "HEAD~1"]);
    await rm(join(root, "out"), { recursive: true });
    expect((await build(next.head)).outputs["locks"]).toBe("1");
    await run("git", ["-C", root, "checkout", "--quiet", "main"]);
    await expect(store(next.head)).rejects.toMatchObject({ code: "LOCKS_REFUSED" });
  });
});
