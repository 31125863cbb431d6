import { type Ask, created, DONE, issueOf, ok, paged, param, type Routes } from "../ask.ts";
import {
  addComment,
  deleteComment,
  editComment,
  openIssue,
  refuseLongBody,
  setIssueState,
  setLabels,
} from "../doings/talk.ts";
import { emitIssue, emitPull } from "../events.ts";
import { type Json, toObject, toText, toTexts } from "../json.ts";
import { notFound, Refusal } from "../refusal.ts";
import { commentsOf, labelOf, toComment, toIssue, toLabel, toLabels } from "../shapes/toIssue.ts";
import { toNodeId, toUser } from "../shapes/toUser.ts";
import { type Comment, type GitHubState, type Issue, type Label, timeOf } from "../state.ts";

/** Issues, and the side of pull requests that is one: comments, labels, reactions. */
export const issueRoutes: Routes = {
  "issues/get": (ask) => ok(toIssue(ask.state, issueOf(ask))),

  "issues/list-for-repo": (ask) => {
    const { state = "open", labels, creator, since, sort = "created", direction = "desc" } = ask.query;
    const wanted =
      typeof labels === "string" ? labels.split(",").map((name) => name.trim().toLowerCase()) : [];
    const found = [...ask.state.issues.values()].filter(
      (issue) =>
        (state === "all" || issue.state === state) &&
        wanted.every((name) => issue.labels.some((label) => label.toLowerCase() === name)) &&
        (creator === undefined || issue.author.login === creator) &&
        (since === undefined || issue.updatedAt >= String(since)),
    );
    const key = (issue: Issue) => (sort === "updated" ? issue.updatedAt : issue.createdAt);
    found.sort((a, b) => key(a).localeCompare(key(b)) || a.number - b.number);
    if (direction === "desc") found.reverse();
    return paged(
      ask,
      found.map((issue) => toIssue(ask.state, issue)),
    );
  },

  "issues/create": async (ask) => {
    const issue = await openIssue(ask.state, ask.actor, {
      title: typeof ask.body.title === "number" ? `${ask.body.title}` : toText(ask.body.title),
      body: typeof ask.body.body === "string" ? ask.body.body : null,
      labels: labelNames(ask.body.labels),
    });
    issue.assignees = [...toTexts(ask.body.assignees)];
    return created(toIssue(ask.state, issue));
  },

  "issues/update": async (ask) => {
    const issue = issueOf(ask);
    const { title, body, state, state_reason: reason, labels, assignees } = ask.body;
    refuseLongBody(toText(body), "Issue");
    const isEdited =
      (typeof title === "string" && title !== issue.title) ||
      (typeof body === "string" && body !== issue.body);
    if (typeof title === "string") issue.title = title;
    if (typeof body === "string") issue.body = body;
    if (Array.isArray(assignees)) issue.assignees = [...toTexts(assignees)];
    if (isEdited) {
      issue.updatedAt = timeOf(ask.state);
      if (issue.pull) await emitPull(ask.state, ask.actor, issue, "edited", { changes: {} });
      else emitIssue(ask.state, ask.actor, issue, "edited", { changes: {} });
    }
    if (labels !== undefined) await setLabels(ask.state, ask.actor, issue, labelNames(labels));
    if (state === "open" || state === "closed") {
      await setIssueState(ask.state, ask.actor, issue, {
        to: state,
        reason: typeof reason === "string" ? reason : null,
      });
    }
    return ok(toIssue(ask.state, issue));
  },

  "issues/list-comments": (ask) => {
    const since = String(ask.query.since ?? "");
    const found = commentsOf(ask.state, issueOf(ask).number).filter((comment) => comment.updatedAt >= since);
    return paged(
      ask,
      found.map((comment) => toComment(ask.state, comment)),
    );
  },

  "issues/create-comment": (ask) => {
    const comment = addComment(ask.state, ask.actor, issueOf(ask), toText(ask.body.body));
    return created(toComment(ask.state, comment));
  },

  "issues/get-comment": (ask) => ok(toComment(ask.state, commentOf(ask))),

  "issues/update-comment": (ask) => {
    const comment = commentOf(ask);
    refuseForeign(ask, comment);
    editComment(ask.state, ask.actor, comment, toText(ask.body.body));
    return ok(toComment(ask.state, comment));
  },

  "issues/delete-comment": (ask) => {
    const comment = commentOf(ask);
    refuseForeign(ask, comment);
    deleteComment(ask.state, ask.actor, comment);
    return DONE;
  },

  "issues/list-labels-on-issue": (ask) => paged(ask, toLabels(ask.state, issueOf(ask).labels)),

  "issues/add-labels": async (ask) => {
    const issue = issueOf(ask);
    await setLabels(ask.state, ask.actor, issue, [...issue.labels, ...sentLabels(ask)]);
    return ok(toLabels(ask.state, issue.labels));
  },

  "issues/set-labels": async (ask) => {
    const issue = issueOf(ask);
    await setLabels(ask.state, ask.actor, issue, sentLabels(ask));
    return ok(toLabels(ask.state, issue.labels));
  },

  "issues/remove-label": async (ask) => {
    const issue = issueOf(ask);
    const name = param(ask, "name").toLowerCase();
    if (!issue.labels.some((label) => label.toLowerCase() === name))
      throw new Refusal(404, "Label does not exist");
    await setLabels(
      ask.state,
      ask.actor,
      issue,
      issue.labels.filter((label) => label.toLowerCase() !== name),
    );
    return ok(toLabels(ask.state, issue.labels));
  },

  "issues/list-labels-for-repo": (ask) =>
    paged(
      ask,
      [...ask.state.labels.values()].map((label) => toLabel(ask.state, label)),
    ),

  "issues/get-label": (ask) => ok(toLabel(ask.state, knownLabel(ask))),

  "issues/create-label": (ask) => {
    const name = toText(ask.body.name);
    if (ask.state.labels.has(name.toLowerCase())) {
      throw new Refusal(422, "Validation Failed", [
        { resource: "Label", code: "already_exists", field: "name" },
      ]);
    }
    const label = labelOf(ask.state, name);
    paint(label, ask);
    return created(toLabel(ask.state, label));
  },

  "issues/update-label": (ask) => {
    const label = knownLabel(ask);
    const name = toText(ask.body.new_name, label.name);
    rename(ask.state, label, name);
    paint(label, ask);
    return ok(toLabel(ask.state, label));
  },

  "reactions/create-for-issue-comment": (ask) => {
    const comment = commentOf(ask);
    const content = toText(ask.body.content);
    const known = comment.reactions.find((one) => one.login === ask.actor.login && one.content === content);
    const reaction = known ?? {
      id: ask.state.nextId(),
      login: ask.actor.login,
      content,
      at: timeOf(ask.state),
    };
    if (!known) comment.reactions.push(reaction);
    return { status: known ? 200 : 201, body: toReaction(ask.state, reaction) };
  },

  "reactions/list-for-issue-comment": (ask) =>
    paged(
      ask,
      commentOf(ask).reactions.map((reaction) => toReaction(ask.state, reaction)),
    ),
};

