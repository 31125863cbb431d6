import { textAt, type Json, type JsonBlock } from "./json.ts";
import type { Attempt, World } from "./world.ts";

/** The `github` context of a run; jobs add their token, id and places. */
export function githubContext(world: World, attempt: Attempt): JsonBlock {
  const { github } = world;
  const repository = `${github.owner}/${github.repo}`;
  const pull = attempt.event.name.startsWith("pull_request") ? attempt.event.payload : null;
  const path = attempt.workflow.path;
  return {
    actor: attempt.event.actor,
    triggering_actor: attempt.triggeringActor,
    api_url: github.apiUrl,
    server_url: github.webUrl,
    graphql_url: `${github.apiUrl}/graphql`,
    base_ref: textAt(pull, "pull_request", "base", "ref"),
    head_ref: textAt(pull, "pull_request", "head", "ref"),
    event: attempt.event.payload,
    event_name: attempt.event.name,
    ref: attempt.ref,
    ref_name: attempt.ref.replace(/^refs\/(?:heads|tags|pull)\//, ""),
    ref_type: attempt.ref.startsWith("refs/tags/") ? "tag" : "branch",
    repository,
    repository_owner: github.owner,
    run_attempt: String(attempt.attempt),
    run_id: String(attempt.id),
    run_number: String(attempt.number),
    sha: attempt.sha,
    workflow: attempt.workflow.name,
    workflow_ref: `${repository}/${path}@${attempt.ref}`,
    workflow_sha: attempt.sha,
  };
}

/** What is known before any job begins. */
export function runContexts(world: World, attempt: Attempt): Readonly<Record<string, Json>> {
  return { github: githubContext(world, attempt), inputs: attempt.inputs, vars: world.variables };
}
