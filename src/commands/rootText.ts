import { draftRootPath, formerRootPath, rootPath } from "../model/paths.ts";
import { shortKeyId } from "../trust/keys.ts";
import type { Tally } from "../trust/rootFile.ts";
import type { Root } from "../wire/metadata.ts";

/** What people call the roles: the release key has two. */
const WORK = [
  ["root", "root"],
  ["release", "targets"],
  ["timestamp", "timestamp"],
] as const;

/** What a root says, beside what the one before it said: what a person reads before signing. */
export function rootToLines(next: Root, before: Root | null): readonly string[] {
  const keys = WORK.map(([name, role]) => {
    const now = keysOf(next, role);
    const then = before && keysOf(before, role);
    return `  ${name}: ${then === null || then === now ? now : `${then} -> ${now}`}`;
  });
  const [own, snapshot] = [keysOf(next, "targets"), keysOf(next, "snapshot")];
  return [
    ...keys,
    ...(own === snapshot ? [] : [`  snapshot: ${snapshot}, not the release key's`]),
    `  lasts until ${next.expires}`,
    ...(next.giftwrap?.leaked.length
      ? [`  leaked, so that they count for nothing: ${next.giftwrap.leaked.map(shortKeyId).join(", ")}`]
      : []),
  ];
}

/** `1a2b3c4d`, or `2 of 1a2b3c4d, 5e6f7a8b, 9c0d1e2f`. */
function keysOf(root: Root, role: keyof Root["roles"]): string {
  const { keyids, threshold } = root.roles[role];
  const keys = keyids.map(shortKeyId).join(", ");
  return keyids.length === 1 && threshold === 1 ? keys : `${threshold} of ${keys}`;
}

export function talliesToLines(tallies: readonly Tally[], version: number): readonly string[] {
  return tallies.map(({ root, threshold, signed, missing }) => {
    const whose = root === version ? "its own keys" : `the keys of root ${root}`;
    const have = signed.length > 0 ? `: ${signed.map(shortKeyId).join(", ")}` : "";
    const need = signed.length >= threshold ? "" : `; may still sign: ${missing.map(shortKeyId).join(", ")}`;
    return `  ${signed.length} of ${threshold} by ${whose}${have}${need}`;
  });
}

/** What became of a draft, and what to do next. */
export function outcomeToLines(
  name: string,
  draft: Root,
  { tallies, adopted }: { readonly tallies: readonly Tally[]; readonly adopted: boolean },
): readonly string[] {
  const signatures = ["signatures:", ...talliesToLines(tallies, draft.version)];
  if (adopted)
    return [
      ...signatures,
      `${rootPath(name)} is root ${draft.version} now; ${formerRootPath(name, draft.version - 1)} keeps the one before it`,
      "next: commit both, merge, and publish; apps need no new version",
    ];
  return [
    ...signatures,
    `draft: ${draftRootPath(name)}; root ${draft.version - 1} stays until it has its signatures`,
    `next: each holder runs npx giftwrap keys sign --env ${name}, or keys sign FILE offline, whose file keys sign --env ${name} FILE takes in`,
  ];
}
