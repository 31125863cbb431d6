/** A ruleset as GitHub's API writes it, as far as we have a say in it. */
export interface Ruleset {
  readonly name: string;
  readonly enforcement: "active" | "disabled" | "evaluate";
  /** Patterns of the refs that it protects. */
  readonly include: readonly string[];
  readonly exclude: readonly string[];
  readonly bypass: readonly Bypass[];
  readonly rules: readonly Rule[];
}

/** Who may pass a ruleset by. */
export interface Bypass {
  readonly actorId: number | null;
  readonly actorType: string;
  readonly mode: string;
}

/** Parameters are kept as GitHub has them: it has more of them than we know. */
export interface Rule {
  readonly type: string;
  readonly parameters?: Readonly<Record<string, unknown>>;
}

export interface Label {
  readonly name: string;
  /** Six hex digits. */
  readonly color: string;
  readonly description: string;
}

/** What the repository's own page of settings says. */
export interface RepositorySettings {
  readonly allowSquashMerge: boolean;
  readonly allowMergeCommit: boolean;
  readonly allowRebaseMerge: boolean;
  readonly allowAutoMerge: boolean;
  readonly deleteBranchOnMerge: boolean;
  readonly squashTitle: string;
  readonly squashMessage: string;
}

/** The token that each job gets where its workflow does not say more. */
export interface TokenSettings {
  readonly defaultPermissions: string;
  readonly mayApprove: boolean;
}

export interface WantedSettings {
  readonly repository: RepositorySettings;
  readonly token: TokenSettings;
  readonly ruleset: Ruleset;
  readonly labels: readonly Label[];
  /** Environments, each for the main branch alone. */
  readonly environments: readonly string[];
  readonly mainBranch: string;
  /** Whether it is known which App's word counts; the ruleset is left as it is where not, so that nobody else's comes to count. */
  readonly isAppKnown: boolean;
  /** What is left out because it could not be known, in words. */
  readonly leftOut: readonly string[];
}

/** What GitHub has now; null where this account may not read it. */
export interface PresentSettings {
  readonly repository: RepositorySettings | null;
  readonly token: TokenSettings | null;
  /** Ours, by its name; the others are nobody's business here. */
  readonly ruleset:
    | { readonly kind: "there"; readonly id: number; readonly ruleset: Ruleset }
    | { readonly kind: "none" }
    | null;
  readonly labels: ReadonlyMap<string, Label> | null;
  /** The branches that may use each environment; null for every branch. */
  readonly environments: ReadonlyMap<string, readonly string[] | null> | null;
}
