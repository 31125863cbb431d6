import { branchMoved } from "./doings/branchMoved.ts";
import { mergePull } from "./doings/mergePull.ts";
import { openPull } from "./doings/openPull.ts";
import { addComment, addReview, editComment, openIssue, setIssueState, setLabels } from "./doings/talk.ts";
import { emitIssue, emitPull, emitReview, emitWorkflowDispatch } from "./events.ts";
import {
  type FileContent,
  git,
  moveRef,
  readCommit,
  readHeads,
  readRef,
  revertCommit,
  writeCommit,
} from "./git.ts";
import type { JsonObject } from "./json.ts";
import { makeRepository } from "./makeRepository.ts";
import { emailOf } from "./shapes/toCommit.ts";
import {
  type Actor,
  type GitHubState,
  homeOf,
  type Issue,
  personOf,
  type Repository,
  timeOf,
} from "./state.ts";

/** Who does it; events tell the name. */
export interface As {
  readonly as: string;
}

/** What people do in the browser or with git on their laptops, without the API. */
export interface Browser {
  /**
   * A commit with these files on a branch, which is made from main when it is new, pushed by a person. Null deletes a file.
   * `fork` is the login of the fork's owner. Nobody asks whether the branch is protected: that is how tests fill main. The answer is the commit.
   */
  pushFiles(
    branch: string,
    files: Readonly<Record<string, FileContent>>,
    options: As & { readonly message?: string; readonly fork?: string; readonly from?: string },
  ): Promise<string>;
  /** The copy of the repository in somebody's own account, with the branches of now; its full name. */
  fork(options: As): Promise<string>;
  /** Opens a pull request; `fork` says in whose fork the branch is. The answer is the number. */
  openPull(
    options: As & {
      readonly head: string;
      readonly title: string;
      readonly base?: string;
      readonly body?: string;
      readonly fork?: string;
      readonly isDraft?: boolean;
      readonly labels?: readonly string[];
    },
  ): Promise<number>;
  editPull(number: number, options: As & { readonly title?: string; readonly body?: string }): Promise<void>;
  readyForReview(number: number, options: As): Promise<void>;
  closePull(number: number, options: As): Promise<void>;
  reopenPull(number: number, options: As): Promise<void>;
  /** On the head of now. The answer is the review's id. */
  review(
    number: number,
    options: As & { readonly state: "approved" | "changes_requested" | "commented"; readonly body?: string },
  ): number;
  dismissReview(number: number, options: As & { readonly review: number }): void;
  /** The answer is the comment's id. */
  comment(number: number, options: As & { readonly body: string }): number;
  editComment(id: number, options: As & { readonly body: string }): void;
  label(
    number: number,
    options: As & { readonly add?: readonly string[]; readonly remove?: readonly string[] },
  ): Promise<void>;
  /** The green button, squash: the commit's id. @throws Refusal as the button would be grey; `isBypassing` for who may pass rules by */
  mergeByButton(
    number: number,
    options: As & { readonly title?: string; readonly message?: string; readonly isBypassing?: boolean },
  ): Promise<string>;
  /** The Revert button under a merged pull request: a branch `revert-<n>-<branch>` and a pull request from it; its number. */
  revertByButton(number: number, options: As): Promise<number | "conflict">;
  openIssue(
    options: As & { readonly title: string; readonly body?: string; readonly labels?: readonly string[] },
  ): Promise<number>;
  editIssue(number: number, options: As & { readonly title?: string; readonly body?: string }): void;
  closeIssue(number: number, options: As): Promise<void>;
  deleteBranch(branch: string, options: As & { readonly fork?: string }): Promise<void>;
  /** Sends the form of a workflow. */
  runWorkflow(workflow: string, options: As & { readonly inputs?: JsonObject; readonly ref?: string }): void;
}

