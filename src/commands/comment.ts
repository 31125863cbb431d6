import { askGitHub } from "../github/askGitHub.ts";
import { type CommentCommand, parseCommentCommand } from "../github/commentCommand.ts";
import { mayWrite } from "../github/mayWrite.ts";
import { type GitHub, requireGitHub } from "../github/openGitHub.ts";
import { type PullRequest, readPullRequest } from "../github/pullRequest.ts";
import { closePullRequest } from "../github/pullRequests.ts";
import { upsertComment } from "../github/upsertComment.ts";
import { UsageError } from "../report/error.ts";
import { escapeCell } from "../report/github.ts";
import { parsePromotionBranch } from "../rollout/proposalBranches.ts";
import { type Command, EXIT, type Io, JSON_OPTION, parseWholeNumber } from "./command.ts";
import { proposeHold } from "./hold.ts";

/** The workflow that brings the card up to date. */
const CARD_WORKFLOW = "pr-comment.yml";

export const command: Command = {
  summary: "do what a comment on a pull request asks for, if its author may: /help, /recheck, /hold",
  usage: "--id COMMENT",
  example: "giftwrap comment --id 4711",
  options: {
    id: { type: "string", value: "COMMENT", help: "the id of the comment" },
    "dry-run": { type: "boolean", help: "say what would be done, and do nothing" },
    branch: { type: "string", value: "NAME", help: "the main branch (default: main)" },
    json: JSON_OPTION,
  },
  run: async (args, io) => {
    const id = parseId(args.text("id"));
    const github = await requireGitHub(io.variables);
    const comment = await readComment(github, id);
    const base = args.text("branch") ?? "main";
    const said = await answer(io, github, comment, base, args.flag("dry-run"));
    io.line(args.flag("json") ? JSON.stringify({ comment: id, pull: comment.issue, said }) : said);
    io.summary(`${escapeCell(said)}\n`);
    return EXIT.ok;
  },
};

/** GitHub counts comments beyond nine digits. */
function parseId(text: string | undefined): number {
  const id = text !== undefined && /^\d{1,15}$/.test(text) ? Number(text) : 0;
  if (id === 0) throw new UsageError("say which comment, such as: giftwrap comment --id 4711");
  return id;
}

interface Comment {
  readonly id: number;
  /** The number of the issue or the pull request that it is on. */
  readonly issue: number;
  readonly body: string;
  readonly author: string | null;
  readonly isBot: boolean;
  readonly isEdited: boolean;
}

async function readComment({ octokit, owner, repo }: GitHub, id: number): Promise<Comment> {
  const fix = "give the job the permission issues: write";
  const { data } = await askGitHub(`give comment ${id}`, fix, () =>
    octokit.issues.getComment({ owner, repo, comment_id: id }),
  );
  return {
    id,
    issue: parseWholeNumber("issue", data.issue_url.split("/").at(-1), 0),
    body: data.body ?? "",
    author: data.user?.login ?? null,
    isBot: data.user?.type === "Bot" || (data.user?.login.endsWith("[bot]") ?? false),
    isEdited: data.created_at !== data.updated_at,
  };
}

async function answer(
  io: Io,
  github: GitHub,
  comment: Comment,
  base: string,
  isDry: boolean,
): Promise<string> {
  const { author } = comment;
  const command = parseCommentCommand(comment.body);
  if (!command) return "it asks for nothing";
  if (author === null || comment.isBot || author === github.login) return "it is no person's";
  // What is asked for must be what people saw when they answered; and an edit starts no workflow.
  if (comment.isEdited) return "it was edited: write a new one";
  const asked = describeCommand(command);
  if (isDry) return `${author} asks for ${asked}`;
  // GitHub keeps one reaction of a kind: that this one is new says that nobody has begun.
  if (!(await react(github, comment.id, "eyes"))) return `${asked} is answered already`;

  if (command.kind === "help" || command.kind === "unknown") {
    await reply(github, comment, toHelp(command));
    return `${asked}: answered`;
  }
  if (!(await mayWrite(github, author))) {
    await react(github, comment.id, "confused");
    await reply(
      github,
      comment,
      `\`/${command.kind}\` is for people who may write to this repository. Ask one of them.\n`,
    );
    return `${author} may not ask for ${asked}`;
  }
  const pull = await readPullRequest(github, comment.issue);
  const said =
    command.kind === "recheck"
      ? await recheck(github, pull, base)
      : await hold(io, github, pull, command.reason, author, base);
  await react(github, comment.id, "+1");
  if (said.reply !== null) await reply(github, comment, said.reply);
  return `${asked}: ${said.done}`;
}