function toReaction(state: GitHubState, reaction: Comment["reactions"][number]): Json {
  return {
    id: reaction.id,
    node_id: toNodeId("Reaction", reaction.id),
    user: toUser(state, reaction.login),
    content: reaction.content,
    created_at: reaction.at,
  };
}

function commentOf(ask: Ask): Comment {
  const comment = ask.state.comments.get(Number(ask.operation.params.comment_id));
  if (!comment) throw notFound();
  return comment;
}

/** People with write access may edit anybody's comment; so may an app with the permission. Others only their own. */
function refuseForeign(ask: Ask, comment: Comment): void {
  if (ask.token.kind !== "user" || comment.author.login === ask.actor.login) return;
  const role = ask.state.people.get(ask.actor.login)?.role;
  if (role !== "write" && role !== "maintain" && role !== "admin") {
    throw new Refusal(403, "Must have admin rights to Repository.");
  }
}

function knownLabel(ask: Ask): Label {
  const label = ask.state.labels.get(param(ask, "name").toLowerCase());
  if (!label) throw notFound();
  return label;
}

function rename(state: GitHubState, label: Label, name: string): void {
  if (name === label.name) return;
  state.labels.delete(label.name.toLowerCase());
  for (const issue of state.issues.values()) {
    issue.labels = issue.labels.map((one) => (one === label.name ? name : one));
  }
  label.name = name;
  state.labels.set(name.toLowerCase(), label);
}

function paint(label: Label, ask: Ask): void {
  if (typeof ask.body.color === "string") {
    if (!/^[0-9a-fA-F]{6}$/.test(ask.body.color)) {
      throw new Refusal(422, "Validation Failed", [{ resource: "Label", code: "invalid", field: "color" }]);
    }
    label.color = ask.body.color;
  }
  if (typeof ask.body.description === "string") {
    if (ask.body.description.length > 100) {
      throw new Refusal(422, "Validation Failed", [
        {
          resource: "Label",
          code: "custom",
          field: "description",
          message: "description is too long (maximum is 100 characters)",
        },
      ]);
    }
    label.description = ask.body.description;
  }
}

function labelNames(labels: Json | undefined): readonly string[] {
  if (!Array.isArray(labels)) return [];
  return labels.map((label) => (typeof label === "string" ? label : toText(toObject(label).name)));
}

/** Labels are sent as an object with a list, or as the list itself. */
function sentLabels(ask: Ask): readonly string[] {
  return labelNames(ask.list.length > 0 ? ask.list : ask.body.labels);
}
