import type { Edge } from "../publish/edges.ts";
import { UsageError } from "../report/error.ts";
import type { Finding } from "../report/finding.ts";
import { type Tier, TIERS } from "../wire/viewer.ts";

/** How a command speaks, and where it stands. `main/` makes one; nothing else touches the process. */
export interface Io {
  /** The repository's folder. */
  readonly root: string;
  readonly variables: NodeJS.ProcessEnv;
  /** A line of the result, on standard output. */
  line(text: string): void;
  /** What is being done: replaced in place on a terminal, a plain line elsewhere; on standard error. */
  progress(text: string): void;
  /** Markdown for the page of the job, beneath what was given before; nowhere else is it shown. */
  summary(markdown: string): void;
  /** A value that later steps of the job may read; nowhere else is it kept. */
  output(name: string, value: string): void;
  /** What is wrong with the files, to be shown beside their lines where there is a place for that. */
  annotate(findings: readonly Finding[]): void;
  now(): number;
  /** Resolves when the person asks the command to end (Ctrl-C). */
  untilInterrupted(): Promise<void>;
}

/** The command did what it is for; findings (1) and failures of the world (3) have codes of their own. */
export const EXIT = { ok: 0, findings: 1, usage: 2, failure: 3 } as const;
export type Exit = (typeof EXIT)[keyof typeof EXIT];

export interface OptionHelp {
  readonly type: "string" | "boolean";
  readonly multiple?: boolean;
  /** What stands for the value in the help. */
  readonly value?: string;
  readonly help: string;
}

export interface Arguments {
  readonly words: readonly string[];
  text(name: string): string | undefined;
  texts(name: string): readonly string[];
  flag(name: string): boolean;
}

export interface Command {
  readonly summary: string;
  /** What stands behind the command's name. */
  readonly usage: string;
  readonly example: string;
  readonly options: Readonly<Record<string, OptionHelp>>;
  run(args: Arguments, io: Io): Promise<Exit>;
}

export const ENVIRONMENT_OPTION: OptionHelp = {
  type: "string",
  value: "NAME",
  help: "the environment, as in releases/environments/ (default: production)",
};
export const EDGE_OPTION: OptionHelp = {
  type: "string",
  multiple: true,
  value: "REGION=URL",
  help: "an edge to confirm, instead of the environment's own; may be given several times",
};
export const DEADLINE_OPTION: OptionHelp = {
  type: "string",
  value: "SECONDS",
  help: "how long an edge may take to serve what was written (default: 30)",
};
export const JSON_OPTION: OptionHelp = { type: "boolean", help: "print one JSON value for programs" };

/** The account that runs the command, as the log names it. */
export function accountOf({ variables }: Io): string {
  return variables["GITHUB_ACTOR"] || variables["USER"] || variables["LOGNAME"] || "unknown";
}

/** `rose@1.0.0`, or `rose` for all its releases. */
export function parseReleaseWord(word: string): { gift: string; version?: string } {
  const [gift = "", version] = word.split("@");
  return version === undefined ? { gift } : { gift, version };
}

export function parseEdges(texts: readonly string[]): readonly Edge[] {
  return texts.map((text) => {
    const [, region, url] = /^([A-Z]{2})=(https?:\/\/.+)$/.exec(text) ?? [];
    if (!region || !url) throw new UsageError(`--edge ${text}: write it as SG=http://127.0.0.1:4601/`);
    return { region, url: url.endsWith("/") ? url : `${url}/` };
  });
}

export function parseTier(text: string): Tier {
  const tier = TIERS.find((it) => it === text);
  if (!tier) throw new UsageError(`--tier ${text}: write low, mid or high`);
  return tier;
}

export function parseWholeNumber(name: string, text: string | undefined, otherwise: number): number {
  if (text === undefined) return otherwise;
  if (!/^\d{1,9}$/.test(text)) throw new UsageError(`--${name} ${text}: write a whole number`);
  return Number(text);
}

/** The deadline for edges, in milliseconds. */
export function parseDeadline(args: Arguments): number {
  return 1000 * parseWholeNumber("deadline", args.text("deadline"), 30);
}
