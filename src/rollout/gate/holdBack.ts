import type { Reason, Verdict } from "./verdict.ts";

/** A pass that something stands against is none; a failure stays one. */
export function holdBack(verdict: Verdict, reasons: readonly Reason[]): Verdict {
  if (reasons.length === 0) return verdict;
  if (verdict.kind === "fail") return { ...verdict, reasons: [...verdict.reasons, ...reasons] };
  return { ...verdict, kind: "hold", reasons: [...reasons, ...verdict.reasons], expectedSeconds: null };
}
