import { type Ask, counted, DONE, ok, param, type Routes } from "../ask.ts";
import { environmentOf } from "../environmentOf.ts";
import { type JsonObject, toObject, toText } from "../json.ts";
import { notFound, Refusal } from "../refusal.ts";
import { repositoryPage, repositoryUrl } from "../shapes/toRepository.ts";
import { toNodeId } from "../shapes/toUser.ts";
import { type Environment, timeOf } from "../state.ts";

/** Environments, variables, and the names of secrets. */
export const environmentRoutes: Routes = {
  "repos/get-all-environments": (ask) =>
    counted(
      ask,
      "environments",
      [...ask.state.environments.values()].map((environment) => toEnvironment(ask, environment)),
    ),

  "repos/get-environment": (ask) => ok(toEnvironment(ask, known(ask))),

  "repos/create-or-update-environment": (ask) => {
    const environment = environmentOf(ask.state, param(ask, "environment_name"));
    const { body } = ask;
    // What is not said is taken away: GitHub replaces the whole protection.
    environment.waitMinutes = Number(body.wait_timer ?? 0);
    environment.preventSelfReview = body.prevent_self_review === true;
    environment.reviewers = Array.isArray(body.reviewers) ? body.reviewers.map(toObject) : [];
    const policy = body.deployment_branch_policy;
    if (policy === undefined || policy === null) {
      environment.branchPolicy = null;
    } else {
      const { protected_branches: isProtected, custom_branch_policies: isCustom } = toObject(policy);
      if (isProtected === isCustom) {
        throw new Refusal(422, "protected_branches and custom_branch_policies cannot have the same value");
      }
      environment.branchPolicy = {
        protected_branches: isProtected === true,
        custom_branch_policies: isCustom === true,
      };
    }
    environment.updatedAt = timeOf(ask.state);
    return ok(toEnvironment(ask, environment));
  },

  "repos/list-deployment-branch-policies": (ask) =>
    counted(ask, "branch_policies", known(ask).policies.map(toPolicy)),

  "repos/create-deployment-branch-policy": (ask) => {
    const environment = known(ask);
    if (!environment.branchPolicy?.custom_branch_policies) throw notFound();
    const name = toText(ask.body.name);
    if (environment.policies.some((policy) => policy.name === name)) {
      throw new Refusal(303, "The branch policy is there already");
    }
    const policy = { id: ask.state.nextId(), name, type: toText(ask.body.type, "branch") };
    environment.policies.push(policy);
    return ok(toPolicy(policy));
  },

  "repos/delete-deployment-branch-policy": (ask) => {
    const { policies } = known(ask);
    const at = policies.findIndex(({ id }) => id === ask.operation.params.branch_policy_id);
    if (at < 0) throw notFound();
    policies.splice(at, 1);
    return DONE;
  },

  "actions/list-repo-variables": (ask) => counted(ask, "variables", toVariables(ask, ask.state.variables)),
  "actions/get-repo-variable": (ask) => ok(variable(ask, ask.state.variables)),
  "actions/create-repo-variable": (ask) => {
    const name = toText(ask.body.name).toUpperCase();
    if (ask.state.variables.has(name)) throw new Refusal(409, "Already exists - Variable already exists");
    ask.state.variables.set(name, toText(ask.body.value));
    return { status: 201, body: {} };
  },
  "actions/update-repo-variable": (ask) => {
    const name = param(ask, "name").toUpperCase();
    if (!ask.state.variables.has(name)) throw notFound();
    ask.state.variables.set(name, toText(ask.body.value, ask.state.variables.get(name)));
    return DONE;
  },
  "actions/list-environment-variables": (ask) =>
    counted(ask, "variables", toVariables(ask, known(ask).variables)),
  "actions/get-environment-variable": (ask) => ok(variable(ask, known(ask).variables)),

  "actions/list-repo-secrets": (ask) => counted(ask, "secrets", toSecrets(ask, ask.state.secrets)),
  "actions/list-environment-secrets": (ask) => counted(ask, "secrets", toSecrets(ask, known(ask).secrets)),
};

function known(ask: Ask): Environment {
  const environment = ask.state.environments.get(param(ask, "environment_name").toLowerCase());
  if (!environment) throw notFound();
  return environment;
}

function toEnvironment(ask: Ask, environment: Environment): JsonObject {
  const rule = (type: string, more: JsonObject = {}) => ({
    id: environment.id,
    node_id: toNodeId("GateRule", `${environment.id}${type}`),
    type,
    ...more,
  });
  return {
    id: environment.id,
    node_id: toNodeId("Environment", environment.id),
    name: environment.name,
    url: `${repositoryUrl(ask.state, ask.repository)}/environments/${encodeURIComponent(environment.name)}`,
    html_url: `${repositoryPage(ask.state, ask.repository)}/deployments/activity_log?environments_filter=${encodeURIComponent(environment.name)}`,
    created_at: environment.createdAt,
    updated_at: environment.updatedAt,
    protection_rules: [
      ...(environment.waitMinutes > 0 ? [rule("wait_timer", { wait_timer: environment.waitMinutes })] : []),
      ...(environment.branchPolicy ? [rule("branch_policy")] : []),
    ],
    deployment_branch_policy: environment.branchPolicy,
  };
}

function toPolicy(policy: Environment["policies"][number]): JsonObject {
  return { ...policy, node_id: toNodeId("DeploymentBranchPolicy", policy.id) };
}

function toVariables(ask: Ask, variables: ReadonlyMap<string, string>): JsonObject[] {
  const at = ask.repository.createdAt;
  return [...variables].map(([name, value]) => ({ name, value, created_at: at, updated_at: at }));
}

function variable(ask: Ask, variables: ReadonlyMap<string, string>): JsonObject {
  const wanted = param(ask, "name").toUpperCase();
  const found = toVariables(ask, variables).find(({ name }) => name === wanted);
  if (!found) throw notFound();
  return found;
}

function toSecrets(ask: Ask, names: ReadonlySet<string>): JsonObject[] {
  const at = ask.repository.createdAt;
  return [...names].map((name) => ({ name, created_at: at, updated_at: at }));
}
