import type { Artifacts } from "./artifacts.ts";
import type { Json } from "./json.ts";
import type { openQueue } from "./queue.ts";
import type { Repository } from "./repository.ts";
import type { RepositoryEvent } from "./triggers.ts";
import type { Permissions, Workflow } from "./workflow.ts";

/** What the executor needs of the double of GitHub. */
export interface GitHubForRuns {
  readonly apiUrl: string;
  readonly webUrl: string;
  readonly owner: string;
  readonly repo: string;
  readonly folder: string;
  readonly gitUrl: string;
  /** By GitHub's names with underscores. */
  token(options: {
    readonly login: string;
    readonly kind: "app" | "actions" | "user";
    readonly permissions: Readonly<Record<string, "read" | "write">>;
  }): string;
}

/** The GitHub App of the repository: what `actions/create-github-app-token` gets tokens of. */
export interface App {
  /** `giftwrap-bot`: its login is `giftwrap-bot[bot]`. */
  readonly slug: string;
  /** What the workflow gives as `client-id` or `app-id`. */
  readonly clientId: string;
  /** The secret that the workflow gives as `private-key`. */
  readonly privateKey: string;
  /** What it was installed with, by GitHub's names with hyphens. */
  readonly permissions: Readonly<Record<string, "read" | "write">>;
}

/** Who asks AWS for a role, by the token of identity that GitHub gives to a job with `id-token: write`. */
export interface RoleRequest {
  readonly role: string;
  readonly region: string;
  /** `repo:acme/gifts:environment:production`, or `:ref:refs/heads/main` without an environment. */
  readonly subject: string;
}

/** Keys of a store, or null when the role is not given to this subject. */
export type GiveRole = (request: RoleRequest) => {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
} | null;

/** Everything that runs share. */
export interface World {
  readonly github: GitHubForRuns;
  readonly repository: Repository;
  readonly queue: ReturnType<typeof openQueue>;
  readonly variables: Readonly<Record<string, string>>;
  /** By environment; those of the repository under the empty name. */
  readonly secrets: Readonly<Record<string, Readonly<Record<string, string>>>>;
  readonly app: App | null;
  readonly giveRole: GiveRole;
  /** What every step finds in its environment beside what GitHub puts there. */
  readonly environment: Readonly<Record<string, string>>;
  /** A folder for work trees, artifacts and files of steps. */
  readonly folder: string;
  /** Folder of this project, whose `node_modules` answer `npm ci`. */
  readonly project: string;
  /** Waits for room on the machine, and gives back what frees it. */
  room(): Promise<() => void>;
  /** Keeps what makes `idle()` throw. */
  wrong(error: unknown): void;
  /** Another run's artifacts, by the run's id, of its last attempt. */
  artifactsOf(run: number): Artifacts | null;
}

/** One attempt of a run: what was decided when its event came. */
export interface Attempt {
  readonly id: number;
  readonly number: number;
  readonly attempt: number;
  readonly workflow: Workflow;
  readonly event: RepositoryEvent;
  /** Who pressed the button for this attempt. */
  readonly triggeringActor: string;
  readonly sha: string;
  readonly ref: string;
  readonly headSha: string;
  readonly headBranch: string;
  readonly headRepository: string;
  readonly isFork: boolean;
  /** How many runs led to this one by `workflow_run`. */
  readonly depth: number;
  /** Of `workflow_dispatch`, with the types of the form. */
  readonly inputs: Readonly<Record<string, Json>>;
  readonly artifacts: Artifacts;
}

/** What a job's token may do: the job's own word, the workflow's, or GitHub's cautious default; forks only read. */
export function permissionsOf(
  workflow: Permissions | null,
  job: Permissions | null,
  isFork: boolean,
): Readonly<Record<string, "read" | "write">> {
  const said: Permissions = job ?? workflow ?? { contents: "read", packages: "read" };
  const kept = Object.entries(said).flatMap(([name, level]): [string, "read" | "write"][] => {
    if (level === "none" || (isFork && name === "id-token")) return [];
    return [[name, isFork ? "read" : level]];
  });
  return Object.fromEntries(kept);
}

/** The same in the names of the double, which are the API's; `id-token` is no permission of the API. */
export function toApiNames(
  permissions: Readonly<Record<string, "read" | "write">>,
): Readonly<Record<string, "read" | "write">> {
  const named = Object.entries(permissions).flatMap(([name, level]) =>
    name === "id-token" ? [] : [[name.replaceAll("-", "_"), level] as const],
  );
  return Object.fromEntries(named);
}
