import { execFile } from "node:child_process";
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { GiftwrapClient, httpFetch, type Loaded, toViewer } from "../../src/client/client.ts";
import { type EdgeServer, type Route, startEdge } from "../../src/store/edgeServer.ts";
import { fileStore } from "../../src/store/fileStore.ts";
import type { Store } from "../../src/store/store.ts";
import { nodeCrypto } from "../../src/trust/nodeCrypto.ts";
import { appId } from "../github/double/shapes/toUser.ts";
import { type GitHubDouble, startGitHub } from "../github/double/startGitHub.ts";
import type { JobRun, WorkflowRun } from "../github/runner/runs.ts";
import { type Runner, startRunner } from "../github/runner/startRunner.ts";
import { giftFiles } from "../journey/giftOf.ts";
import { giftwrap } from "./cli.ts";
import { GATE } from "./gateWorld.ts";
import { POLICY, releaseText } from "./world.ts";

const run = promisify(execFile);
const PROJECT = new URL("../../", import.meta.url).pathname;
export const APP = "giftwrap-acme[bot]";
const ACTIONS = "github-actions[bot]";
const HOUR = 3_600_000;

/** Who works at acme: each of them may push to branches, none to main. */
export const PEOPLE = { artist: "ada", manager: "max", liveOps: "lin", onCall: "olu" } as const;

/**
 * A company's own copy of the template, as it lives on GitHub: the project's workflow files and committed program, a double of GitHub over a
 * real repository, an executor of workflows, a store, and two edges over HTTP.
 */
export interface House {
  readonly github: GitHubDouble;
  readonly runner: Runner;
  readonly store: Store;
  /** A clone on somebody's laptop, with the keys. */
  readonly laptop: string;
  /** Where the gate reads its numbers. */
  readonly metricsFile: string;
  /** Sets the clock of GitHub, and so of its commits, back by so many hours. */
  setHoursBack(hours: number): void;
  /** Lets no event start these workflow files from now on; a form or a time still does. */
  leaveOut(...files: readonly string[]): void;
  /** Lets the edges keep answers back, by the path that is asked for, until the function that is given back is called. */
  holdEdges(isHeld: (path: string) => boolean): () => void;
  /** The laptop as main is now. */
  pull(): Promise<void>;
  /** Runs a command on the laptop, which must do what it is for. */
  must(...args: string[]): Promise<string>;
  /** What an app in this place plays of a gift now: a version, or the kind of another link. */
  plays(
    gift: string,
    who?: { region?: string; cohorts?: readonly string[]; unitId?: string },
  ): Promise<string>;
  /** The bodies of the comments on a pull request that begin with the marker, each by the login that wrote it. */
  comments(number: number, marker: string): readonly { readonly login: string; readonly body: string }[];
  /** Runs of a workflow file, oldest first. */
  runsOf(file: string): readonly WorkflowRun[];
  stop(): Promise<void>;
}

export interface HouseOptions {
  readonly policy?: string;
  readonly latencyMilliseconds?: number;
  /** Checks that main requires, each from whom `giftwrap setup` binds it to; those of `giftwrap setup` when nothing is said. */
  readonly checks?: readonly string[];
  readonly files?: Readonly<Record<string, string | Uint8Array>>;
  /** The App was installed without the permission to see who is in a team. */
  readonly isBlindApp?: boolean;
  /** Workflow files that no event starts, beside `ci.yml`; a form or a time still does. */
  readonly leaveOut?: readonly string[];
  /** What happens elsewhere when a job has ended; waited for before anything goes on that needs it. */
  afterJob?(run: WorkflowRun, job: JobRun): Promise<void>;
}

export const APPROVALS = `
approvals:
  canary: [{ team: gift-release-managers }]
  regional: [{ team: gift-release-managers }]
  full: [{ team: gift-release-managers }, { team: live-ops }]
people: { help: "#gift-release" }
`;

