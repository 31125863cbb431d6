import { type ChildProcess, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const PROJECT = fileURLToPath(new URL("../..", import.meta.url));
const CLI = join(PROJECT, "dist/main/cli.js");
const START_MILLISECONDS = 30_000;

const run = promisify(execFile);

/** A repository with this project's three gifts at full, published to a folder and served, as a user would do it. */
export interface ServedRepository {
  readonly folder: string;
  /** The page's address, with a slash at the end. */
  readonly pageUrl: string;
  write(path: string, text: string): Promise<void>;
  publish(message: string): Promise<void>;
  /** Runs a command in the repository. */
  giftwrap(...words: string[]): Promise<unknown>;
  /** The digest of a release's file, from its lock. */
  digestOf(release: string, role: "animation" | "sound" | "still"): Promise<string>;
  /** Where the store keeps an object. */
  objectPath(digest: string, extension: string): string;
  close(): Promise<void>;
}

export async function serveRepository(): Promise<ServedRepository> {
  const folder = await mkdtemp(join(tmpdir(), "giftwrap-page-"));
  const write = async (path: string, text: string) => {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), text);
  };
  const giftwrap = (...words: string[]) => run(process.execPath, [CLI, ...words], { cwd: folder });
  const git = (...words: string[]) =>
    run("git", ["-c", "user.name=Tester", "-c", "user.email=tester@example.com", ...words], { cwd: folder });
  const publish = async (message: string) => {
    await git("add", "--all");
    await git("commit", "--quiet", "--message", message);
    await giftwrap("publish");
  };

  let server: Server | undefined;
  const close = async () => {
    await server?.close();
    await rm(folder, { recursive: true, force: true });
  };
  try {
    await git("init", "--quiet", "--initial-branch", "main");
    await cp(join(PROJECT, "gifts"), join(folder, "gifts"), { recursive: true });
    for (const [path, text] of Object.entries(FILES)) await write(path, text);
    await giftwrap("keys", "init");
    await giftwrap("build");
    await publish("The first gifts");
    server = await startServer(folder);
  } catch (cause) {
    await close();
    throw cause;
  }

  return {
    folder,
    pageUrl: server.pageUrl,
    write,
    publish,
    giftwrap,
    digestOf: async (release, role) => {
      const lock = await readFile(join(folder, `releases/${release.replace("@", "/")}.lock.json`), "utf8");
      const digest = new RegExp(`"role": "${role}",[^}]*"digest": "([0-9a-f]{64})"`).exec(lock)?.[1];
      if (digest === undefined) throw new Error(`the lock of ${release} names no ${role}`);
      return digest;
    },
    objectPath: (digest, extension) =>
      join(folder, `store/objects/sha256/${digest.slice(0, 2)}/${digest}.${extension}`),
    close,
  };
}

interface Server {
  readonly pageUrl: string;
  close(): Promise<void>;
}

async function startServer(folder: string): Promise<Server> {
  const child = spawn(process.execPath, [CLI, "serve", "--edge", "SG:0", "--edge", "ID:0", "--port", "0"], {
    cwd: folder,
    stdio: ["ignore", "pipe", "pipe"],
  });
  const ended = once(child, "exit");
  const close = async () => {
    child.kill("SIGKILL");
    await ended;
  };
  try {
    return { pageUrl: await readPageUrl(child), close };
  } catch (cause) {
    await close();
    throw cause;
  }
}

function readPageUrl(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    let said = "";
    const timer = setTimeout(
      () => reject(new Error(`serve said no page in time: ${said}`)),
      START_MILLISECONDS,
    );
    child.stderr?.on("data", (data) => {
      said += String(data);
    });
    child.once("exit", () => reject(new Error(`serve ended: ${said}`)));
    if (!child.stdout) throw new TypeError("the server's standard output is read");
    createInterface(child.stdout).on("line", (line) => {
      const url = /^page (http\S+)$/.exec(line)?.[1];
      if (url === undefined) return;
      clearTimeout(timer);
      resolve(url);
    });
  });
}

/** A release that is open to everyone with app 8 or newer. */
export function releaseText(
  gift: string,
  options: { version?: string; full?: boolean; fallback?: string } = {},
): string {
  const { version = "1.0.0", full = true, fallback } = options;
  return `gift: ${gift}
version: ${version}
title: For the page's test

compat:
  app: { android: ">=8.0.0", web: "*" }
  tiers: [low, mid, high]
${fallback === undefined ? "" : `\nfallback:\n  - gift: ${fallback}\n`}
rollout:
  canary:
    open: true
    cohorts:
      - staff

  regional:
    open: true
    regions:
      SG: 100

  full:
    open: ${full}
`;
}

const FILES: Readonly<Record<string, string>> = {
  ".gitignore": ".giftwrap/\nstore/\n",
  "releases/policy.yaml": `platforms:
  android:
    apps: ">=8.0.0"
    players:
      - { name: webp, apps: ">=8.0.0", formats: "*" }
      - { name: svga, apps: ">=8.0.0", formats: "^2.0.0" }
      - { name: lottie, apps: ">=8.0.0", formats: ">=5.0.0 <6.0.0" }
  web:
    apps: "*"
    players:
      - { name: webp, apps: "*", formats: "*" }
      - { name: svga, apps: "*", formats: "^2.0.0" }
      - { name: lottie, apps: "*", formats: ">=5.0.0 <6.0.0" }

tiers:
  low:
    frames: { longSide: 128, fps: 8, quality: 50 }
    budget: { downloadBytes: 1000000, decodedBytes: 20000000 }
  mid:
    frames: { longSide: 160, fps: 8, quality: 50 }
    budget: { downloadBytes: 1000000, decodedBytes: 20000000 }
  high:
    frames: { longSide: 192, fps: 8, quality: 50 }
    budget: { downloadBytes: 1000000, decodedBytes: 20000000 }
`,
  "releases/environments/production.yaml": `rollout: as-written
store: { folder: store }
pollSeconds: 30
edges: {}
`,
  "releases/rose/1.0.0.yaml": releaseText("rose"),
  "releases/rocket/1.0.0.yaml": releaseText("rocket", { fallback: "rose" }),
  "releases/crown/1.0.0.yaml": releaseText("crown"),
};
