import { count, toBytes } from "../report/text.ts";
import type { Plan, ReleaseChange } from "./plan.ts";

/** A plan in words, a line per change; the terminal, the job summary and the log all show this. */
export function planToLines(plan: Plan): readonly string[] {
  const bytes = plan.objects.reduce((sum, { file }) => sum + file.bytes, 0);
  return [
    ...plan.changes.map(describeChange),
    ...[...plan.kept].map(([gift, why]) => `${gift}: stays as it is live, because ${why}`),
    ...(plan.objects.length > 0
      ? [`${count(plan.objects.length, "object")} to copy (${toBytes(bytes)})`]
      : []),
    ...(plan.changesOverrides ? [`${count(plan.overrides.length, "override")} afterwards`] : []),
  ];
}

/** "rose 1.4.0: canary -> regional; SG 5 % -> 10 %" */
export function describeChange({
  gift,
  version,
  before,
  after,
  details,
}: Pick<ReleaseChange, "gift" | "version" | "before" | "after" | "details">): string {
  const stages = before === after ? `${after}` : `${before ?? "closed"} -> ${after ?? "closed"}`;
  return `${gift} ${version}: ${stages}${details.length > 0 ? `; ${details.join(", ")}` : ""}`;
}
