import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Ask, DONE, created, ok, paged, param, type Routes } from "../ask.ts";
import { branchMoved } from "../doings/branchMoved.ts";
import {
  git,
  askGit,
  commitTree,
  isAncestor,
  moveRef,
  objectType,
  readCommit,
  readHeads,
  readRef,
} from "../git.ts";
import { type Json, type JsonObject, toObject, toText, toTexts } from "../json.ts";
import { rulesFor } from "../mergeBlock.ts";
import { notFound, Refusal } from "../refusal.ts";
import { emailOf, toGitCommit } from "../shapes/toCommit.ts";
import { repositoryUrl } from "../shapes/toRepository.ts";
import { toNodeId } from "../shapes/toUser.ts";
import { timeOf } from "../state.ts";

/** Git's objects and references over the API. */
export const gitRoutes: Routes = {
  "git/get-ref": async (ask) => {
    const ref = `refs/${param(ask, "ref")}`;
    const sha = await readRef(ask.repository.folder, ref);
    if (!sha) throw notFound();
    return ok(toRef(ask, ref, sha));
  },

  "git/list-matching-refs": async (ask) => {
    const prefix = `refs/${param(ask, "ref")}`;
    const heads = await readHeads(ask.repository.folder);
    const found = [...heads].filter(([name]) => `refs/heads/${name}`.startsWith(prefix));
    return paged(
      ask,
      found.map(([name, sha]) => toRef(ask, `refs/heads/${name}`, sha)),
    );
  },

  "git/create-ref": async (ask) => {
    const ref = toText(ask.body.ref);
    const sha = toText(ask.body.sha);
    const branch = branchOf(ref);
    if ((await objectType(ask.repository.folder, sha)) !== "commit")
      throw new Refusal(422, "Object does not exist");
    if (branch === null) throw new Refusal(422, "Reference name must begin with refs/heads/ here.");
    await refuseWorkflows(ask, null, sha);
    if (!(await moveRef(ask.repository.folder, ref, null, sha))) {
      throw new Refusal(422, "Reference already exists");
    }
    await branchMoved(ask.state, ask.actor, ask.repository, { branch, from: null, to: sha });
    return created(toRef(ask, ref, sha));
  },

  "git/update-ref": async (ask) => {
    const ref = `refs/${param(ask, "ref")}`;
    const sha = toText(ask.body.sha);
    const { folder } = ask.repository;
    const branch = branchOf(ref);
    const from = await readRef(folder, ref);
    if (!from || branch === null) throw new Refusal(422, "Reference does not exist");
    if ((await objectType(folder, sha)) !== "commit") throw new Refusal(422, "Object does not exist");
    refuseProtected(ask, branch);
    if (ask.body.force !== true && !(await isAncestor(folder, from, sha))) {
      throw new Refusal(422, "Update is not a fast forward");
    }
    await refuseWorkflows(ask, from, sha);
    if (from !== sha) {
      if (!(await moveRef(folder, ref, from, sha))) throw new Refusal(422, "Update is not a fast forward");
      await branchMoved(ask.state, ask.actor, ask.repository, { branch, from, to: sha });
    }
    return ok(toRef(ask, ref, sha));
  },

  "git/delete-ref": async (ask) => {
    const ref = `refs/${param(ask, "ref")}`;
    const branch = branchOf(ref);
    const from = await readRef(ask.repository.folder, ref);
    if (!from || branch === null) throw new Refusal(422, "Reference does not exist");
    refuseProtected(ask, branch);
    if (!(await moveRef(ask.repository.folder, ref, from, null))) {
      throw new Refusal(422, "Reference does not exist");
    }
    await branchMoved(ask.state, ask.actor, ask.repository, { branch, from, to: null });
    return DONE;
  },

  "git/create-blob": async (ask) => {
    const encoding = ask.body.encoding === "base64" ? "base64" : "utf8";
    const sha = await writeBlob(ask, Buffer.from(toText(ask.body.content), encoding));
    return created({ sha, url: `${repositoryUrl(ask.state, ask.repository)}/git/blobs/${sha}` });
  },

  "git/get-blob": async (ask) => {
    const sha = param(ask, "file_sha");
    if ((await objectType(ask.repository.folder, sha)) !== "blob") throw notFound();
    const { stdout } = await askGit(ask.repository.folder, ["cat-file", "blob", sha]);
    return ok({
      sha,
      node_id: toNodeId("Blob", sha),
      size: stdout.length,
      url: `${repositoryUrl(ask.state, ask.repository)}/git/blobs/${sha}`,
      content: toBase64Lines(stdout),
      encoding: "base64",
    });
  },

  "git/create-tree": async (ask) => {
    const sha = await writeTree(ask);
    return created(await readTree(ask, sha, false));
  },

  "git/get-tree": async (ask) => {
    const name = param(ask, "tree_sha");
    const sha = await readRef(ask.repository.folder, `${name}^{tree}`);
    if (!sha) throw notFound();
    return ok(await readTree(ask, sha, ask.query.recursive !== undefined));
  },

  "git/create-commit": async (ask) => {
    const { folder } = ask.repository;
    const tree = toText(ask.body.tree);
    const parents = toTexts(ask.body.parents);
    if ((await objectType(folder, tree)) !== "tree") throw new Refusal(422, "Tree SHA does not exist");
    for (const parent of parents) {
      if ((await objectType(folder, parent)) !== "commit") {
        throw new Refusal(422, "Parent SHA does not exist or is not a commit object");
      }
    }
    const now = timeOf(ask.state);
    const given = toObject(ask.body.author);
    const author = {
      name: toText(given.name, ask.actor.login),
      email: toText(given.email, emailOf(ask.actor.login)),
      date: toText(given.date, now),
    };
    const other = toObject(ask.body.committer);
    // GitHub signs what a bot commits in its own name.
    const isSigned =
      ask.body.author === undefined && ask.body.committer === undefined && ask.token.kind !== "user";
    const committer = isSigned
      ? { name: "GitHub", email: "noreply@github.com", date: now }
      : {
          name: toText(other.name, author.name),
          email: toText(other.email, author.email),
          date: toText(other.date, author.date),
        };
    const sha = await commitTree(folder, {
      tree,
      parents,
      message: toText(ask.body.message),
      author,
      committer,
    });
    if (isSigned) ask.state.signed.add(sha);
    return created(toGitCommit(ask.state, ask.repository, await readCommit(folder, sha)));
  },

  "git/get-commit": async (ask) => {
    const sha = param(ask, "commit_sha");
    if ((await objectType(ask.repository.folder, sha)) !== "commit") throw notFound();
    return ok(toGitCommit(ask.state, ask.repository, await readCommit(ask.repository.folder, sha)));
  },
};

