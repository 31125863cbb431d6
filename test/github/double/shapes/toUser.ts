import type { JsonObject } from "../json.ts";
import { type GitHubState, personOf } from "../state.ts";

/** A user or bot as GitHub shows it everywhere. */
export function toUser(state: GitHubState, login: string) {
  const { id, isBot } = personOf(state, login);
  const url = `${state.apiUrl}/users/${encodeURIComponent(login)}`;
  return {
    login,
    id,
    node_id: toNodeId("User", id),
    avatar_url: `${state.webUrl}/avatars/${id}`,
    gravatar_id: "",
    url,
    html_url: `${state.webUrl}/${isBot ? `apps/${login.replace("[bot]", "")}` : login}`,
    followers_url: `${url}/followers`,
    following_url: `${url}/following{/other_user}`,
    gists_url: `${url}/gists{/gist_id}`,
    starred_url: `${url}/starred{/owner}{/repo}`,
    subscriptions_url: `${url}/subscriptions`,
    organizations_url: `${url}/orgs`,
    repos_url: `${url}/repos`,
    events_url: `${url}/events{/privacy}`,
    received_events_url: `${url}/received_events`,
    type: userType(state, login),
    user_view_type: "public",
    site_admin: false,
  } satisfies JsonObject;
}

/** `OWNER` never occurs: an organization owns the repository. */
export function toAssociation(state: GitHubState, login: string): string {
  const { role, isBot } = personOf(state, login);
  if (isBot || role === null) return "NONE";
  return role === "read" || role === "triage" ? "COLLABORATOR" : "MEMBER";
}

/** The app of a bot's login as check runs carry it. Workflows' own app has the id that it has on GitHub. */
export function toApp(state: GitHubState, login: string) {
  const slug = login.replace("[bot]", "");
  return {
    id: appId(state, login),
    slug,
    client_id: `Iv23${slug}`,
    node_id: toNodeId("App", appId(state, login)),
    owner: toUser(state, slug === "github-actions" ? "github" : state.owner),
    name: slug,
    description: "",
    external_url: `${state.webUrl}/apps/${slug}`,
    html_url: `${state.webUrl}/apps/${slug}`,
    created_at: "2026-01-01T00:00:00Z",
    updated_at: "2026-01-01T00:00:00Z",
    permissions: { metadata: "read" },
    events: [],
  } satisfies JsonObject;
}

/** The number by which rulesets bind a check to the app that must report it. */
export function appId(state: GitHubState, login: string): number {
  return login === "github-actions[bot]" ? 15368 : personOf(state, login).id;
}

export function toNodeId(kind: string, id: number | string): string {
  return Buffer.from(`${kind}:${id}`).toString("base64url");
}

function userType(state: GitHubState, login: string): string {
  if (login === state.owner || login === "github") return "Organization";
  return personOf(state, login).isBot ? "Bot" : "User";
}
