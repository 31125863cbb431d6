import { spawn } from "node:child_process";
import { cp, mkdir, readFile, symlink, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { giftPath, POLICY_PATH } from "../../model/paths.ts";
import type { Project } from "../../model/project.ts";
import type { Path } from "../../model/validate.ts";
import { GiftError } from "../../report/error.ts";
import { editScalar, hasBlock, removeBlock } from "../../source/edit.ts";
import { git } from "../../source/git.ts";

/** A repository of the demo's own, in which it runs the real commands. */
export interface DemoRepository {
  readonly root: string;
  /** Runs `giftwrap` as a person would. @throws GiftError when it ends with another exit code than 0 */
  giftwrap(...args: string[]): Promise<string>;
  /** The same for a question that may be answered with no: exit code 1. */
  ask(...args: string[]): Promise<{ readonly isYes: boolean; readonly said: string }>;
  commit(message: string): Promise<string>;
  /** When the newest commit was made, epoch seconds. */
  seconds(): Promise<number>;
  revert(commit: string): Promise<void>;
  write(path: string, content: string | Uint8Array): Promise<void>;
  edit(path: string, at: Path, value: boolean | number): Promise<void>;
}

export const ENVIRONMENT = "production";

/** A repository with the work tree's gifts and policy, and no history. The build cache is shared: it is by digest. */
export async function createRepository(
  from: string,
  root: string,
  gifts: readonly string[],
  onCommand: (line: string) => void,
): Promise<DemoRepository> {
  await mkdir(join(root, ".giftwrap"), { recursive: true });
  for (const gift of gifts)
    await cp(join(from, giftPath(gift, "")), join(root, giftPath(gift, "")), { recursive: true });
  await mkdir(join(root, "releases"), { recursive: true });
  const policy = await readFile(join(from, POLICY_PATH), "utf8");
  await writeFile(join(root, POLICY_PATH), withGate(policy));
  await mkdir(join(from, ".giftwrap", "cache"), { recursive: true });
  await symlink(join(from, ".giftwrap", "cache"), join(root, ".giftwrap", "cache"), "junction");
  await writeFile(join(root, ".gitignore"), ".giftwrap/\n");
  await git(root, ["init", "--quiet", "--initial-branch=main"]);
  // The demo's commits are its own, whoever runs it and whatever their git is set to.
  await git(root, ["config", "user.name", "Giftwrap demo"]);
  await git(root, ["config", "user.email", "demo@giftwrap.invalid"]);
  await git(root, ["config", "commit.gpgsign", "false"]);

  const write = async (path: string, content: string | Uint8Array) => {
    await mkdir(dirname(join(root, path)), { recursive: true });
    await writeFile(join(root, path), content);
  };
  return {
    root,
    write,
    giftwrap: async (...args) => {
      onCommand(`giftwrap ${args.join(" ")}`);
      const { isYes, said } = await runCommand(root, args);
      if (isYes) return said;
      throw toFailure(args, 1, said);
    },
    ask: async (...args) => {
      onCommand(`giftwrap ${args.join(" ")}`);
      return runCommand(root, args);
    },
    commit: async (message) => {
      onCommand(`git commit -m "${message}"`);
      await git(root, ["add", "--all"]);
      await git(root, ["commit", "--quiet", "-m", message]);
      return (await git(root, ["rev-parse", "HEAD"])).trim();
    },
    seconds: async () => Number(await git(root, ["show", "--no-patch", "--format=%ct", "HEAD"])),
    revert: async (commit) => {
      onCommand(`git revert ${commit.slice(0, 10)}`);
      await git(root, ["revert", "--no-edit", commit]);
    },
    edit: async (path, at, value) =>
      write(path, editScalar(await readFile(join(root, path), "utf8"), at, value)),
  };
}

/** The policy with the demo's own gate: that of a small app, which does not wait for as many plays as a large one. */
function withGate(policy: string): string {
  const others = hasBlock(policy, "gate") ? removeBlock(policy, "gate") : policy;
  return `${others.trimEnd()}\n\n${GATE}`;
}

const GATE = `gate:
  gridMinutes: 30
  stratumPercent: 50
  stages:
    canary: { soakHours: 4, units: 20 }
    regional: { soakHours: 24, units: 1000 }
    full: { soakHours: 24, units: 1000 }
  metrics:
    failed: { margin: { points: 0.5 }, usualPercent: 0.5 }
    crashed: { margin: { points: 0.5 }, usualPercent: 0.1 }
    slow: { overMilliseconds: 200, margin: { points: 2.5 }, usualPercent: 5 }
`;

export function environmentText(edges: readonly { region: string; url: string }[]): string {
  const lines = edges.map(({ region, url }) => `  ${region}: [${url}]`);
  return [
    "rollout: as-written",
    `store: { folder: .giftwrap/store/${ENVIRONMENT} }`,
    "pollSeconds: 30",
    "edges:",
    ...lines,
    "",
  ].join("\n");
}

/** The apps that the gift's own releases claim, which have its player; every app of a gift without one. */
function appsOf(project: Project, gift: string): Readonly<Record<string, string>> {
  const own = [...project.releases.values()].find((it) => it.value.gift === gift);
  if (own) return own.value.compat.app;
  return Object.fromEntries(Object.keys(project.policy?.value.platforms ?? {}).map((it) => [it, "*"]));
}

/** A release for every platform of the policy, in the layout that reverts cleanly. */
export function releaseText(
  project: Project,
  gift: string,
  version: string,
  open: boolean,
  regions: readonly string[],
): string {
  const apps = Object.entries(appsOf(project, gift)).map(([platform, range]) => `${platform}: "${range}"`);
  return `gift: ${gift}
version: ${version}
title: ${gift} ${version}, by the demo

compat:
  app: { ${apps.join(", ")} }
  tiers: [low, mid, high]

rollout:
  canary:
    open: ${open}
    cohorts:
      - staff

  regional:
    open: ${open}
    regions:
${regions.map((region, at) => `      ${region}: ${10 * (at + 1)}`).join("\n")}

  full:
    open: ${open}

  holdback:
    percent: ${open ? 0 : 2}
`;
}

/**
 * This very program, as a process of its own. Exit code 1 is an answer: findings, or a gate that does not pass.
 * @throws GiftError `DEMO_FAILED` for any other
 */
function runCommand(
  root: string,
  args: readonly string[],
): Promise<{ readonly isYes: boolean; readonly said: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [process.argv[1] ?? "", ...args], {
      cwd: root,
      stdio: ["ignore", "pipe", "pipe"],
    });
    const output: Buffer[] = [];
    const errors: Buffer[] = [];
    child.stdout.on("data", (chunk: Buffer) => output.push(chunk));
    child.stderr.on("data", (chunk: Buffer) => errors.push(chunk));
    child.on("error", reject);
    child.on("close", (code) => {
      const said = Buffer.concat(output).toString("utf8").trimEnd();
      if (code === 0 || code === 1) resolve({ isYes: code === 0, said });
      else reject(toFailure(args, code, `${said}\n${Buffer.concat(errors).toString("utf8")}`));
    });
  });
}

function toFailure(args: readonly string[], code: number | null, said: string): GiftError {
  return new GiftError(
    "DEMO_FAILED",
    `giftwrap ${args.join(" ")} ended with ${code}:\n${said}`,
    "this is a bug of the demo or of the gifts in this work tree: run npx giftwrap validate",
  );
}
