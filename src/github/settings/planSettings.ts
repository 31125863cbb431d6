import { canonicalJson } from "../../wire/metadata.ts";
import { isRecord } from "../../wire/isRecord.ts";
import { OWN_APP_VARIABLE } from "./ownApp.ts";
import type {
  Label,
  PresentSettings,
  RepositorySettings,
  Rule,
  Ruleset,
  TokenSettings,
  WantedSettings,
} from "./settings.ts";

/** One thing to do on GitHub, with its words for people. */
export type SettingsOperation = { readonly words: string } & (
  | { readonly kind: "repository"; readonly settings: RepositorySettings }
  | { readonly kind: "token"; readonly settings: TokenSettings }
  | { readonly kind: "make-ruleset"; readonly ruleset: Ruleset }
  | { readonly kind: "change-ruleset"; readonly id: number; readonly ruleset: Ruleset }
  | { readonly kind: "make-label"; readonly label: Label }
  | { readonly kind: "change-label"; readonly label: Label }
  | { readonly kind: "make-environment"; readonly name: string; readonly branch: string }
  /** It is open to every branch, and will be for one. */
  | { readonly kind: "close-environment"; readonly name: string; readonly branch: string }
  | { readonly kind: "add-branch"; readonly name: string; readonly branch: string }
);

export interface SettingsPlan {
  readonly operations: readonly SettingsOperation[];
  /** What a person should look at: it is not ours to change. */
  readonly notes: readonly string[];
  /** What this account may not read, and so is not planned for. */
  readonly unread: readonly string[];
}

/**
 * What is to be done so that GitHub has what is wanted. Nothing is ever taken away that somebody else made: further rules, further
 * required checks, further people who may pass, further labels and environments stay. Done once, there is nothing left to do.
 */
export function planSettings(wanted: WantedSettings, present: PresentSettings): SettingsPlan {
  const unread: string[] = [];
  const notes: string[] = [...wanted.leftOut];
  const operations: SettingsOperation[] = [];
  if (!present.repository) unread.push("how pull requests are merged");
  else operations.push(...planRepository(wanted.repository, present.repository));
  if (!present.token) unread.push("what the token of a job may do");
  else if (canonicalJson({ ...wanted.token }) !== canonicalJson({ ...present.token }))
    operations.push({
      kind: "token",
      settings: wanted.token,
      words: "let the token of a job read and no more where its workflow says nothing, and never approve",
    });
  if (!present.ruleset) unread.push("the rules of the main branch");
  else if (!wanted.isAppKnown)
    unread.push(`the variable ${OWN_APP_VARIABLE}, by which the rules of the main branch know the App,`);
  else operations.push(...planRuleset(wanted.ruleset, present.ruleset));
  if (!present.labels) unread.push("the labels");
  else operations.push(...planLabels(wanted.labels, present.labels));
  if (!present.environments) unread.push("the environments");
  else {
    for (const name of wanted.environments) {
      const planned = planEnvironment(name, wanted.mainBranch, present.environments.get(name));
      operations.push(...planned.operations);
      notes.push(...planned.notes);
    }
  }
  return { operations, notes, unread };
}

const REPOSITORY_WORDS: Readonly<Record<keyof RepositorySettings, string>> = {
  allowSquashMerge: "allow squash merges: one pull request is one commit, which one revert takes back",
  allowMergeCommit: "allow no merge commits",
  allowRebaseMerge: "allow no rebase merges",
  allowAutoMerge: "allow auto-merge",
  deleteBranchOnMerge: "delete branches once they are merged",
  squashTitle: "name a merge after its pull request",
  squashMessage: "keep the pull request's text in the merge",
};

const REPOSITORY_KEYS = [
  "allowSquashMerge",
  "allowMergeCommit",
  "allowRebaseMerge",
  "allowAutoMerge",
  "deleteBranchOnMerge",
  "squashTitle",
  "squashMessage",
] as const satisfies readonly (keyof RepositorySettings)[];

