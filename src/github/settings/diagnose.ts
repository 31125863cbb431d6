import type { EnvironmentFile, PolicyFile } from "../../model/schemas.ts";
import { OWN_APP_VARIABLE, toOwnApp } from "./ownApp.ts";
import type { SettingsPlan } from "./planSettings.ts";

/** What is known of a repository and its files; null stands for what this account may not read. */
export interface Health {
  readonly owner: string;
  readonly repo: string;
  readonly webUrl: string;
  readonly plan: SettingsPlan;
  /** Whether merges into main go through a merge queue. */
  readonly hasQueue: boolean | null;
  readonly files: HealthFiles;
  /** The repository's own variables. */
  readonly variables: ReadonlyMap<string, string> | null;
  /** Names of secrets that every workflow may read, on whatever branch. */
  readonly secrets: ReadonlySet<string> | null;
  readonly environments: ReadonlyMap<string, EnvironmentHealth> | null;
  /** The workflows that GitHub knows, by file name. */
  readonly workflows: ReadonlyMap<string, WorkflowHealth> | null;
  /** Whether a team that is named somewhere is there; null when it cannot be seen, for whatever reason. */
  readonly teams: ReadonlyMap<string, boolean | null>;
}

export interface HealthFiles {
  readonly policy: PolicyFile | null;
  readonly production: EnvironmentFile | null;
  /** The text of .github/CODEOWNERS. */
  readonly codeowners: string | null;
  readonly hasRoot: boolean;
  /** File names below .github/workflows/. */
  readonly workflows: readonly string[];
}

export interface EnvironmentHealth {
  readonly variables: ReadonlyMap<string, string> | null;
  readonly secrets: ReadonlySet<string> | null;
}

export interface WorkflowHealth {
  /** `active`, or why it is not. */
  readonly state: string;
  /** Its newest run that has ended. */
  readonly last: LastRun | null;
}

export interface LastRun {
  readonly conclusion: string;
  /** Epoch milliseconds. */
  readonly at: number;
  readonly url: string;
}

/** One thing looked at. `missing` must be mended before all works; `look` is worth a look; `unread` could not be seen. */
export interface Diagnosis {
  readonly state: "well" | "missing" | "look" | "unread";
  readonly what: string;
  /** One command or link. */
  readonly fix?: string;
}

/** The name that the workflows pass on. */
const METRICS_TOKEN = "GIFTWRAP_METRICS_TOKEN";
const KEY_FOLDER = ".giftwrap/keys/production";
/** Longer than any schedule of ours waits, with a whole day for GitHub's own delays. */
const LONGEST_SILENCE = 36 * 3_600_000;

/** What is well, what is missing, and the one command or link that mends it. The order is the order to mend in. */
export function diagnose(health: Health, now: number): readonly Diagnosis[] {
  return [
    ...ofSettings(health),
    ...ofQueue(health),
    ...ofOwners(health),
    ...ofTeams(health),
    ...ofKeys(health),
    ...ofApp(health),
    ...ofStore(health),
    ...ofMetrics(health),
    ...ofWorkflows(health, now),
  ];
}

function ofSettings({ plan }: Health): readonly Diagnosis[] {
  const [first, ...others] = plan.operations;
  const differing: readonly Diagnosis[] =
    first === undefined
      ? []
      : [
          {
            state: "missing",
            what: `GitHub is not set up as it should be: ${first.words}${others.length > 0 ? `; and ${others.length} more, which npx giftwrap setup shows` : ""}`,
            fix: "npx giftwrap setup --apply",
          },
        ];
  const well: Diagnosis = { state: "well", what: "rules of main, merging, labels and environments" };
  return [
    ...(differing.length > 0 || plan.unread.length > 0 ? differing : [well]),
    ...plan.notes.map((what): Diagnosis => ({ state: "look", what })),
    ...plan.unread.map((what) => unread(what)),
  ];
}

/** Commits of a queue are nobody's pull request, so no approval is ever said of them. */
function ofQueue({ owner, repo, webUrl, hasQueue }: Health): readonly Diagnosis[] {
  if (hasQueue === null) return [unread("whether main has a merge queue")];
  if (!hasQueue) return [];
  return [
    {
      state: "missing",
      what: "main has a merge queue: a rollback would wait there behind others, and the status giftwrap approvals is never given in it",
      fix: `turn the queue off at ${webUrl}/${owner}/${repo}/settings/rules`,
    },
  ];
}

function ofOwners({ owner, files: { codeowners } }: Health): readonly Diagnosis[] {
  if (codeowners === null)
    return [{ state: "missing", what: ".github/CODEOWNERS is not there", fix: "take it from the template" }];
  // Comments explain with the template's own names.
  const others = new Set(
    ownersIn(codeowners).flatMap(({ org }) => (org.toLowerCase() === owner.toLowerCase() ? [] : [org])),
  );
  if (others.size === 0)
    return [{ state: "well", what: ".github/CODEOWNERS names teams of this organisation" }];
  return [...others].map((org) => ({
    state: "missing",
    what: `.github/CODEOWNERS names teams of @${org}, which is not this organisation`,
    fix: `sed -i "s#@${org}/#@${owner}/#g" .github/CODEOWNERS, and commit it`,
  }));
}