export function openBrowser(state: GitHubState): Browser {
  const home = () => homeOf(state);
  const person = (login: string): Actor => {
    personOf(state, login);
    return { login, kind: "user" };
  };
  const who = (login: string) => ({ name: login, email: emailOf(login), date: timeOf(state) });
  const place = (fork: string | undefined): Repository => {
    if (fork === undefined) return home();
    const found = state.repositories.get(`${fork}/${state.name}`);
    if (!found) throw new Error(`${fork} has no fork`);
    return found;
  };
  const issue = (number: number): Issue => {
    const found = state.issues.get(number);
    if (!found) throw new Error(`there is no #${number}`);
    return found;
  };

  return {
    async pushFiles(branch, files, { as, message = "Change files", fork, from }) {
      const repository = place(fork);
      const ref = `refs/heads/${branch}`;
      const tip = await readRef(repository.folder, ref);
      const parent = tip ?? (await readRef(repository.folder, from ?? "refs/heads/main"));
      const sha = await writeCommit(repository.folder, {
        parent,
        files,
        message: `${message}\n`,
        author: who(as),
        committer: who(as),
      });
      if (!(await moveRef(repository.folder, ref, tip, sha))) throw new Error(`${branch} moved meanwhile`);
      await branchMoved(state, person(as), repository, { branch, from: tip, to: sha });
      return sha;
    },

    async fork({ as }) {
      const repository = await makeRepository(state, as, { isFork: true });
      await git(repository.folder, [
        "fetch",
        "--quiet",
        "--no-tags",
        home().folder,
        "+refs/heads/*:refs/heads/*",
      ]);
      return repository.fullName;
    },

    async openPull({ as, head, title, base = "main", body, fork, isDraft = false, labels = [] }) {
      const opened = await openPull(state, person(as), {
        title,
        body: body ?? null,
        head: fork === undefined ? head : `${fork}:${head}`,
        base,
        isDraft,
      });
      if (labels.length > 0) await setLabels(state, person(as), opened, labels);
      return opened.number;
    },

    async editPull(number, { as, title, body }) {
      const pull = issue(number);
      if (title !== undefined) pull.title = title;
      if (body !== undefined) pull.body = body;
      pull.updatedAt = timeOf(state);
      await emitPull(state, person(as), pull, "edited", { changes: {} });
    },

    async readyForReview(number, { as }) {
      const { pull } = issue(number);
      if (!pull) throw new Error(`#${number} is no pull request`);
      pull.isDraft = false;
      await emitPull(state, person(as), issue(number), "ready_for_review");
    },

    closePull: (number, { as }) => setIssueState(state, person(as), issue(number), { to: "closed" }),
    reopenPull: (number, { as }) => setIssueState(state, person(as), issue(number), { to: "open" }),
    closeIssue: (number, { as }) => setIssueState(state, person(as), issue(number), { to: "closed" }),

    review(number, { as, state: verdict, body = "" }) {
      const words = {
        approved: "APPROVED",
        changes_requested: "CHANGES_REQUESTED",
        commented: "COMMENTED",
      } as const;
      return addReview(state, person(as), issue(number), { state: words[verdict], body }).id;
    },

    dismissReview(number, { as, review: id }) {
      const review = issue(number).pull?.reviews.find((one) => one.id === id);
      if (!review) throw new Error(`#${number} has no review ${id}`);
      review.state = "DISMISSED";
      emitReview(state, person(as), issue(number), { action: "dismissed", review });
    },

    comment: (number, { as, body }) => addComment(state, person(as), issue(number), body).id,

    editComment(id, { as, body }) {
      const comment = state.comments.get(id);
      if (!comment) throw new Error(`there is no comment ${id}`);
      editComment(state, person(as), comment, body);
    },

    label: (number, { as, add = [], remove = [] }) =>
      setLabels(state, person(as), issue(number), [
        ...issue(number).labels.filter((label) => !remove.includes(label)),
        ...add,
      ]),

    mergeByButton: (number, { as, title, message, isBypassing = false }) =>
      mergePull(state, person(as), issue(number), { method: "squash", title, message, isBypassing }),

    async revertByButton(number, { as }) {
      const { title, pull } = issue(number);
      if (!pull?.merged) throw new Error(`#${number} is not merged`);
      const { folder } = home();
      const tip = await readRef(folder, `refs/heads/${pull.baseRef}`);
      if (!tip) throw new Error(`there is no branch ${pull.baseRef}`);
      const reverted = await readCommit(folder, pull.merged.sha);
      const subject = reverted.message.split("\n")[0] ?? "";
      const sha = await revertCommit(folder, tip, reverted.sha, {
        message: `Revert "${subject}"\n\nThis reverts commit ${reverted.sha}.\n`,
        who: who(as),
      });
      if (!sha) return "conflict";
      const branch = await freeBranch(folder, `revert-${number}-${pull.headRef}`);
      await moveRef(folder, `refs/heads/${branch}`, null, sha);
      await branchMoved(state, person(as), home(), { branch, from: null, to: sha });
      const opened = await openPull(state, person(as), {
        title: `Revert "${title}"`,
        body: `Reverts ${home().fullName}#${number}`,
        head: branch,
        base: pull.baseRef,
        isDraft: false,
      });
      return opened.number;
    },

    openIssue: async ({ as, title, body, labels = [] }) =>
      (await openIssue(state, person(as), { title, body: body ?? null, labels })).number,

    editIssue(number, { as, title, body }) {
      const found = issue(number);
      if (title !== undefined) found.title = title;
      if (body !== undefined) found.body = body;
      found.updatedAt = timeOf(state);
      emitIssue(state, person(as), found, "edited", { changes: {} });
    },

    async deleteBranch(branch, { as, fork }) {
      const repository = place(fork);
      const from = await readRef(repository.folder, `refs/heads/${branch}`);
      if (!from) throw new Error(`there is no branch ${branch}`);
      await moveRef(repository.folder, `refs/heads/${branch}`, from, null);
      await branchMoved(state, person(as), repository, { branch, from, to: null });
    },

    runWorkflow: (workflow, { as, inputs = {}, ref = "main" }) =>
      emitWorkflowDispatch(state, person(as), {
        workflow: workflow.includes("/") ? workflow : `.github/workflows/${workflow}`,
        ref: `refs/heads/${ref}`,
        inputs,
      }),
  };
}

async function freeBranch(folder: string, wanted: string): Promise<string> {
  const heads = await readHeads(folder);
  let name = wanted;
  for (let n = 1; heads.has(name); n++) name = `${wanted}-${n}`;
  return name;
}
