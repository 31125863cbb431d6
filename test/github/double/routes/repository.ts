import { ok, paged, param, type Routes } from "../ask.ts";
import { DONE } from "../ask.ts";
import { emitRepositoryDispatch } from "../events.ts";
import { toObject, toText } from "../json.ts";
import { isAllowed } from "../permissions.ts";
import { notFound, Refusal } from "../refusal.ts";
import { toTeam } from "../shapes/toPullRequest.ts";
import { toFullRepository } from "../shapes/toRepository.ts";
import { toUser } from "../shapes/toUser.ts";
import { type GitHubState, personOf, type Role } from "../state.ts";

const HIDDEN = /^(allow_(merge|squash|rebase|auto)|delete_branch|squash_merge|merge_commit)/;

/** The repository itself, people and teams. */
export const repositoryRoutes: Routes = {
  "repos/get": (ask) => {
    const whole = toFullRepository(ask.state, ask.repository);
    // How merges go is shown only to those who may change it.
    if (isAllowed(ask.token, { permissions: ["administration"], level: "read" })) return ok(whole);
    return ok(Object.fromEntries(Object.entries(whole).filter(([name]) => !HIDDEN.test(name))));
  },

  "repos/update": (ask) => {
    const { settings } = ask.state;
    const { body } = ask;
    const flag = (name: string, before: boolean) => (typeof body[name] === "boolean" ? body[name] : before);
    const next = {
      allowMergeCommit: flag("allow_merge_commit", settings.allowMergeCommit),
      allowSquashMerge: flag("allow_squash_merge", settings.allowSquashMerge),
      allowRebaseMerge: flag("allow_rebase_merge", settings.allowRebaseMerge),
      allowAutoMerge: flag("allow_auto_merge", settings.allowAutoMerge),
      deleteBranchOnMerge: flag("delete_branch_on_merge", settings.deleteBranchOnMerge),
    };
    if (!next.allowMergeCommit && !next.allowSquashMerge && !next.allowRebaseMerge) {
      throw new Refusal(422, "Sorry, you need to allow at least one merge strategy. (no_merge_method)");
    }
    Object.assign(settings, next);
    const { squash_merge_commit_title: title, squash_merge_commit_message: message } = body;
    if (title === "PR_TITLE" || title === "COMMIT_OR_PR_TITLE") settings.squashTitle = title;
    if (message === "PR_BODY" || message === "COMMIT_MESSAGES" || message === "BLANK")
      settings.squashMessage = message;
    return ok(toFullRepository(ask.state, ask.repository));
  },

  "repos/get-collaborator-permission-level": (ask) => {
    const login = param(ask, "username");
    const person = ask.state.people.get(login);
    if (!person) throw new Refusal(404, `${login} is not a user`);
    const role = person.role ?? (ask.state.settings.isPrivate ? "none" : "read");
    return ok({
      permission: toPermission(role),
      role_name: role,
      user: { ...toUser(ask.state, login), role_name: role, permissions: toFlags(role) },
    });
  },

  "repos/create-dispatch-event": (ask) => {
    const payload = toObject(ask.body.client_payload);
    if (Object.keys(payload).length > 10) {
      throw new Refusal(
        422,
        "Invalid request.\n\nNo more than 10 properties are allowed; more were supplied.",
      );
    }
    emitRepositoryDispatch(ask.state, ask.actor, { type: toText(ask.body.event_type), payload });
    return DONE;
  },

  "teams/get-by-name": (ask) => {
    const slug = param(ask, "team_slug");
    const team = ask.state.teams.get(slug);
    if (!team) throw notFound();
    return ok({
      ...toObject(toTeam(ask.state, slug)),
      members_count: team.logins.length,
      repos_count: 1,
      created_at: ask.repository.createdAt,
      updated_at: ask.repository.createdAt,
      organization: organization(ask.state, ask.repository.createdAt),
    });
  },

  "teams/list-members-in-org": (ask) => {
    const team = ask.state.teams.get(param(ask, "team_slug"));
    if (!team) throw notFound();
    return paged(
      ask,
      team.logins.map((login) => toUser(ask.state, login)),
    );
  },

  "users/get-by-username": (ask) => {
    const login = param(ask, "username");
    if (!ask.state.people.has(login)) throw notFound();
    return ok(publicUser(ask.state, login));
  },

  "users/get-authenticated": (ask) => {
    if (ask.token.kind !== "user") throw new Refusal(403, "Resource not accessible by integration");
    return ok(publicUser(ask.state, ask.actor.login));
  },

  "rate-limit/get": (ask) => {
    const rate = {
      limit: 5000,
      used: 0,
      remaining: 5000,
      reset: Math.floor(ask.state.now().getTime() / 1000) + 3600,
    };
    return ok({ resources: { core: rate, search: { ...rate, limit: 30, remaining: 30 } }, rate });
  },
};

/** The four old words; `triage` is told as read, `maintain` as write. */
function toPermission(role: Role | "none"): string {
  return role === "triage" ? "read" : role === "maintain" ? "write" : role;
}

function toFlags(role: Role | "none") {
  const at = ["none", "read", "triage", "write", "maintain", "admin"].indexOf(role);
  return { pull: at >= 1, triage: at >= 2, push: at >= 3, maintain: at >= 4, admin: at >= 5 };
}

function publicUser(state: GitHubState, login: string) {
  return {
    ...toUser(state, login),
    name: personOf(state, login).login,
    company: null,
    blog: "",
    location: null,
    email: null,
    hireable: null,
    bio: null,
    public_repos: 0,
    public_gists: 0,
    followers: 0,
    following: 0,
    created_at: "2026-01-01T00:00:00Z",
    updated_at: "2026-01-01T00:00:00Z",
  };
}

function organization(state: GitHubState, at: string) {
  const user = toUser(state, state.owner);
  return {
    login: state.owner,
    id: user.id,
    node_id: user.node_id,
    url: `${state.apiUrl}/orgs/${state.owner}`,
    repos_url: user.repos_url,
    events_url: user.events_url,
    hooks_url: `${user.url}/hooks`,
    issues_url: `${user.url}/issues`,
    members_url: `${user.url}/members{/member}`,
    public_members_url: `${user.url}/public_members{/member}`,
    avatar_url: user.avatar_url,
    description: null,
    has_organization_projects: true,
    has_repository_projects: true,
    public_repos: 1,
    public_gists: 0,
    followers: 0,
    following: 0,
    html_url: user.html_url,
    created_at: at,
    updated_at: at,
    archived_at: null,
    type: "Organization",
  };
}
