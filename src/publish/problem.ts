import type { ObjectFile } from "../wire/catalog.ts";
import type { Tier } from "../wire/viewer.ts";

/** `unread`: no answer at all, so nothing is known of it. */
export type ProblemKind = "missing" | "damaged" | "bad_signature" | "expired" | "expiring" | "unread";

/** The part of what is published that a key holds, with what is known of the bytes that belong there. */
export type Subject =
  | { readonly part: "timestamp" }
  | { readonly part: "root"; readonly version: number }
  | { readonly part: "snapshot" | "targets"; readonly digest: string | null }
  | { readonly part: "catalog"; readonly tier: Tier; readonly digest: string }
  | { readonly part: "object"; readonly file: ObjectFile; readonly releases: readonly string[] }
  | { readonly part: "delta"; readonly tier: Tier; readonly from: string; readonly to: string }
  /** `digest` is that of git's lock, or null where git has none. */
  | {
      readonly part: "lock";
      readonly gift: string;
      readonly version: string;
      readonly digest: string | null;
      /** What the record says, where it says a digest. */
      readonly recorded: string | null;
    }
  | { readonly part: "log"; readonly revision: number }
  | { readonly part: "evidence" };

/** Something that is not as it was signed, or will not be for long. */
export interface Problem {
  readonly kind: ProblemKind;
  readonly key: string;
  /** What is wrong, in words, without the key. */
  readonly message: string;
  readonly subject: Subject;
}
