import { isRecord } from "../wire/isRecord.ts";
import type { ReportFile } from "../model/schemas.ts";
import { checkShape } from "../model/validate.ts";
import type { Card } from "./card.ts";

/** A longer one is not looked at. */
const MAX_BYTES = 2_000_000;
/** As the schema has it: a message of a build may quote a file. */
const LONGEST_MESSAGE = 2_000;
const MOST_BUILDS = 2_000;
const MOST_VARIANTS = 6_000;
const MOST_KEYS = 8;

/** What a pull request's own run says that it built. Nothing in it is proven. */
export type CheckArtifact = ReportFile;

/** What a check tells whoever shows it beside the pull request; findings are not in it, for those are found again by who trusts nobody. */
export function toReport({ card }: { readonly card: Pick<Card, "builds" | "variants"> }): CheckArtifact {
  return {
    format: "1.0",
    builds: card.builds.slice(0, MOST_BUILDS).map(({ release, isWrong, message }) => ({
      release,
      isWrong,
      message: message.slice(0, LONGEST_MESSAGE),
    })),
    variants: card.variants.slice(0, MOST_VARIANTS).map(({ release, tier, download, memory }) => ({
      release,
      tier,
      downloadBytes: download.bytes,
      decodedBytes: memory.bytes,
    })),
  };
}

/** Null for whatever is not wholly of this shape: it comes from code that anybody may have written. */
export function parseReport(bytes: Uint8Array): CheckArtifact | null {
  if (bytes.length > MAX_BYTES) return null;
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch {
    return null;
  }
  // Each misfit is told in words, which nobody reads here: of a million there must not be any.
  if (!isSmall(value)) return null;
  const checked = checkShape("report", value);
  return checked.ok ? checked.value : null;
}

function isSmall(value: unknown): boolean {
  if (!isRecord(value) || Object.keys(value).length > MOST_KEYS) return false;
  return Object.values(value).every(
    (it) =>
      !Array.isArray(it) ||
      (it.length <= MOST_VARIANTS &&
        it.every((item) => isRecord(item) && Object.keys(item).length <= MOST_KEYS)),
  );
}
