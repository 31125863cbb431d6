import { type Ask, created, DONE, ok, paged, param, type Routes } from "../ask.ts";
import { type Json, type JsonObject, toObject, toText } from "../json.ts";
import { rulesFor } from "../mergeBlock.ts";
import { isAllowed } from "../permissions.ts";
import { notFound, Refusal } from "../refusal.ts";
import { repositoryPage, repositoryUrl } from "../shapes/toRepository.ts";
import { toNodeId } from "../shapes/toUser.ts";
import { type Ruleset, timeOf } from "../state.ts";

/** Rules of branches. Who may pass them by is shown only to those who may change it. */
export const rulesetRoutes: Routes = {
  "repos/get-repo-rulesets": (ask) =>
    paged(
      ask,
      [...ask.state.rulesets.values()].map((ruleset) => toRulesetSimple(ask, ruleset)),
    ),

  "repos/get-repo-ruleset": (ask) => ok(toRuleset(ask, rulesetOf(ask))),

  "repos/create-repo-ruleset": (ask) => {
    const name = toText(ask.body.name);
    if ([...ask.state.rulesets.values()].some((one) => one.name === name)) {
      throw new Refusal(422, "Validation Failed", ["Name must be unique"]);
    }
    const ruleset: Ruleset = {
      id: ask.state.nextId(),
      name,
      target: toText(ask.body.target, "branch"),
      enforcement: toText(ask.body.enforcement),
      bypassActors: objects(ask.body.bypass_actors),
      conditions: toObject(ask.body.conditions),
      rules: objects(ask.body.rules),
      createdAt: timeOf(ask.state),
      updatedAt: timeOf(ask.state),
    };
    ask.state.rulesets.set(ruleset.id, ruleset);
    return created(toRuleset(ask, ruleset));
  },

  "repos/update-repo-ruleset": (ask) => {
    const ruleset = rulesetOf(ask);
    const { body } = ask;
    ruleset.name = toText(body.name, ruleset.name);
    ruleset.target = toText(body.target, ruleset.target);
    ruleset.enforcement = toText(body.enforcement, ruleset.enforcement);
    if (body.bypass_actors !== undefined) ruleset.bypassActors = objects(body.bypass_actors);
    if (body.conditions !== undefined) ruleset.conditions = toObject(body.conditions);
    if (body.rules !== undefined) ruleset.rules = objects(body.rules);
    ruleset.updatedAt = timeOf(ask.state);
    return ok(toRuleset(ask, ruleset));
  },

  "repos/delete-repo-ruleset": (ask) => {
    ask.state.rulesets.delete(rulesetOf(ask).id);
    return DONE;
  },

  "repos/get-branch-rules": (ask) =>
    paged(
      ask,
      rulesFor(ask.state, param(ask, "branch")).map(({ rule, ruleset }) => ({
        ...toRule(rule),
        ruleset_source_type: "Repository",
        ruleset_source: ask.repository.fullName,
        ruleset_id: ruleset,
      })),
    ),
};

function rulesetOf(ask: Ask): Ruleset {
  const ruleset = ask.state.rulesets.get(Number(ask.operation.params.ruleset_id));
  if (!ruleset) throw notFound();
  return ruleset;
}

function toRulesetSimple(ask: Ask, ruleset: Ruleset): JsonObject {
  return {
    id: ruleset.id,
    name: ruleset.name,
    target: ruleset.target,
    source_type: "Repository",
    source: ask.repository.fullName,
    enforcement: ruleset.enforcement,
    node_id: toNodeId("RepositoryRuleset", ruleset.id),
    _links: {
      self: { href: `${repositoryUrl(ask.state, ask.repository)}/rulesets/${ruleset.id}` },
      html: { href: `${repositoryPage(ask.state, ask.repository)}/rules/${ruleset.id}` },
    },
    created_at: ruleset.createdAt,
    updated_at: ruleset.updatedAt,
  };
}

function toRuleset(ask: Ask, ruleset: Ruleset): JsonObject {
  const mayChange = isAllowed(ask.token, { permissions: ["administration"], level: "write" });
  return {
    ...toRulesetSimple(ask, ruleset),
    conditions: {
      ref_name: { include: [], exclude: [], ...toObject(ruleset.conditions.ref_name) },
    },
    rules: ruleset.rules.map(toRule),
    ...(mayChange && {
      bypass_actors: ruleset.bypassActors.map((actor) => ({ bypass_mode: "always", ...actor })),
      current_user_can_bypass: "never",
    }),
  };
}

/** A rule as GitHub gives it back: with what it adds where nothing was said. */
function toRule(rule: JsonObject): JsonObject {
  const parameters = toObject(rule.parameters);
  if (rule.type === "required_status_checks") {
    return { type: rule.type, parameters: { do_not_enforce_on_create: false, ...parameters } };
  }
  if (rule.type === "pull_request") {
    return {
      type: rule.type,
      parameters: {
        required_reviewers: [],
        allowed_merge_methods: ["merge", "squash", "rebase"],
        ...parameters,
      },
    };
  }
  return rule;
}

function objects(value: Json | undefined): readonly JsonObject[] {
  return Array.isArray(value) ? value.map(toObject) : [];
}