/** Base64 in lines of 60, as GitHub sends files. */
export function toBase64Lines(bytes: Buffer): string {
  return bytes.toString("base64").replaceAll(/.{1,60}/g, "$&\n");
}

/** GitHub's answer to a push past the rules, in both ways. */
export const PROTECTED = "Changes must be made through a pull request.";

/** Whether nobody may push to a branch. */
export function isProtected(state: Ask["state"], branch: string): boolean {
  return rulesFor(state, branch).some(({ rule }) => rule.type === "pull_request");
}

function refuseProtected(ask: Ask, branch: string): void {
  if (ask.repository.isFork || !isProtected(ask.state, branch)) return;
  throw new Refusal(422, `Repository rule violations found\n\n${PROTECTED}`);
}

/** Files that start workflows may only be changed with a permission of their own. */
async function refuseWorkflows(ask: Ask, from: string | null, to: string): Promise<void> {
  if (ask.token.kind === "user" || ask.token.permissions.workflows === "write") return;
  const { folder } = ask.repository;
  const base = from ?? (await readRef(folder, "refs/heads/main"));
  if (!base) return;
  const names = await git(folder, ["diff", "--name-only", `${base}...${to}`, "--", ".github/workflows"]);
  const name = names.split("\n").find(Boolean);
  if (name) {
    throw new Refusal(
      403,
      `refusing to allow a GitHub App to create or update workflow \`${name}\` without \`workflows\` permission`,
    );
  }
}

