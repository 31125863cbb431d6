import { at, isList, type Json, type JsonBlock, textAt } from "./json.ts";
import { notKnown } from "./notKnown.ts";
import type { Workflow } from "./workflow.ts";

/** Something that happened in the repository, as GitHub would tell it to workflows. */
export interface RepositoryEvent {
  /** `push`, `pull_request`, `workflow_run` ... */
  readonly name: string;
  readonly action?: string;
  readonly payload: Json;
  readonly actor: string;
  /** Made with a job's own token. */
  readonly byActionsToken: boolean;
}

/** The activity types that count when a workflow names none; all of them where an event is not here. */
const DEFAULT_TYPES: Readonly<Record<string, readonly string[]>> = {
  pull_request: ["opened", "synchronize", "reopened"],
};
/** What may be said about an event; any other key, and any other event, is not known. */
const FILTERS: Readonly<Record<string, readonly string[]>> = {
  push: ["branches", "branches-ignore", "tags", "tags-ignore"],
  pull_request: ["types", "branches", "branches-ignore"],
  pull_request_review: ["types"],
  merge_group: ["types", "branches", "branches-ignore"],
  issues: ["types"],
  issue_comment: ["types"],
  workflow_run: ["workflows", "types", "branches", "branches-ignore"],
  repository_dispatch: ["types"],
  workflow_dispatch: ["inputs"],
  schedule: [],
};
/** These start workflows even when a job's own token made them. */
const DISPATCHES = ["workflow_dispatch", "repository_dispatch"];
const SKIP = /\[(?:skip ci|ci skip|no ci|skip actions|actions skip)\]/i;

/** Whether this event starts this workflow, by what its `on:` says and by nothing else. Throws NotKnown for what it cannot judge. */
export function isStarted(workflow: Workflow, event: RepositoryEvent): boolean {
  for (const [name, filter] of Object.entries(workflow.on)) checkFilter(workflow, name, filter);
  if (!Object.hasOwn(workflow.on, event.name)) return false;
  if (event.byActionsToken && !DISPATCHES.includes(event.name)) return false;
  const filter = workflow.on[event.name] ?? {};
  if (event.name === "schedule")
    return isNamed(workflow, event) && workflow.crons.includes(textAt(event.payload, "schedule"));
  if (event.name === "workflow_dispatch") return isNamed(workflow, event);
  if (event.name === "push") return isPushed(filter, event.payload);
  return (
    hasType(filter, event) &&
    hasBranch(filter, branchOf(event)) &&
    (event.name !== "workflow_run" || has(filter, "workflows", textAt(event.payload, "workflow", "name")))
  );
}

/** Whether a commit with this message starts neither `push` nor `pull_request` workflows. */
export function isSkipped(message: string): boolean {
  return SKIP.test(message) || /\n\n(?:.*\n)*skip-checks: ?true\s*$/.test(message);
}

/** GitHub's patterns of branches: `*` ends at a slash, `**` does not, `!` takes back. */
export function isMatch(patterns: readonly string[], name: string): boolean {
  let isIn = false;
  for (const pattern of patterns) {
    if (pattern.startsWith("!")) isIn = isIn && !toRegExp(pattern.slice(1)).test(name);
    else isIn = isIn || toRegExp(pattern).test(name);
  }
  return isIn;
}

/** Whether the event is for this file, whose name or path it says. */
function isNamed({ path }: Workflow, { payload }: RepositoryEvent): boolean {
  const asked = textAt(payload, "workflow");
  return asked === path || asked === path.split("/").at(-1);
}

function checkFilter(workflow: Workflow, name: string, filter: JsonBlock | null): void {
  const known = FILTERS[name];
  if (known === undefined) throw notKnown(workflow.place, `the event ${name}`);
  for (const key of Object.keys(filter ?? {}))
    if (!known.includes(key)) throw notKnown(workflow.place, `on.${name}.${key}`);
}

function isPushed(filter: JsonBlock, payload: Json): boolean {
  if (at(payload, "deleted") === true) return false;
  const ref = textAt(payload, "ref");
  const isTag = ref.startsWith("refs/tags/");
  const name = ref.replace(/^refs\/(?:heads|tags)\//, "");
  const [only, ignore] = isTag ? ["tags", "tags-ignore"] : ["branches", "branches-ignore"];
  const [otherOnly, otherIgnore] = isTag ? ["branches", "branches-ignore"] : ["tags", "tags-ignore"];
  const isAsked = only in filter || ignore in filter;
  if (!isAsked) return !(otherOnly in filter || otherIgnore in filter);
  return has(filter, only, name) && !(ignore in filter && isMatch(texts(filter[ignore]), name));
}

function hasType(filter: JsonBlock, event: RepositoryEvent): boolean {
  const types = "types" in filter ? texts(filter["types"]) : DEFAULT_TYPES[event.name];
  return types === undefined || types.includes(event.action ?? textAt(event.payload, "action"));
}

function hasBranch(filter: JsonBlock, branch: string): boolean {
  if ("branches-ignore" in filter && isMatch(texts(filter["branches-ignore"]), branch)) return false;
  return has(filter, "branches", branch);
}

function branchOf({ name, payload }: RepositoryEvent): string {
  if (name === "pull_request") return textAt(payload, "pull_request", "base", "ref");
  if (name === "workflow_run") return textAt(payload, "workflow_run", "head_branch");
  if (name === "merge_group") return textAt(payload, "merge_group", "base_ref").replace("refs/heads/", "");
  return "";
}

function has(filter: JsonBlock, key: string, name: string): boolean {
  return !(key in filter) || isMatch(texts(filter[key]), name);
}

function texts(value: Json | undefined): readonly string[] {
  return (isList(value) ? value : [value ?? []].flat()).map((it) => textAt(it));
}

function toRegExp(pattern: string): RegExp {
  const source = pattern.replaceAll(/\*\*|[*.\\^$(){}|]/g, (it) =>
    it === "**" ? ".*" : it === "*" ? "[^/]*" : `\\${it}`,
  );
  return new RegExp(`^${source}$`);
}
