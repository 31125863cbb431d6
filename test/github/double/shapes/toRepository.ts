import type { JsonObject } from "../json.ts";
import { type GitHubState, type Repository, homeOf } from "../state.ts";
import { toNodeId, toUser } from "./toUser.ts";

/** The address of a repository in the API. */
export function repositoryUrl(state: GitHubState, repository: Repository): string {
  return `${state.apiUrl}/repos/${repository.fullName}`;
}

/** The address of a repository in the browser. */
export function repositoryPage(state: GitHubState, repository: Repository): string {
  return `${state.webUrl}/${repository.fullName}`;
}

/** A repository as it stands in pull requests, events and lists. */
export function toRepository(state: GitHubState, repository: Repository) {
  const url = repositoryUrl(state, repository);
  const page = repositoryPage(state, repository);
  const { settings } = state;
  const open = [...state.issues.values()].filter((issue) => issue.state === "open").length;
  return {
    id: repository.id,
    node_id: toNodeId("Repository", repository.id),
    name: repository.name,
    full_name: repository.fullName,
    private: settings.isPrivate,
    owner: toUser(state, repository.owner),
    html_url: page,
    description: null,
    fork: repository.isFork,
    url,
    archive_url: `${url}/{archive_format}{/ref}`,
    assignees_url: `${url}/assignees{/user}`,
    blobs_url: `${url}/git/blobs{/sha}`,
    branches_url: `${url}/branches{/branch}`,
    collaborators_url: `${url}/collaborators{/collaborator}`,
    comments_url: `${url}/comments{/number}`,
    commits_url: `${url}/commits{/sha}`,
    compare_url: `${url}/compare/{base}...{head}`,
    contents_url: `${url}/contents/{+path}`,
    contributors_url: `${url}/contributors`,
    deployments_url: `${url}/deployments`,
    downloads_url: `${url}/downloads`,
    events_url: `${url}/events`,
    forks_url: `${url}/forks`,
    git_commits_url: `${url}/git/commits{/sha}`,
    git_refs_url: `${url}/git/refs{/sha}`,
    git_tags_url: `${url}/git/tags{/sha}`,
    git_url: `git:${page}.git`,
    issue_comment_url: `${url}/issues/comments{/number}`,
    issue_events_url: `${url}/issues/events{/number}`,
    issues_url: `${url}/issues{/number}`,
    keys_url: `${url}/keys{/key_id}`,
    labels_url: `${url}/labels{/name}`,
    languages_url: `${url}/languages`,
    merges_url: `${url}/merges`,
    milestones_url: `${url}/milestones{/number}`,
    notifications_url: `${url}/notifications{?since,all,participating}`,
    pulls_url: `${url}/pulls{/number}`,
    releases_url: `${url}/releases{/id}`,
    ssh_url: `git@127.0.0.1:${repository.fullName}.git`,
    stargazers_url: `${url}/stargazers`,
    statuses_url: `${url}/statuses/{sha}`,
    subscribers_url: `${url}/subscribers`,
    subscription_url: `${url}/subscription`,
    tags_url: `${url}/tags`,
    teams_url: `${url}/teams`,
    trees_url: `${url}/git/trees{/sha}`,
    clone_url: `${page}.git`,
    mirror_url: null,
    hooks_url: `${url}/hooks`,
    svn_url: page,
    homepage: null,
    language: null,
    license: null,
    forks: state.repositories.size - 1,
    forks_count: state.repositories.size - 1,
    stargazers_count: 0,
    watchers: 0,
    watchers_count: 0,
    size: 0,
    default_branch: "main",
    open_issues: open,
    open_issues_count: open,
    is_template: false,
    topics: [],
    has_issues: true,
    has_projects: false,
    has_wiki: false,
    has_pages: false,
    has_downloads: false,
    has_discussions: false,
    archived: false,
    disabled: false,
    visibility: settings.isPrivate ? "private" : "public",
    pushed_at: repository.createdAt,
    created_at: repository.createdAt,
    updated_at: repository.createdAt,
    allow_forking: true,
    web_commit_signoff_required: false,
  } satisfies JsonObject;
}

/** A repository as its own page shows it, with the settings. */
export function toFullRepository(state: GitHubState, repository: Repository): JsonObject {
  const { settings } = state;
  return {
    ...toRepository(state, repository),
    network_count: state.repositories.size - 1,
    subscribers_count: 0,
    organization: toUser(state, repository.owner),
    permissions: { admin: false, maintain: false, push: true, triage: true, pull: true },
    allow_merge_commit: settings.allowMergeCommit,
    allow_squash_merge: settings.allowSquashMerge,
    allow_rebase_merge: settings.allowRebaseMerge,
    allow_auto_merge: settings.allowAutoMerge,
    delete_branch_on_merge: settings.deleteBranchOnMerge,
    squash_merge_commit_title: settings.squashTitle,
    squash_merge_commit_message: settings.squashMessage,
    ...(repository.isFork && {
      parent: toRepository(state, homeOf(state)),
      source: toRepository(state, homeOf(state)),
    }),
  };
}
