import { type Ask, ok, paged, param, type Routes } from "../ask.ts";
import { diffFiles } from "../diffFiles.ts";
import {
  askGit,
  type CommitFacts,
  git,
  isAncestor,
  readCommit,
  readCommits,
  readHeads,
  resolveCommit,
} from "../git.ts";
import type { Json, JsonObject } from "../json.ts";
import { rulesFor } from "../mergeBlock.ts";
import { notFound, Refusal } from "../refusal.ts";
import { toCommit, toDiffEntry } from "../shapes/toCommit.ts";
import { toPullRequestSimple } from "../shapes/toPullRequest.ts";
import { repositoryPage, repositoryUrl } from "../shapes/toRepository.ts";
import { toBase64Lines } from "./git.ts";

/** Commits, branches, comparisons and files as they are at a commit. */
export const commitRoutes: Routes = {
  "repos/get-commit": async (ask) => {
    const commit = await readCommit(ask.repository.folder, await commitOf(ask, param(ask, "ref")));
    const files = await diffFiles(ask.repository.folder, commit.parents[0] ?? null, commit.sha);
    const additions = files.reduce((sum, file) => sum + file.additions, 0);
    const deletions = files.reduce((sum, file) => sum + file.deletions, 0);
    return ok({
      ...toCommit(ask.state, ask.repository, commit),
      stats: { additions, deletions, total: additions + deletions },
      files: files.slice(0, 300).map((file) => toDiffEntry(ask.state, ask.repository, commit.sha, file)),
    });
  },

  "repos/list-commits": async (ask) => {
    const from = await commitOf(ask, String(ask.query.sha ?? "main"));
    const path = ask.query.path === undefined ? [] : [String(ask.query.path)];
    const times = (["since", "until"] as const).flatMap((name) =>
      ask.query[name] === undefined ? [] : [`--${name}=${ask.query[name]}`],
    );
    const commits = await readCommits(ask.repository.folder, [...times, from, "--", ...path]);
    return paged(
      ask,
      commits.map((commit) => toCommit(ask.state, ask.repository, commit)),
    );
  },

  "repos/get-branch": async (ask) => {
    const name = param(ask, "branch");
    const sha = (await readHeads(ask.repository.folder)).get(name);
    if (!sha) throw notFound();
    const url = `${repositoryUrl(ask.state, ask.repository)}/branches/${name}`;
    return ok({
      name,
      commit: toCommit(ask.state, ask.repository, await readCommit(ask.repository.folder, sha)),
      _links: { self: url, html: `${repositoryPage(ask.state, ask.repository)}/tree/${name}` },
      protected: isRuled(ask, name),
      protection: { enabled: isRuled(ask, name) },
      protection_url: `${url}/protection`,
    });
  },

  "repos/list-branches": async (ask) => {
    const heads = await readHeads(ask.repository.folder);
    const url = `${repositoryUrl(ask.state, ask.repository)}/commits`;
    return paged(
      ask,
      [...heads].map(([name, sha]) => ({
        name,
        commit: { sha, url: `${url}/${sha}` },
        protected: isRuled(ask, name),
      })),
    );
  },

  "repos/compare-commits-with-basehead": async (ask) => {
    const [left = "", right = ""] = param(ask, "basehead").split("...");
    const { folder } = ask.repository;
    const base = await commitOf(ask, branchIn(left));
    const head = await commitOf(ask, branchIn(right));
    const { code, stdout } = await askGit(folder, ["merge-base", base, head]);
    if (code !== 0) throw new Refusal(404, `No common ancestor between ${left} and ${right}.`);
    const mergeBase = stdout.toString().trim();
    const [behind, commits, files] = await Promise.all([
      git(folder, ["rev-list", "--count", `${head}..${base}`]),
      readCommits(folder, ["--reverse", `${base}..${head}`, "--"]),
      diffFiles(folder, mergeBase, head),
    ]);
    const status =
      commits.length > 0 ? (behind === "0" ? "ahead" : "diverged") : behind === "0" ? "identical" : "behind";
    const page = `${repositoryPage(ask.state, ask.repository)}/compare/${left}...${right}`;
    const shape = (commit: CommitFacts) => toCommit(ask.state, ask.repository, commit);
    const baseCommit = shape(await readCommit(folder, base));
    const mergeBaseCommit = shape(await readCommit(folder, mergeBase));
    return paged(ask, commits.map(shape), (listed) => ({
      url: `${repositoryUrl(ask.state, ask.repository)}/compare/${left}...${right}`,
      html_url: page,
      permalink_url: page,
      diff_url: `${page}.diff`,
      patch_url: `${page}.patch`,
      base_commit: baseCommit,
      merge_base_commit: mergeBaseCommit,
      status,
      ahead_by: commits.length,
      behind_by: Number(behind),
      total_commits: commits.length,
      commits: listed,
      files: files.slice(0, 300).map((file) => toDiffEntry(ask.state, ask.repository, head, file)),
    }));
  },

  "repos/list-pull-requests-associated-with-commit": async (ask) => {
    const sha = await commitOf(ask, param(ask, "commit_sha"));
    const { folder } = ask.repository;
    const found: Json[] = [];
    for (const issue of ask.state.issues.values()) {
      const { pull } = issue;
      if (!pull) continue;
      // GitHub names the pull request that merged it, and open ones that have it.
      const isMerged = pull.merged?.sha === sha;
      const has =
        pull.headSha === sha ||
        (!isMerged &&
          (await isAncestor(folder, sha, pull.headSha)) &&
          !(await isAncestor(folder, sha, pull.baseSha)));
      if (isMerged || has) found.push(toPullRequestSimple(ask.state, issue));
    }
    return paged(ask, found);
  },

  "repos/get-content": async (ask) => {
    const path = param(ask, "path").replaceAll(/^\/|\/$/g, "");
    const ref = String(ask.query.ref ?? "main");
    const sha = await resolveCommit(ask.repository.folder, branchFirst(ref));
    const commit = sha ?? (await resolveCommit(ask.repository.folder, ref));
    if (!commit) throw new Refusal(404, `No commit found for the ref ${ref}`);
    return ok(await readContent(ask, { path, ref, commit }));
  },
};