/** The teams that a CODEOWNERS file names, without its comments. */
export function ownersIn(codeowners: string): readonly { readonly org: string; readonly team: string }[] {
  return codeowners
    .split("\n")
    .map((line) => line.replace(/#.*$/, ""))
    .flatMap((line) => [...line.matchAll(/@([A-Za-z0-9-]+)\/([A-Za-z0-9_.-]+)/g)])
    .map(([, org = "", team = ""]) => ({ org, team }));
}

function ofTeams({ owner, webUrl, teams }: Health): readonly Diagnosis[] {
  return [...teams].map(([team, isThere]) => {
    if (isThere === true) return { state: "well", what: `the team ${team}` };
    if (isThere === null) return unread(`the team ${team}`);
    return {
      state: "missing",
      what: `the team ${team} is named in the policy or in .github/CODEOWNERS, and is not there`,
      fix: `${webUrl}/orgs/${owner}/new-team`,
    };
  });
}

function ofKeys(health: Health): readonly Diagnosis[] {
  const { hasRoot } = health.files;
  const root: Diagnosis = hasRoot
    ? { state: "well", what: "the root of production is in git" }
    : {
        state: "missing",
        what: "releases/environments/production.root.json is not there: apps would trust nothing",
        fix: "npx giftwrap keys init --env production, and commit the root",
      };
  return [
    root,
    secret(health, "production", "GIFTWRAP_RELEASE_KEY", `${KEY_FOLDER}/release.pem`),
    secret(health, "production", "GIFTWRAP_TIMESTAMP_KEY", `${KEY_FOLDER}/timestamp.pem`),
  ];
}

function ofApp(health: Health): readonly Diagnosis[] {
  const key = "app.private-key.pem";
  const watch = secret(health, "production", "GIFTWRAP_APP_KEY", key);
  return [
    ofAppId(health),
    ...["bot", "lock"].map((name) => secret(health, name, "GIFTWRAP_APP_KEY", key)),
    watch.state === "missing"
      ? { ...watch, state: "look", what: `${watch.what}: the watch can propose no rollback` }
      : watch,
    ...tooWide(health),
  ];
}

function ofAppId({ owner, webUrl, variables }: Health): Diagnosis {
  const what = `the variable ${OWN_APP_VARIABLE}`;
  const set = `gh variable set ${OWN_APP_VARIABLE} --body NUMBER && npx giftwrap setup --apply`;
  const forged =
    "whoever may push a branch can write giftwrap, giftwrap approvals and giftwrap gate as green";
  switch (toOwnApp(variables).kind) {
    case "unread":
      return unread(what);
    case "number":
      return { state: "well", what: `${what} is the App's id` };
    case "named":
      return {
        state: "missing",
        what: `${what} is not a number, so the rules of main cannot know the App: ${forged}`,
        fix: `take the App ID from the App's page (${webUrl}/organizations/${owner}/settings/apps), not its client id, then: ${set}`,
      };
    case "none":
      return {
        state: "missing",
        what: `${what} is not set: nothing commits locks, opens pull requests or reads who is in a team, so approvals stay pending; and ${forged}, for they are written as GitHub Actions, as any job may`,
        fix: `make the App at ${webUrl}/organizations/${owner}/settings/apps/new (.github/ADOPT.md), then: ${set}`,
      };
  }
}

/** A secret of the whole repository is there for workflows of every branch. */
function tooWide({ secrets }: Health): readonly Diagnosis[] {
  if (secrets === null) return [unread("the secrets of the whole repository")];
  return [...secrets]
    .filter((name) => /^GIFTWRAP_.*_KEY(_NEXT)?$/.test(name))
    .map((name) => ({
      state: "look",
      what: `${name} is a secret of the whole repository, so a workflow of any branch may read it: keep it in environments`,
      fix: `gh secret delete ${name}`,
    }));
}

function ofStore(health: Health): readonly Diagnosis[] {
  const { variables, environments, files } = health;
  const store = files.production?.store;
  if (!store)
    return [
      {
        state: "missing",
        what: "releases/environments/production.yaml is not there",
        fix: "take it from the template, and name your store in it",
      },
    ];
  if (variables === null) return [unread("the variables of the repository")];
  const missing: Diagnosis[] = [];
  if ("folder" in store && !variables.get("GIFTWRAP_RUNNER"))
    missing.push({
      state: "missing",
      what: `the store is the folder ${store.folder}, which GitHub's own runners forget after each job`,
      fix: "name a bucket in releases/environments/production.yaml, or with a runner of your own: gh variable set GIFTWRAP_RUNNER --body LABEL",
    });
  if ("s3" in store && !variables.get("GIFTWRAP_RUNNER"))
    for (const name of ["production", "lock", "metrics", "bot"])
      for (const variable of ["GIFTWRAP_AWS_ROLE", "GIFTWRAP_AWS_REGION"]) {
        const own = environments?.get(name)?.variables;
        if (variables.get(variable) || own?.get(variable)) continue;
        if (!own) missing.push(unread(`the variables of the environment ${name}`));
        else
          missing.push({
            state: "missing",
            what: `the environment ${name} has no variable ${variable}, so its jobs cannot reach the store`,
            fix: `gh variable set ${variable} --env ${name} --body ${variable === "GIFTWRAP_AWS_ROLE" ? "ARN" : "REGION"}`,
          });
      }
  const isOn = variables.get("GIFTWRAP_STORE") === "on";
  return [
    ...missing,
    isOn
      ? { state: "well", what: "the variable GIFTWRAP_STORE is on" }
      : {
          state: "missing",
          what: "the variable GIFTWRAP_STORE is not on: all that needs the store is skipped",
          fix: "once the above is well: gh variable set GIFTWRAP_STORE --body on",
        },
  ];
}

function ofMetrics(health: Health): readonly Diagnosis[] {
  const { policy, production } = health.files;
  const metrics = production?.metrics;
  if (!metrics)
    return policy?.gate
      ? [
          {
            state: "look",
            what: "the policy has a gate, and production names no metrics: promotions are merged without it",
            fix: 'name your Prometheus server in releases/environments/production.yaml (README, "The gate")',
          },
        ]
      : [];
  const name = "prometheus" in metrics ? metrics.prometheus.bearerTokenVariable : undefined;
  if (name === undefined) return [];
  if (name !== METRICS_TOKEN)
    return [
      {
        state: "missing",
        what: `releases/environments/production.yaml reads its token from ${name}, and the workflows pass ${METRICS_TOKEN}`,
        fix: `write bearerTokenVariable: ${METRICS_TOKEN}`,
      },
    ];
  return ["metrics", "bot", "production"].map((it) => secret(health, it, METRICS_TOKEN, "token.txt"));
}

function ofWorkflows({ workflows, files, variables }: Health, now: number): readonly Diagnosis[] {
  if (workflows === null) return [unread("the workflows and their runs")];
  const idle = files.workflows.flatMap((name): readonly Diagnosis[] => {
    const known = workflows.get(name);
    if (!known)
      return [
        {
          state: "missing",
          what: `GitHub does not know the workflow ${name}`,
          fix: "merge it into the main branch",
        },
      ];
    if (known.state === "active") return [];
    return [
      {
        state: "missing",
        what: `the workflow ${name} is ${known.state.replaceAll("_", " ")}`,
        fix: `gh workflow enable ${name}`,
      },
    ];
  });
  const runs = variables?.get("GIFTWRAP_STORE") === "on" ? ofRuns(workflows, now) : [];
  return [
    ...(idle.length > 0 ? idle : [{ state: "well", what: "every workflow is enabled" } as const]),
    ...runs,
  ];
}

function ofRuns(workflows: ReadonlyMap<string, WorkflowHealth>, now: number): readonly Diagnosis[] {
  return ["publish.yml", "reconcile.yml", "refresh.yml"].flatMap((name): readonly Diagnosis[] => {
    const last = workflows.get(name)?.last;
    if (last === undefined) return [];
    if (last === null)
      return [{ state: "look", what: `${name} has not run yet`, fix: `gh workflow run ${name}` }];
    if (last.conclusion !== "success")
      return [
        { state: "look", what: `the last run of ${name} ended with ${last.conclusion}`, fix: last.url },
      ];
    const hours = Math.floor((now - last.at) / 3_600_000);
    if (name === "publish.yml" || now - last.at < LONGEST_SILENCE)
      return [{ state: "well", what: `the last run of ${name}` }];
    return [
      {
        state: "look",
        what: `${name} has not run for ${hours} hours: GitHub forgets schedules`,
        fix: `gh workflow run ${name}; let a clock outside send it, too (.github/RUNBOOK.md)`,
      },
    ];
  });
}

function secret({ environments }: Health, environment: string, name: string, file: string): Diagnosis {
  const what = `the secret ${name} in the environment ${environment}`;
  const secrets = environments === null ? null : environments.get(environment)?.secrets;
  if (secrets === null) return unread(what);
  if (secrets?.has(name)) return { state: "well", what };
  return {
    state: "missing",
    what: `${what} is not set`,
    fix: `gh secret set ${name} --env ${environment} < ${file}`,
  };
}

function unread(what: string): Diagnosis {
  return { state: "unread", what: `${what} could not be read` };
}
