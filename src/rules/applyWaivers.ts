import { POLICY_PATH } from "../model/paths.ts";
import type { Located } from "../model/project.ts";
import { compileRange, InvalidRange } from "../model/range.ts";
import type { PolicyFile } from "../model/schemas.ts";
import type { Finding } from "../report/finding.ts";
import { isWithin, parseVersion } from "../wire/version.ts";

type Waiver = NonNullable<PolicyFile["waivers"]>[number];

/**
 * The findings as the policy judges them, in the same order. An error with a waiver is a warning that says until when, by
 * whom and why; one whose waiver has ended stays an error and says so, be it of a rule that otherwise only warns. Without
 * `now` (epoch milliseconds) no waiver has ended. What is a warning already, as for a closed release, is left alone.
 */
export function applyWaivers(
  findings: readonly Finding[],
  policy: Located<PolicyFile> | null,
  now?: number,
): Finding[] {
  if (!policy) return [...findings];
  const { waivers = [], warnings = [] } = policy.value;
  const today = now === undefined ? null : toDay(now);
  const onlyWarn = new Set<string>(warnings);
  return findings.map((finding) => {
    if (finding.severity === "warning") return finding;
    const waiver = findLastWaiver(finding, waivers);
    if (!waiver) return onlyWarn.has(finding.code) ? { ...finding, severity: "warning" } : finding;
    return today === null || today <= waiver.ends ? waive(finding, waiver) : sayThatItEnded(finding, waiver);
  });
}

/** Of those that match the one that ends last: renewing one by writing another below it is fine. */
function findLastWaiver(finding: Finding, waivers: readonly Waiver[]): Waiver | null {
  const matching = waivers.filter((it) => isFor(it, finding));
  return matching.reduce<Waiver | null>((last, it) => (last && last.ends >= it.ends ? last : it), null);
}

function isFor({ rule, gift, versions }: Waiver, finding: Finding): boolean {
  if (rule !== finding.code || gift !== finding.gift) return false;
  return versions === undefined || (finding.version !== undefined && isIn(finding.version, versions));
}

/** Nothing is in a range that cannot be read; checkWaivers says so. */
function isIn(version: string, range: string): boolean {
  const parsed = parseVersion(version);
  if (parsed === null) return false;
  try {
    return isWithin(parsed, compileRange(range));
  } catch (error) {
    if (error instanceof InvalidRange) return false;
    throw error;
  }
}

function waive(finding: Finding, { owner, reason, ends }: Waiver): Finding {
  return {
    ...finding,
    severity: "warning",
    message: `${finding.message}; waived until ${ends} by ${owner}: ${reason}`,
    fix: `by ${ends}, ${finding.fix}`,
    waiver: { owner, reason, ends },
  };
}

function sayThatItEnded(finding: Finding, { owner, ends }: Waiver): Finding {
  return {
    ...finding,
    message: `${finding.message}; the waiver by ${owner} ended on ${ends}`,
    fix: `${finding.fix}; or have ${owner} renew the waiver in ${POLICY_PATH}`,
  };
}

/** As in a waiver, so that days compare as text. */
function toDay(milliseconds: number): string {
  return new Date(milliseconds).toISOString().slice(0, 10);
}