function planRepository(
  wanted: RepositorySettings,
  present: RepositorySettings,
): readonly SettingsOperation[] {
  const differing = REPOSITORY_KEYS.filter((key) => wanted[key] !== present[key]);
  if (differing.length === 0) return [];
  const words = differing.map((key) => REPOSITORY_WORDS[key]).join("; ");
  return [{ kind: "repository", settings: wanted, words }];
}

function planRuleset(
  wanted: Ruleset,
  present: NonNullable<PresentSettings["ruleset"]>,
): readonly SettingsOperation[] {
  if (present.kind === "none")
    return [
      {
        kind: "make-ruleset",
        ruleset: wanted,
        words: `make the ruleset "${wanted.name}": ${rulesInWords(wanted)}`,
      },
    ];
  const merged = mergeRuleset(wanted, present.ruleset);
  if (isSame(merged, present.ruleset)) return [];
  return [
    {
      kind: "change-ruleset",
      id: present.id,
      ruleset: merged,
      words: `change the ruleset "${wanted.name}": ${changesInWords(merged, present.ruleset).join("; ")}`,
    },
  ];
}

/** Ours, and whatever somebody added to it. */
function mergeRuleset(wanted: Ruleset, present: Ruleset): Ruleset {
  const own = wanted.rules.map((rule) => {
    const there = present.rules.find((it) => it.type === rule.type);
    return there ? mergeRule(rule, there) : rule;
  });
  const further = present.rules.filter((it) => !wanted.rules.some(({ type }) => type === it.type));
  const bypass = [
    ...present.bypass.filter(
      (it) =>
        !wanted.bypass.some(({ actorId, actorType }) => actorId === it.actorId && actorType === it.actorType),
    ),
    ...wanted.bypass,
  ];
  return {
    ...wanted,
    include: [...new Set([...present.include, ...wanted.include])],
    exclude: present.exclude,
    bypass,
    rules: [...own, ...further],
  };
}

function mergeRule(wanted: Rule, present: Rule): Rule {
  if (!wanted.parameters) return present;
  const parameters = { ...present.parameters, ...wanted.parameters };
  // More approvals than we ask for are somebody's wish.
  const asked = present.parameters?.["required_approving_review_count"];
  const least = wanted.parameters["required_approving_review_count"];
  if (typeof asked === "number" && typeof least === "number")
    parameters["required_approving_review_count"] = Math.max(asked, least);
  if (wanted.type === "required_status_checks") {
    const own = checksOf(wanted);
    const others = checksOf(present).filter((it) => !own.some(({ context }) => context === it.context));
    parameters["required_status_checks"] = [...own, ...others].map(({ context, app }) => ({
      context,
      ...(app !== null && { integration_id: app }),
    }));
  }
  return { type: wanted.type, parameters };
}

interface RequiredCheck {
  readonly context: string;
  readonly app: number | null;
}

function checksOf({ parameters }: Rule): readonly RequiredCheck[] {
  const checks = parameters?.["required_status_checks"];
  if (!Array.isArray(checks)) return [];
  return checks.flatMap((it: unknown) => {
    if (!isRecord(it) || typeof it["context"] !== "string") return [];
    const app = it["integration_id"];
    return [{ context: it["context"], app: typeof app === "number" ? app : null }];
  });
}

/** The order of rules, checks and names says nothing. */
function isSame(a: Ruleset, b: Ruleset): boolean {
  return canonicalJson(toComparable(a)) === canonicalJson(toComparable(b));
}

function toComparable({ name, enforcement, include, exclude, bypass, rules }: Ruleset) {
  return {
    name,
    enforcement,
    include: [...include].sort(),
    exclude: [...exclude].sort(),
    bypass: bypass.map((it) => canonicalJson({ ...it })).sort(),
    rules: rules.map((it) => canonicalJson(toComparableRule(it))).sort(),
  };
}