/** @throws Refusal 404 or 422 when there is no such commit */
export async function commitOf(ask: Ask, name: string): Promise<string> {
  const { folder } = ask.repository;
  const short = name.replace(/^(heads\/|refs\/heads\/)/, "");
  const sha =
    (await resolveCommit(folder, `refs/heads/${short}`)) ??
    (/^(refs\/)?pull\/\d+\/(head|merge)$/.test(name)
      ? await resolveCommit(folder, `refs/${name.replace("refs/", "")}`)
      : null) ??
    (/^[0-9a-f]{7,40}$/.test(name) ? await resolveCommit(folder, name) : null);
  if (!sha) throw new Refusal(/^[0-9a-f]{40}$/.test(name) ? 422 : 404, `No commit found for SHA: ${name}`);
  return sha;
}

function isRuled(ask: Ask, branch: string): boolean {
  return !ask.repository.isFork && rulesFor(ask.state, branch).length > 0;
}

/** `owner:branch`, or a branch or commit of this repository. */
function branchIn(side: string): string {
  return side.slice(side.indexOf(":") + 1);
}

function branchFirst(ref: string): string {
  return ref.startsWith("refs/") ? ref : `refs/heads/${ref}`;
}

async function readContent(
  ask: Ask,
  { path, ref, commit }: { readonly path: string; readonly ref: string; readonly commit: string },
): Promise<Json> {
  const { folder } = ask.repository;
  const entries = async (args: readonly string[]) =>
    (await git(folder, ["ls-tree", "-l", "-z", commit, ...args]))
      .split("\0")
      .filter(Boolean)
      .map((line) => {
        const [head = "", name = ""] = line.split("\t");
        const [mode = "", type = "", sha = "", size = "0"] = head.split(/\s+/);
        return { mode, type, sha, size: Number(size) || 0, name };
      });

  const links = (name: string, sha: string, kind: "blob" | "tree") => {
    const encoded = name.split("/").map(encodeURIComponent).join("/");
    const self = `${repositoryUrl(ask.state, ask.repository)}/contents/${encoded}?ref=${encodeURIComponent(ref)}`;
    const git = `${repositoryUrl(ask.state, ask.repository)}/git/${kind}s/${sha}`;
    const page = repositoryPage(ask.state, ask.repository);
    const html = `${page}/${kind}/${ref}/${encoded}`;
    return {
      url: self,
      git_url: git,
      html_url: html,
      download_url: kind === "blob" ? `${page}/raw/${ref}/${encoded}` : null,
      _links: { self, git, html },
    };
  };
  const shape = (entry: Awaited<ReturnType<typeof entries>>[number]): JsonObject => ({
    type: entry.mode === "120000" ? "symlink" : entry.type === "tree" ? "dir" : "file",
    size: entry.size,
    name: entry.name.split("/").at(-1) ?? "",
    path: entry.name,
    sha: entry.sha,
    ...links(entry.name, entry.sha, entry.type === "tree" ? "tree" : "blob"),
  });

  if (path === "") return (await entries([])).map(shape);
  const [found] = await entries(["--", path]);
  if (!found) throw notFound();
  if (found.type === "tree") return (await entries(["--", `${path}/`])).map(shape);
  const { stdout } = await askGit(folder, ["cat-file", "blob", found.sha]);
  if (found.mode === "120000") return { ...shape(found), target: stdout.toString() };
  // GitHub gives no content of files over a megabyte here.
  const isLarge = stdout.length > 1024 * 1024;
  return {
    ...shape(found),
    encoding: isLarge ? "none" : "base64",
    content: isLarge ? "" : toBase64Lines(stdout),
  };
}
