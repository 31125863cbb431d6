import type { FileChange } from "../diffFiles.ts";
import type { CommitFacts, Signature } from "../git.ts";
import type { JsonObject } from "../json.ts";
import type { GitHubState, Repository } from "../state.ts";
import { repositoryPage, repositoryUrl } from "./toRepository.ts";
import { toNodeId, toUser } from "./toUser.ts";

/** A commit as `repos` and `pulls` list it. */
export function toCommit(state: GitHubState, repository: Repository, commit: CommitFacts): JsonObject {
  const url = `${repositoryUrl(state, repository)}/commits/${commit.sha}`;
  const page = repositoryPage(state, repository);
  return {
    sha: commit.sha,
    node_id: toNodeId("Commit", commit.sha),
    commit: {
      author: { ...commit.author },
      committer: { ...commit.committer },
      message: commit.message,
      tree: { sha: commit.tree, url: `${repositoryUrl(state, repository)}/git/trees/${commit.tree}` },
      url: `${repositoryUrl(state, repository)}/git/commits/${commit.sha}`,
      comment_count: 0,
      verification: toVerification(state, commit),
    },
    url,
    html_url: `${page}/commit/${commit.sha}`,
    comments_url: `${url}/comments`,
    author: toAccount(state, commit.author),
    committer: toAccount(state, commit.committer),
    parents: commit.parents.map((sha) => ({
      sha,
      url: `${repositoryUrl(state, repository)}/commits/${sha}`,
      html_url: `${page}/commit/${sha}`,
    })),
  };
}

/** A commit as the git data part of the API shows it. */
export function toGitCommit(state: GitHubState, repository: Repository, commit: CommitFacts): JsonObject {
  const url = `${repositoryUrl(state, repository)}/git`;
  const page = repositoryPage(state, repository);
  return {
    sha: commit.sha,
    node_id: toNodeId("Commit", commit.sha),
    url: `${url}/commits/${commit.sha}`,
    html_url: `${page}/commit/${commit.sha}`,
    author: { ...commit.author },
    committer: { ...commit.committer },
    tree: { sha: commit.tree, url: `${url}/trees/${commit.tree}` },
    message: commit.message,
    parents: commit.parents.map((sha) => ({
      sha,
      url: `${url}/commits/${sha}`,
      html_url: `${page}/commit/${sha}`,
    })),
    verification: toVerification(state, commit),
  };
}

/** One changed file of a pull request, commit or comparison. */
export function toDiffEntry(
  state: GitHubState,
  repository: Repository,
  sha: string,
  change: FileChange,
): JsonObject {
  const path = change.path.split("/").map(encodeURIComponent).join("/");
  const page = repositoryPage(state, repository);
  return {
    sha: change.blob,
    filename: change.path,
    status: change.status,
    additions: change.additions,
    deletions: change.deletions,
    changes: change.additions + change.deletions,
    blob_url: `${page}/blob/${sha}/${path}`,
    raw_url: `${page}/raw/${sha}/${path}`,
    contents_url: `${repositoryUrl(state, repository)}/contents/${path}?ref=${sha}`,
    ...(change.patch !== null && { patch: change.patch }),
    ...(change.previousPath !== null && { previous_filename: change.previousPath }),
  };
}

/** The address of a person's commits, from which GitHub tells who it was. */
export function emailOf(login: string): string {
  return `${login}@users.noreply.github.com`;
}

function toAccount(state: GitHubState, { email }: Signature): JsonObject | null {
  const login = /^(?:\d+\+)?(.+)@users\.noreply\.github\.com$/.exec(email)?.[1];
  if (email === "noreply@github.com") return toUser(state, "web-flow");
  return login ? toUser(state, login) : null;
}

function toVerification(state: GitHubState, { sha }: CommitFacts): JsonObject {
  const isSigned = state.signed.has(sha);
  return {
    verified: isSigned,
    reason: isSigned ? "valid" : "unsigned",
    signature: isSigned ? "-----BEGIN PGP SIGNATURE-----\n-----END PGP SIGNATURE-----" : null,
    payload: isSigned ? "" : null,
    verified_at: isSigned ? "2026-01-01T00:00:00Z" : null,
  };
}
