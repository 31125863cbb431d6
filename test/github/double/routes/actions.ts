import { parse } from "yaml";
import { type Ask, counted, DONE, ok, param, type Routes } from "../ask.ts";
import { emitWorkflowDispatch } from "../events.ts";
import { git, readRef } from "../git.ts";
import { type JsonObject, toObject, toText } from "../json.ts";
import { notFound, Refusal } from "../refusal.ts";
import { repositoryUrl } from "../shapes/toRepository.ts";
import { toNodeId } from "../shapes/toUser.ts";
import { toWorkflow, toWorkflowRun, workflowId } from "../shapes/toWorkflowRun.ts";
import type { WorkflowRun } from "../state.ts";

const FOLDER = ".github/workflows";

/** Workflows of main, their runs, and starting one. */
export const actionRoutes: Routes = {
  "actions/list-repo-workflows": async (ask) =>
    counted(
      ask,
      "workflows",
      (await readWorkflows(ask)).map(({ path, name }) => toWorkflow(ask.state, path, name)),
    ),

  "actions/get-workflow": async (ask) => {
    const { path, name } = await workflowOf(ask);
    return ok(toWorkflow(ask.state, path, name));
  },

  "actions/create-workflow-dispatch": async (ask) => {
    const { path, file } = await workflowOf(ask);
    const ref = toText(ask.body.ref);
    const branch = ref.replace(/^refs\/heads\//, "");
    if (!(await readRef(ask.repository.folder, `refs/heads/${branch}`))) {
      throw new Refusal(422, `No ref found for: ${ref}`);
    }
    const on = triggersOf(file);
    if (!("workflow_dispatch" in on)) {
      throw new Refusal(422, "Workflow does not have 'workflow_dispatch' trigger");
    }
    const inputs = readInputs(toObject(toObject(on.workflow_dispatch).inputs), toObject(ask.body.inputs));
    emitWorkflowDispatch(ask.state, ask.actor, { workflow: path, ref: `refs/heads/${branch}`, inputs });
    return DONE;
  },

  "actions/list-workflow-runs-for-repo": (ask) => listRuns(ask, () => true),

  "actions/list-workflow-runs": async (ask) => {
    const { path } = await workflowOf(ask);
    return listRuns(ask, (run) => run.path === path);
  },

  "actions/get-workflow-run": (ask) => ok(toWorkflowRun(ask.state, runOf(ask))),

  "actions/list-workflow-run-artifacts": (ask) => {
    const run = runOf(ask);
    const { name } = ask.query;
    const found = run.artifacts.filter((artifact) => name === undefined || artifact.name === name);
    return counted(
      ask,
      "artifacts",
      found.map((artifact) => {
        const url = `${repositoryUrl(ask.state, ask.repository)}/actions/artifacts/${artifact.id}`;
        return {
          id: artifact.id,
          node_id: toNodeId("Artifact", artifact.id),
          name: artifact.name,
          size_in_bytes: artifact.bytes,
          url,
          archive_download_url: `${url}/zip`,
          expired: false,
          created_at: run.createdAt,
          updated_at: run.updatedAt,
          expires_at: null,
          workflow_run: { id: run.id, head_branch: run.headBranch ?? "", head_sha: run.headSha },
        };
      }),
    );
  },

  "actions/get-github-actions-default-workflow-permissions-repository": (ask) =>
    ok({
      default_workflow_permissions: ask.state.settings.workflowPermissions,
      can_approve_pull_request_reviews: ask.state.settings.canActionsApprove,
    }),

  "actions/set-github-actions-default-workflow-permissions-repository": (ask) => {
    const { settings } = ask.state;
    const level = ask.body.default_workflow_permissions;
    if (level === "read" || level === "write") settings.workflowPermissions = level;
    if (typeof ask.body.can_approve_pull_request_reviews === "boolean") {
      settings.canActionsApprove = ask.body.can_approve_pull_request_reviews;
    }
    return DONE;
  },
};

interface WorkflowFile {
  readonly path: string;
  readonly name: string;
  readonly file: JsonObject;
}

/** The workflow files of main. */
async function readWorkflows(ask: Ask): Promise<WorkflowFile[]> {
  const { folder } = ask.repository;
  if (!(await readRef(folder, `refs/heads/main:${FOLDER}`))) return [];
  const names = await git(folder, ["ls-tree", "-z", "--name-only", "refs/heads/main", `${FOLDER}/`]);
  const paths = names.split("\0").filter((path) => /\.ya?ml$/.test(path));
  return Promise.all(
    paths.map(async (path) => {
      const file = toObject(parse(await git(folder, ["show", `refs/heads/main:${path}`])));
      return { path, name: toText(file.name, path), file };
    }),
  );
}

async function workflowOf(ask: Ask): Promise<WorkflowFile> {
  const wanted = param(ask, "workflow_id");
  const found = (await readWorkflows(ask)).find(
    ({ path }) => path === `${FOLDER}/${wanted}` || String(workflowId(ask.state, path)) === wanted,
  );
  if (!found) throw notFound();
  return found;
}

function triggersOf(file: JsonObject): JsonObject {
  const { on } = file;
  if (typeof on === "string") return { [on]: null };
  if (Array.isArray(on)) return Object.fromEntries(on.map((name) => [String(name), null]));
  return toObject(on);
}

/** @throws Refusal 422 for what the form does not have, does not allow, or misses */
function readInputs(form: JsonObject, given: JsonObject): JsonObject {
  const unknown = Object.keys(given).filter((name) => !(name in form));
  if (unknown.length > 0) throw new Refusal(422, `Unexpected inputs provided: ${JSON.stringify(unknown)}`);
  for (const [name, value] of Object.entries(form)) {
    const { required, default: before, type, options } = toObject(value);
    const sent = given[name];
    if (required === true && before === undefined && (sent === undefined || sent === "")) {
      throw new Refusal(422, `Required input '${name}' not provided`);
    }
    if (type === "choice" && sent !== undefined && Array.isArray(options) && !options.includes(sent)) {
      throw new Refusal(
        422,
        `Provided value '${toText(sent)}' for input '${name}' not in the list of allowed values`,
      );
    }
  }
  return given;
}

function runOf(ask: Ask): WorkflowRun {
  const run = ask.state.runs.get(Number(ask.operation.params.run_id));
  if (!run) throw notFound();
  return run;
}

/** Newest first. */
function listRuns(ask: Ask, isMeant: (run: WorkflowRun) => boolean) {
  const { event, branch, status, head_sha: sha, actor } = ask.query;
  const found = [...ask.state.runs.values()].filter(
    (run) =>
      isMeant(run) &&
      (event === undefined || run.event === event) &&
      (branch === undefined || run.headBranch === branch) &&
      (status === undefined || run.status === status || run.conclusion === status) &&
      (sha === undefined || run.headSha === sha) &&
      (actor === undefined || run.actor === actor),
  );
  found.sort((a, b) => b.createdAt.localeCompare(a.createdAt) || b.id - a.id);
  return counted(
    ask,
    "workflow_runs",
    found.map((run) => toWorkflowRun(ask.state, run)),
  );
}