function branchOf(ref: string): string | null {
  return /^refs\/heads\/(.+)$/.exec(ref)?.[1] ?? null;
}

function toRef(ask: Ask, ref: string, sha: string): JsonObject {
  const url = `${repositoryUrl(ask.state, ask.repository)}/git`;
  return {
    ref,
    node_id: toNodeId("Ref", ref),
    url: `${url}/${ref}`,
    object: { sha, type: "commit", url: `${url}/commits/${sha}` },
  };
}

function writeBlob(ask: Ask, content: Buffer): Promise<string> {
  return git(ask.repository.folder, ["hash-object", "-w", "--stdin"], { input: content });
}

async function writeTree(ask: Ask): Promise<string> {
  const { folder } = ask.repository;
  const entries = (Array.isArray(ask.body.tree) ? ask.body.tree : []).map(toObject);
  const base = toText(ask.body.base_tree);
  const baseTree = base === "" ? null : await readRef(folder, `${base}^{tree}`);
  if (base !== "" && !baseTree) throw new Refusal(404, "base_tree is not a tree object");
  const before = baseTree ? await pathsOf(folder, baseTree) : new Set<string>();
  const lines: string[] = [];
  const folders: [string, string][] = [];

  for (const entry of entries) {
    const path = toText(entry.path);
    if (
      path === "" ||
      path.startsWith("/") ||
      path.split("/").some((part) => part === "" || part === "." || part === ".." || part === ".git")
    ) {
      throw new Refusal(422, "tree.path contains a malformed path component");
    }
    if (entry.sha === null && entry.content === undefined) {
      // GitHub does not take back what is not there.
      if (!before.has(path)) throw new Refusal(422, "GitRPC::BadObjectState");
      lines.push(`0 ${"0".repeat(40)}\t${path}`);
      continue;
    }
    if (entry.sha === undefined && entry.content === undefined) {
      throw new Refusal(422, "Must supply tree.sha or tree.content");
    }
    const sha =
      entry.content !== undefined
        ? await writeBlob(ask, Buffer.from(toText(entry.content)))
        : toText(entry.sha);
    const type = await objectType(folder, sha);
    if (!type) throw new Refusal(422, `tree.sha ${sha} is not a valid object`);
    if (type === "tree") folders.push([path, sha]);
    else lines.push(`${toText(entry.mode, "100644")} ${sha}\t${path}`);
  }

  const holder = await mkdtemp(join(tmpdir(), "index-"));
  const env = { GIT_INDEX_FILE: join(holder, "index") };
  try {
    await git(folder, baseTree ? ["read-tree", baseTree] : ["read-tree", "--empty"], { env });
    for (const [path, sha] of folders) {
      await askGit(folder, ["rm", "-r", "--cached", "--quiet", "--ignore-unmatch", path], { env });
      await git(folder, ["read-tree", `--prefix=${path}/`, sha], { env });
    }
    await git(folder, ["update-index", "--index-info"], { env, input: `${lines.join("\n")}\n` });
    return await git(folder, ["write-tree"], { env });
  } finally {
    await rm(holder, { recursive: true, force: true });
  }
}

async function pathsOf(folder: string, tree: string): Promise<Set<string>> {
  const names = await git(folder, ["ls-tree", "-r", "-t", "-z", "--name-only", tree]);
  return new Set(names.split("\0").filter(Boolean));
}

async function readTree(ask: Ask, sha: string, isRecursive: boolean): Promise<Json> {
  const url = `${repositoryUrl(ask.state, ask.repository)}/git`;
  const text = await git(ask.repository.folder, [
    "ls-tree",
    "-l",
    "-z",
    ...(isRecursive ? ["-r", "-t"] : []),
    sha,
  ]);
  const tree = text
    .split("\0")
    .filter(Boolean)
    .map((line) => {
      const [head = "", path = ""] = line.split("\t");
      const [mode = "", type = "", id = "", size = "-"] = head.split(/\s+/);
      return {
        path,
        mode,
        type,
        sha: id,
        ...(type === "blob" && { size: Number(size) }),
        url: `${url}/${type}s/${id}`,
      };
    });
  return { sha, url: `${url}/trees/${sha}`, tree, truncated: false };
}
