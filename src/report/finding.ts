import type { FindingCode } from "./codes.ts";

/** Where in the files: line and column start at 1. */
export interface Place {
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

export type Severity = "error" | "warning";

/** Something wrong in the files, as data. An error stops the gift it belongs to; one without a gift stops everything. */
export interface Finding {
  readonly code: FindingCode;
  readonly severity: Severity;
  readonly place: Place;
  /** The value found, and the value allowed. */
  readonly message: string;
  /** An instruction. */
  readonly fix: string;
  readonly gift?: string;
  /** The release that it is about, where it is about one. */
  readonly version?: string;
  /** Whom to ask when the policy forgives it for a while; it is a warning then. */
  readonly waiver?: { readonly owner: string; readonly reason: string; readonly ends: string };
}

export function sortFindings(findings: readonly Finding[]): Finding[] {
  return [...findings].sort(
    (a, b) =>
      compareText(a.place.file, b.place.file) ||
      a.place.line - b.place.line ||
      a.place.column - b.place.column ||
      compareText(a.code, b.code) ||
      compareText(a.message, b.message),
  );
}

/** The gifts that an error stops; null stands for all of them. */
export function stoppedGifts(findings: readonly Finding[]): {
  everything: boolean;
  gifts: ReadonlySet<string>;
} {
  const errors = findings.filter((it) => it.severity === "error");
  return {
    everything: errors.some((it) => it.gift === undefined),
    gifts: new Set(errors.flatMap((it) => it.gift ?? [])),
  };
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