function toComparableRule(rule: Rule) {
  if (rule.type !== "required_status_checks") return { type: rule.type, parameters: { ...rule.parameters } };
  const checks = checksOf(rule).map((it) => canonicalJson({ ...it }));
  return { type: rule.type, parameters: { ...rule.parameters, required_status_checks: checks.sort() } };
}

function rulesInWords(ruleset: Ruleset): string {
  const checks = ruleset.rules.flatMap(checksOf).map(({ context }) => context);
  return `changes come by pull request, squashed into one commit each, with ${checks.join(", ")} green; nobody forces or deletes the branch`;
}

function changesInWords(after: Ruleset, before: Ruleset): readonly string[] {
  const known = before.rules.flatMap(checksOf);
  const wanted = after.rules.flatMap(checksOf);
  const checks = wanted
    .filter((it) => !known.some(({ context }) => context === it.context))
    .map(({ context }) => context);
  const moved = wanted.filter((it) =>
    known.some(({ context, app }) => context === it.context && app !== it.app),
  );
  const bound = moved.flatMap(({ context, app }) => (app === null ? [] : [context]));
  const freed = moved.flatMap(({ context, app }) => (app === null ? [context] : []));
  const rules = after.rules
    .filter((rule) => {
      const there = before.rules.find(({ type }) => type === rule.type);
      return !there || (rule.type !== "required_status_checks" && !isSameRule(rule, there));
    })
    .map(({ type }) => type.replaceAll("_", " "));
  return [
    ...(before.enforcement === after.enforcement ? [] : [`it is ${before.enforcement}; enforce it`]),
    ...(checks.length > 0 ? [`require ${checks.join(", ")}`] : []),
    ...(bound.length > 0 ? [`take ${bound.join(", ")} from the app alone that reports it`] : []),
    ...(freed.length > 0 ? [`take ${freed.join(", ")} from any app`] : []),
    ...(rules.length > 0 ? [`set ${rules.join(", ")}`] : []),
    ...(after.bypass.length > before.bypass.length ? ["let the on-call team pass in pull requests"] : []),
  ];
}

function isSameRule(a: Rule, b: Rule): boolean {
  return canonicalJson(toComparableRule(a)) === canonicalJson(toComparableRule(b));
}

function planLabels(
  wanted: readonly Label[],
  present: ReadonlyMap<string, Label>,
): readonly SettingsOperation[] {
  return wanted.flatMap((label): readonly SettingsOperation[] => {
    const there = present.get(label.name);
    if (!there) return [{ kind: "make-label", label, words: `make the label "${label.name}"` }];
    // Its colour is a matter of taste.
    if (there.description === label.description) return [];
    return [
      {
        kind: "change-label",
        label: { ...label, color: there.color },
        words: `say what the label "${label.name}" is for`,
      },
    ];
  });
}

function planEnvironment(
  name: string,
  branch: string,
  branches: readonly string[] | null | undefined,
): { readonly operations: readonly SettingsOperation[]; readonly notes: readonly string[] } {
  if (branches === undefined)
    return {
      operations: [
        {
          kind: "make-environment",
          name,
          branch,
          words: `make the environment ${name}, for ${branch} alone`,
        },
      ],
      notes: [],
    };
  if (branches === null)
    return {
      operations: [
        { kind: "close-environment", name, branch, words: `give the environment ${name} to ${branch} alone` },
      ],
      notes: [],
    };
  const others = branches.filter((it) => it !== branch);
  return {
    operations: branches.includes(branch)
      ? []
      : [{ kind: "add-branch", name, branch, words: `let ${branch} use the environment ${name}` }],
    notes:
      others.length > 0
        ? [
            `the environment ${name} also lets ${others.join(", ")} use its secrets: take that away by hand if it is not meant`,
          ]
        : [],
  };
}
