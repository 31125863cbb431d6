import { count } from "../../../report/text.ts";
import type { AudienceWords, CardWords, HeadWords } from "./cardWords.ts";

/** The card in English. */
export const EN: CardWords = {
  signs: { colon: ":", semicolon: "; ", comma: ", ", open: " (", close: ")" },
  kinds: {
    release: "new release",
    promotion: "promotion",
    rollback: "rollback",
    override: "override",
    policy: "policy",
    mixed: "several kinds of change at once",
    none: "nothing for viewers",
  },
  verdicts: {
    merged: () => "merged",
    rolled_back: () => "rolled back",
    closed: () => "closed without being merged",
    to_fix: ({ todos }) => `${count(todos, "thing")} to fix`,
    conflict: () => "cannot be merged as it is",
    our_fault: () => "our problem, nothing for you to do",
    failed: () => "the numbers say no",
    held: () => "not yet",
    building: () => "waiting for its files to be built",
    draft: () => "a draft, in order so far",
    waiting: ({ waitsFor }) => `in order, waiting for ${waitsFor.join(" and ")}`,
    no_release: () => "art without a release",
    ready: ({ kind }) => (kind === "rollback" ? "ready, merge it now" : "ready"),
  },
  next: "Next",
  nexts: {
    merged: () => "nothing. Viewers get it when main is published; to take it back, press **Revert** below.",
    rolled_back: () =>
      "make a fixed version. Nothing is promoted again by itself until a person opens a stage.",
    closed: () => "nothing. Reopen it, or begin a new pull request.",
    to_fix: () => "mend what is listed under *To do* and commit it here. Everything is then checked again.",
    conflict: describeConflictNext,
    our_fault: ({ lead }) =>
      `nothing. This is tried again by itself${lead === null ? "" : `; ${lead} can help`}.`,
    failed: ({ rollbackForm }) =>
      `do not merge it. Take the release back where it is open already${rollbackForm === null ? "" : `: [roll back a gift](${rollbackForm})`}.`,
    held: () => "wait; see below for what. This comment says when it may go on.",
    building: ({ isFork }) =>
      isFork
        ? "a maintainer has to build it, since nothing may be committed to a fork from here."
        : "nothing. A job builds it and commits the lock here, which takes a few minutes.",
    draft: ({ author }) => `${author} presses **Ready for review** when it is done.`,
    waiting: ({ waitsFor, warnings }) => `${lookAt(warnings)}ask ${waitsFor.join(" and ")}; then merge it.`,
    no_release: () => "add a release as below, or merge it as it is: then no viewer sees a difference.",
    ready: ({ kind, warnings }) =>
      kind === "rollback"
        ? "on-call merges now. It waits for no approval: *Merge without waiting for requirements*."
        : `${lookAt(warnings)}have it approved and merge it. Viewers get it when main is published.`,
  },
  andMore: (first, more) => `${first} and ${more} more`,
  more: (more) => `… and ${more} more.`,
  tooLong: "The rest is too long to show here: see the checks of this pull request.",

  ourFault: (message, code) => `**Our problem, not yours:** ${message} (${code})`,
  ourFaultNext: (fix, lead) => `For ${lead ?? "whoever runs this repository"}: ${fix}.`,

  viewers: (environment, isMerged) =>
    isMerged ? `What viewers see in ${environment}` : `What viewers will see in ${environment}`,
  comparedWithLive: (revision) => `compared with what is live, revision ${revision}`,
  comparedWithGit: (commit) => `compared with main at ${commit}`,
  comparedWithNothing: "nothing to compare with",
  unread: (message, code) =>
    `What is live could not be read from here, which is no fault of this change: ${message} (${code}).`,
  nothingChanges: "nothing changes.",
  seeOverrides: "what the overrides below say.",
  stopsFirst: (ids) => `Goes out first, before everything else: ${ids}.`,
  keptAsLive: (gift, why) => `${gift} stays as it is live: ${why}`,
  viewersHeader: ["release", "before", "after"],
  nobody: "nobody",
  audience: describeAudience,
  details: {},
  alsoChanged: (details) => `changed: ${details}`,
  stages: { canary: "test group", regional: "some regions", full: "everyone" },

  overridesTitle: "Overrides",
  overridesHeader: ["override", "gifts", "how far they may still go", "why"],
  allGifts: "all gifts",
  limits: { none: "to nobody", canary: "to the test group only", regional: "to some regions at most" },
  overrideEnds: (at) => `until ${at}`,
  overrideGone: "taken away: what git opens is open again",
  overrideWas: (limit) => `was ${limit}`,

  todo: "To do",
  findingsNote: null,
  fixAtLine: (link, line) => `[Mend it at line ${line}](${link})`,
  uploadAgain: (link) => `[Upload it again](${link})`,
  look: (link) => `[Open it](${link})`,
  skipWords: (where, words) =>
    `**${{ title: "The title", body: "The description", commit: "A commit's message" }[where]} holds ${words}.** With it nothing would be published after the merge. Take it out${where === "commit" ? ", for example by merging with another message after the commit was amended" : ""}.`,
  conflict: (kind, form) =>
    kind === "rollback"
      ? `**GitHub cannot merge this rollback: later changes touched the same lines.** ${form === null ? "Use the form *Roll back a gift*" : `Use the form [Roll back a gift](${form})`}, which never conflicts, and close this.`
      : "**It conflicts with main.** Merge main into this branch: *Resolve conflicts* below.",
  newRelease: (gift, path, link) =>
    `The art of ${gift} differs, but no release of it is new, so no viewer gets it. ${link === null ? `Write ${path}` : `[Write ${path}](${link})`}.`,
  warnings: "Warnings",
  waived: "Waived for now",
  waivedLine: (rule, release, until, owner, reason) =>
    `${rule} for ${release} until ${until}, by ${owner}: ${reason}`,

  waitsFor: "Waiting for",
  waitsForTeam: (team, missing, have) =>
    `${missing} of **${team}** to approve${have > 0 ? ` (${have} did)` : ""}`,
  teamUnknown: (team) =>
    `**${team}**, whose members cannot be read from here: the app needs the permission to read members`,
  waitsForBytes: (releases, isFork) =>
    isFork
      ? `a maintainer to build ${releases}: nothing may be committed to a fork from here`
      : `the build of ${releases}; nobody has to do anything`,
  waitsForAuthor: (author) => `${author}, who still works on it`,
  approvalsGiven: "Approved as the policy asks.",

  back: "If something goes wrong",
  viewersGetBack: "Viewers get back",
  backTo: (release, to) => `viewers of ${release} get **${to}** back`,
  backToFallback: (release, gifts) => `viewers of ${release} get ${gifts} instead`,
  backToNothing: (release) => `viewers of ${release} get its still, or what the app itself shows`,
  bytes: {
    stored: "its files are stored",
    missing: "**its files are not stored: build them again before you merge**",
    unknown: "whether its files are stored cannot be seen from here",
  },
  drillPassed: (at, environment) => `last drill ${at} in ${environment}`,
  drillFailed: (at, environment) => `**the last drill failed**, ${at} in ${environment}`,
  drillNone: "no drill is on record",
  drillUnknown: (why) => `whether it was drilled cannot be seen from here (${why})`,
  backHow: (form) =>
    `Press **Revert** on this page after the merge${form === null ? "" : `, or use [Roll back a gift](${form})`}.`,

  metrics: "What its viewers' apps tell",
  metricsNote: null,
  unjudged: (release, why, next) => `${release} was not judged, so it does not pass: ${why}. ${next}`,

  costs: "What it costs on a device",
  costsHeader: ["release", "device", "download", "memory"],
  tiers: { low: "low", mid: "mid", high: "high" },
  ofBudget: (amount, budget) => `${amount} of ${budget}`,
  tooMuch: "too much",
  against: (version, change) => `${change} against ${version}`,
  noRelease: "no release at full to compare with",

  compat: "Who can play it",
  compatHeader: ["release", "apps", "devices"],

  slots: "Seen and tried",
  previews: "Previews",
  previewBy: (command) => `run ${command} to see it on your machine`,
  previewNow: (version) => `${version}, as everyone has it now`,
  sheetNote: "first frame, 25, 50, 75 %, last; on checker, light and dark",
  smoke: "Smoke test",
  smokePassed: (at, environment, reference) => `passed ${at} in ${environment}, beside ${reference}`,
  smokeFailed: (at, environment, reference) => `**failed** ${at} in ${environment}, beside ${reference}`,
  smokeWorst: (percent) => `at most ${percent} % of a limit`,
  smokeDecodedOnly: "only decoded, without a browser, which is weaker",
  smokeAsked: (command) => `asked for before it leaves canary: run ${command}`,
  smokeUnknown: (why) => `whether it passed cannot be seen from here (${why})`,
  contactSheet: "Contact sheet",
  notYet: "not yet available",

  ownRun: "What the pull request's own run said",
  ownRunNote:
    "This comes from the pull request's own run. It is shown as it came, and nothing here relies on it.",
  ownRunBuild: (release, message, isWrong) => `${release}: ${isWrong ? "**wrong:** " : ""}${message}`,
  ownRunCost: (release, tier, download, memory) =>
    `${release} on ${tier} devices: ${download} to download, ${memory} of memory`,

  engineers: "For engineers",
  factHead: (commit) => `checked at ${commit}`,
  factFiles: (files, gifts) => count(files, "file") + (gifts > 0 ? ` of ${count(gifts, "gift")}` : ""),
  factMerged: (commit, at) => `merged as ${commit} at ${at}`,
  help: (where) =>
    where === null ? "Need help? Write `/help`." : `Need help? Write \`/help\`, or ask in ${where}.`,
  updates: "This comment keeps itself up to date.",
};

