import type { Verdict } from "../gate/verdict.ts";
import { toDuration, toUtc } from "./amounts.ts";

/** Who has to do something. */
export type Who = "product manager" | "reviewer" | "on-call" | "telemetry owner";

/** What to do next, as an instruction; a command that does it stands apart, to be copied. */
export interface NextStep {
  readonly who: Who;
  readonly what: string;
  readonly command?: string;
}

/** How a person lets through what the gate does not. */
export function waiver({ kind }: Verdict): string {
  const rule = kind === "fail" ? "GATE_FAIL" : "GATE_HOLD";
  return `let it go on by a waiver of ${rule} in releases/policy.yaml (owner, reason, end)`;
}

export function rollbackCommand({ gift, version }: Verdict): string {
  return `npx giftwrap rollback ${gift} --version ${version}`;
}

export function gateCommand({ gift, version }: Verdict): string {
  return `npx giftwrap gate ${gift}@${version}`;
}

export function takeBack(verdict: Verdict): NextStep {
  return {
    who: "on-call",
    what: "take it back now: press Revert on the pull request that opened this stage, or do it by command",
    command: rollbackCommand(verdict),
  };
}

/** Where a person has to, since the numbers alone neither pass nor fail it. */
export function decide(verdict: Verdict): NextStep {
  return {
    who: "product manager",
    what: `find out why with the artists, then decide: ${waiver(verdict)}, or take it back`,
    command: rollbackCommand(verdict),
  };
}

export function promote({ gift, version, stage }: Verdict): NextStep {
  const who = "product manager";
  const command = (to: string) => `npx giftwrap promote ${gift}@${version} --to ${to}`;
  switch (stage) {
    case "canary":
      return {
        who,
        what: "merge the pull request that opens it in the first regions, or begin one by command",
        command: command("regional"),
      };
    case "regional":
      return {
        who,
        what: "merge the pull request that brings it to more viewers, or begin one by command",
        command: command("full"),
      };
    case "full":
      return {
        who,
        what: "merge the pull request that ends the holdback, or begin one by command",
        command: `npx giftwrap promote ${gift}@${version} --holdback 0`,
      };
  }
}

export function waitFor({ expectedSeconds, asOfSeconds }: Verdict): NextStep {
  const who = "product manager";
  if (expectedSeconds === null || !(expectedSeconds > asOfSeconds))
    return { who, what: "nothing yet: look again tomorrow, for how long it takes cannot be said so far" };
  return {
    who,
    what: `nothing yet: about ${toDuration(expectedSeconds - asOfSeconds)} more; look again at ${toUtc(expectedSeconds)}`,
  };
}