interface Said {
  readonly done: string;
  /** Null where the reaction says enough. */
  readonly reply: string | null;
}

async function recheck(
  { octokit, owner, repo }: GitHub,
  { number }: PullRequest,
  base: string,
): Promise<Said> {
  const fix = `give the job the permission actions: write, and keep .github/workflows/${CARD_WORKFLOW}`;
  await askGitHub(`start ${CARD_WORKFLOW} for #${number}`, fix, () =>
    octokit.actions.createWorkflowDispatch({
      owner,
      repo,
      workflow_id: CARD_WORKFLOW,
      ref: base,
      inputs: { pull: String(number) },
    }),
  );
  return { done: `looked at again: #${number}`, reply: null };
}

async function hold(
  io: Io,
  github: GitHub,
  pull: PullRequest,
  reason: string,
  author: string,
  base: string,
): Promise<Said> {
  const name = pull.isFork || pull.author !== github.login ? null : parsePromotionBranch(pull.headRef);
  if (!name)
    return {
      done: "it is no promotion",
      reply:
        "`/hold` keeps a release where it is: written on the pull request of a promotion it closes that, and opens one that puts the hold into the release's file. Here there is nothing to hold; to wait with this one, make it a draft.\n",
    };
  if (pull.state !== "open")
    return {
      done: `it is ${pull.state}`,
      reply: `This one is ${pull.state} already, so there is nothing to hold.\n`,
    };
  const why = reason === "" ? `${author} asked for it on #${pull.number}` : reason;
  try {
    const held = await proposeHold(
      { ...io, variables: { ...io.variables, GITHUB_ACTOR: author } },
      github,
      name,
      why,
      base,
    );
    await closePullRequest(
      github,
      pull.number,
      `Closed by itself: ${escapeCell(author)} holds ${escapeCell(`${name.gift} ${name.version}`)} (${escapeCell(why)}).\n\nMerge ${held.url} to keep the hold. To let it go on, close that instead: then its promotion is opened again by hand, with the form *Promote a release*.\n`,
    );
    return { done: held.said, reply: `Held: ${held.url}\n` };
  } catch (error) {
    // On hold already: then the promotion only has to go.
    if (!(error instanceof UsageError)) throw error;
    return { done: error.message, reply: `${escapeCell(error.message)}.\n` };
  }
}

/** Whether it was not there before. */
async function react(
  { octokit, owner, repo }: GitHub,
  comment: number,
  content: "eyes" | "+1" | "confused",
): Promise<boolean> {
  const fix = "give the job the permissions issues: write and pull-requests: write";
  const { status } = await askGitHub(`react to comment ${comment}`, fix, () =>
    octokit.reactions.createForIssueComment({ owner, repo, comment_id: comment, content }),
  );
  return status === 201;
}

async function reply(github: GitHub, { id, issue }: Comment, text: string): Promise<void> {
  await upsertComment(github, issue, `giftwrap:receipt-${id}`, text);
}

function describeCommand(command: CommentCommand): string {
  return `/${command.kind === "unknown" ? command.word : command.kind}`;
}

function toHelp(command: CommentCommand): string {
  const lead = command.kind === "unknown" ? `\`/${command.word}\` is none of the commands. ` : "";
  return `${lead}A comment may begin with one of these:

| | |
| --- | --- |
| \`/help\` | shows this |
| \`/recheck\` | looks at the pull request again, and brings its card up to date |
| \`/hold why\` | on a promotion: keeps the release where it is, until somebody lifts the hold |

The last two are for people who may write to this repository. Nothing depends on them: every check runs by itself, and merging, closing and reverting work as everywhere on GitHub.
`;
}