function lookAt(warnings: number): string {
  return warnings > 0 ? `look at the ${count(warnings, "warning")} below; ` : "";
}

function describeConflictNext({ kind, rollbackForm }: HeadWords): string {
  if (kind !== "rollback") return "merge main into this branch; GitHub runs no check until then.";
  return rollbackForm === null
    ? "use the form *Roll back a gift*: it never conflicts."
    : `use the form [Roll back a gift](${rollbackForm}): it never conflicts.`;
}

/** "test group (staff, qa) and 5 % of SG, on mid and high devices, without vip" */
function describeAudience(it: AudienceWords): string {
  const held = it.holdback > 0 ? `, but for ${it.holdback} % held back` : "";
  if (it.isFull) return `everyone${held}`;
  const tested = [...it.cohorts, ...(it.percent > 0 ? [`${it.percent} % of everyone`] : [])];
  const group = tested.length > 0 ? `test group (${tested.join(", ")})` : "";
  const shares = (it.regions ?? []).map(({ region, percent }) => `${percent} % of ${region}`);
  const only = [
    ...(it.tiers.length > 0 ? [`on ${it.tiers.join(" and ")} devices`] : []),
    ...(it.exclude.length > 0 ? [`without ${it.exclude.join(", ")}`] : []),
  ];
  const regions = shares.length > 0 ? [shares.join(", "), ...only].join(" ") : "";
  return `${[group, regions].filter(Boolean).join(" and ") || "nobody in particular"}${held}`;
}
