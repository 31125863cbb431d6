import { type Environment, type GitHubState, timeOf } from "./state.ts";

/** The environment of that name, whatever its capitals; made without protection when there is none. */
export function environmentOf(state: GitHubState, name: string): Environment {
  const known = state.environments.get(name.toLowerCase());
  if (known) return known;
  const environment: Environment = {
    id: state.nextId(),
    name,
    waitMinutes: 0,
    reviewers: [],
    preventSelfReview: false,
    branchPolicy: null,
    policies: [],
    variables: new Map(),
    secrets: new Set(),
    createdAt: timeOf(state),
    updatedAt: timeOf(state),
  };
  state.environments.set(name.toLowerCase(), environment);
  return environment;
}