/** `star` 1.0.0 is live for everyone. */
export async function createHouse(options: HouseOptions = {}): Promise<House> {
  const root = await mkdtemp(join(tmpdir(), "giftwrap-house-"));
  const storeFolder = join(root, "store");
  const metricsFile = join(root, "metrics.json");
  const laptop = join(root, "laptop");
  const store = fileStore(storeFolder);
  let isHeld: (path: string) => boolean = () => false;
  const held: (() => void)[] = [];
  const letGo = () => {
    isHeld = () => false;
    for (const answer of held.splice(0)) answer();
  };
  const route: Route = async ({ url = "" }) => {
    if (isHeld(url)) await new Promise<void>((resolve) => held.push(resolve));
    return false;
  };
  const edges: EdgeServer[] = [await startEdge(store, 0, route), await startEdge(store, 0, route)];
  let hoursBack = 0;
  const github = await startGitHub({
    now: () => new Date(Date.now() - hoursBack * HOUR),
    ...(options.latencyMilliseconds !== undefined && { latencyMilliseconds: options.latencyMilliseconds }),
    settings: { allowMergeCommit: false, allowRebaseMerge: false },
  });
  github.addUser("founder", { permission: "admin" });
  for (const login of Object.values(PEOPLE)) github.addUser(login, { permission: "write" });
  github.addTeam("gift-release-managers", [PEOPLE.manager]);
  github.addTeam("live-ops", [PEOPLE.liveOps]);
  github.addTeam("gift-oncall", [PEOPLE.onCall]);

  await mkdir(laptop);
  const git = async (...args: string[]) => (await run("git", args, { cwd: laptop })).stdout.trim();
  const must = async (...args: string[]): Promise<string> => {
    const { code, stdout, stderr } = await giftwrap(laptop, ...args);
    if (code !== 0) throw new Error(`giftwrap ${args.join(" ")} ended with ${code}\n${stdout}${stderr}`);
    return stdout;
  };
  await git("init", "--quiet", "--initial-branch=main");
  for (const [key, value] of [
    ["user.name", "Founder"],
    ["user.email", "founder@giftwrap.invalid"],
    ["commit.gpgsign", "false"],
  ] as const)
    await git("config", key, value);
  const [sg, id] = edges;
  const files: Record<string, string | Uint8Array> = {
    ...(await templateFiles()),
    "releases/policy.yaml": options.policy ?? `${POLICY}\n${GATE}  onPass: propose\n${APPROVALS}`,
    "releases/environments/production.yaml": [
      "rollout: as-written",
      `store: { folder: ${storeFolder} }`,
      "pollSeconds: 30",
      "edges:",
      `  SG: [${sg?.url}]`,
      `  ID: [${id?.url}]`,
      `metrics: { recorded: ${metricsFile} }`,
      "",
    ].join("\n"),
    ...(await giftFiles("star", 200)),
    "releases/star/1.0.0.yaml": releaseText({ gift: "star", version: "1.0.0", regional: true, full: true }),
    ...options.files,
  };
  for (const [path, content] of Object.entries(files)) {
    await mkdir(dirname(join(laptop, path)), { recursive: true });
    await writeFile(join(laptop, path), content);
  }
  await must("keys", "init");
  await must("build");
  await git("add", "--all");
  await git("commit", "--quiet", "-m", "Begin");
  await must("publish");
  const founder = github.token({
    login: "founder",
    kind: "user",
    permissions: { contents: "write", workflows: "write" },
  });
  await git("remote", "add", "origin", github.gitUrlWith(founder));
  await git("push", "--quiet", "--set-upstream", "origin", "main");
  github.protect({
    checks: (options.checks ?? ["Gift check", "giftwrap", "giftwrap gate", "giftwrap approvals"]).map(
      (context) => ({ context, by: context.startsWith("giftwrap") ? APP : ACTIONS }),
    ),
  });

  const key = async (name: string) =>
    readFile(join(laptop, ".giftwrap/keys/production", `${name}.pem`), "utf8");
  const secrets = { GIFTWRAP_APP_KEY: "the app's key" };
  const app = String(appId(github.state, APP));
  const runner = await startRunner({
    github,
    variables: { GIFTWRAP_STORE: "on", GIFTWRAP_APP_ID: app },
    secrets: {
      production: {
        ...secrets,
        GIFTWRAP_RELEASE_KEY: await key("release"),
        GIFTWRAP_TIMESTAMP_KEY: await key("timestamp"),
      },
      bot: secrets,
      lock: secrets,
    },
    app: {
      slug: APP.replace("[bot]", ""),
      clientId: app,
      privateKey: secrets.GIFTWRAP_APP_KEY,
      permissions: {
        actions: "write",
        checks: "write",
        contents: "write",
        "pull-requests": "write",
        issues: "write",
        statuses: "write",
        ...(options.isBlindApp ? {} : { members: "read" as const }),
      },
    },
    leaveOut: ["ci.yml", ...(options.leaveOut ?? [])],
    ...(options.afterJob && { afterJob: options.afterJob }),
  });

  const rootFile = await readFile(join(laptop, "releases/environments/production.root.json"));
  return {
    github,
    runner,
    store,
    laptop,
    metricsFile,
    must,
    setHoursBack: (hours) => void (hoursBack = hours),
    leaveOut: (...files) => runner.leaveOut(["ci.yml", ...files]),
    holdEdges(asked) {
      isHeld = asked;
      return letGo;
    },
    pull: async () => void (await git("pull", "--quiet", "--ff-only")),
    async plays(gift, { region = "SG", cohorts = [], unitId = "7" } = {}) {
      const client = await GiftwrapClient.open({
        viewer: toViewer({ platform: "web", appVersion: "1.0.0", tier: "mid", region, unitId, cohorts }),
        root: rootFile,
        crypto: nodeCrypto,
        fetch: httpFetch({
          baseUrl: (region === "SG" ? sg : id)?.url ?? "",
          sendEtag: true,
          timeoutMilliseconds: 5_000,
        }),
      });
      await client.refresh();
      return versionOf(await client.play(gift));
    },
    comments: (number, marker) =>
      [...github.state.comments.values()]
        .filter((it) => it.issue === number && it.body.startsWith(`<!-- ${marker} -->`))
        .map(({ author, body }) => ({ login: author.login, body })),
    runsOf: (file) => runner.runs.filter((it) => it.file === file),
    async stop() {
      letGo();
      await runner.stop();
      await github.stop();
      await Promise.all(edges.map((it) => it.close()));
      await rm(root, { recursive: true, force: true });
    },
  };
}

function versionOf({ link }: Loaded): string {
  return link.kind === "release" ? link.version : link.kind;
}

/** What a copy of the template keeps: all of .github/, and what `npm ci` reads. */
async function templateFiles(): Promise<Record<string, Uint8Array>> {
  const files: Record<string, Uint8Array> = {};
  for (const entry of await readdir(join(PROJECT, ".github"), { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const path = join(entry.parentPath, entry.name);
    files[path.slice(PROJECT.length)] = await readFile(path);
  }
  for (const name of [".gitignore", "package.json", "package-lock.json"])
    files[name] = await readFile(join(PROJECT, name));
  return files;
}
