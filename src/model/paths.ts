/** What a path under `gifts/` or `releases/` holds. Anything else there is a stray file. */
export type PathKind =
  | { readonly kind: "gift"; readonly gift: string }
  | { readonly kind: "source"; readonly gift: string; readonly path: string }
  | { readonly kind: "release"; readonly gift: string; readonly version: string }
  | { readonly kind: "lock"; readonly gift: string; readonly version: string }
  | { readonly kind: "policy" }
  | { readonly kind: "environment"; readonly name: string }
  /** The trusted root; with a version one that it replaced, or the draft of the next. */
  | { readonly kind: "root"; readonly name: string; readonly version?: number | "next" }
  | { readonly kind: "override"; readonly name: string }
  | { readonly kind: "stray"; readonly gift?: string };

export const POLICY_PATH = "releases/policy.yaml";

/** Folders below `releases/` that are no gifts. */
const RESERVED = ["environments", "overrides"];

export function classifyPath(path: string): PathKind {
  // Asked for each of a hundred thousand paths by one rule after another: nothing is split that need not be.
  if (path === POLICY_PATH) return { kind: "policy" };
  const first = path.indexOf("/");
  const second = first < 0 ? -1 : path.indexOf("/", first + 1);
  if (second < 0) return { kind: "stray" };
  const top = path.slice(0, first);
  const folder = path.slice(first + 1, second);
  const name = path.slice(second + 1);
  if (top === "gifts") {
    if (name === "gift.yaml") return { kind: "gift", gift: folder };
    if (name.startsWith("source/")) return { kind: "source", gift: folder, path: name };
    return { kind: "stray", gift: folder };
  }
  if (top !== "releases" || name.includes("/")) return { kind: "stray" };
  if (folder === "environments") {
    const root = /^(.+)\.root(?:\.([1-9]\d{0,8}|next))?\.json$/.exec(name);
    if (root) {
      const [, environment = "", version] = root;
      if (version === undefined) return { kind: "root", name: environment };
      return { kind: "root", name: environment, version: version === "next" ? version : Number(version) };
    }
    return name.endsWith(".yaml")
      ? { kind: "environment", name: name.slice(0, -".yaml".length) }
      : { kind: "stray" };
  }
  if (folder === "overrides")
    return name.endsWith(".yaml")
      ? { kind: "override", name: name.slice(0, -".yaml".length) }
      : { kind: "stray" };
  if (name.endsWith(".lock.json"))
    return { kind: "lock", gift: folder, version: name.slice(0, -".lock.json".length) };
  if (name.endsWith(".yaml"))
    return { kind: "release", gift: folder, version: name.slice(0, -".yaml".length) };
  return { kind: "stray", gift: folder };
}

/** The gift that a path belongs to, or undefined for what concerns all of them. */
export function giftOfPath(path: string): string | undefined {
  const isGift = path.startsWith("gifts/");
  if (!isGift && !path.startsWith("releases/")) return undefined;
  const start = isGift ? "gifts/".length : "releases/".length;
  const end = path.indexOf("/", start);
  if (end < 0) return undefined;
  const folder = path.slice(start, end);
  return isGift || !RESERVED.includes(folder) ? folder : undefined;
}

export function releasePath(gift: string, version: string): string {
  return `releases/${gift}/${version}.yaml`;
}

export function lockPath(gift: string, version: string): string {
  return `releases/${gift}/${version}.lock.json`;
}

export function giftPath(gift: string, below = "gift.yaml"): string {
  return `gifts/${gift}/${below}`;
}

export function environmentPath(name: string): string {
  return `releases/environments/${name}.yaml`;
}

/** The root that git trusts and that apps ship. */
export function rootPath(name: string): string {
  return `releases/environments/${name}.root.json`;
}

/** A root that was replaced: clients that ship it come to the newest one through those between. */
export function formerRootPath(name: string, version: number): string {
  return `releases/environments/${name}.root.${version}.json`;
}

/** The next root while it waits for signatures. */
export function draftRootPath(name: string): string {
  return `releases/environments/${name}.root.next.json`;
}

export function overridePath(name: string): string {
  return `releases/overrides/${name}.yaml`;
}
