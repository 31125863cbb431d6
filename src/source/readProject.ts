import { classifyPath, giftOfPath } from "../model/paths.ts";
import { type Located, type Project, releaseKey } from "../model/project.ts";
import type {
  EnvironmentFile,
  GiftFile,
  LockFile,
  OverrideFile,
  PolicyFile,
  ReleaseFile,
} from "../model/schemas.ts";
import { checkShape, type FileKind, type Files } from "../model/validate.ts";
import type { Finding } from "../report/finding.ts";
import { parseJson } from "./json.ts";
import type { Tree } from "./tree.ts";
import { parseYaml } from "./yaml.ts";

export interface ReadProject {
  readonly project: Project;
  /** What could not be read. Such a file is absent from the project; the others are not hidden by it. */
  readonly findings: readonly Finding[];
}

/** Reads everything under `gifts/` and `releases/`, media files apart. */
export async function readProject(tree: Tree): Promise<ReadProject> {
  const paths = await tree.list("gifts", "releases");
  const texts = await tree.read(
    paths.filter((path) => !["source", "stray", "root"].includes(classifyPath(path).kind)),
  );
  const findings: Finding[] = [];
  const gifts = new Map<string, Located<GiftFile>>();
  const releases = new Map<string, Located<ReleaseFile>>();
  const locks = new Map<string, Located<LockFile>>();
  const environments = new Map<string, Located<EnvironmentFile>>();
  const overrides = new Map<string, Located<OverrideFile>>();
  let policy: Located<PolicyFile> | null = null;

  const read = <K extends FileKind>(kind: K, path: string): Located<Files[K]> | null => {
    const { located, findings: found } = parseFile(kind, path, texts.get(path));
    findings.push(...found);
    return located;
  };

  for (const path of paths) {
    const it = classifyPath(path);
    if (it.kind === "gift") setIfRead(gifts, it.gift, read("gift", path));
    else if (it.kind === "release")
      setIfRead(releases, releaseKey(it.gift, it.version), read("release", path));
    else if (it.kind === "lock") setIfRead(locks, releaseKey(it.gift, it.version), read("lock", path));
    else if (it.kind === "environment") setIfRead(environments, it.name, read("environment", path));
    else if (it.kind === "override") setIfRead(overrides, it.name, read("override", path));
    else if (it.kind === "policy") policy = read("policy", path);
  }
  return { project: { gifts, releases, locks, policy, environments, overrides, paths }, findings };
}

/** One file of a kind: its value with places, or the findings that say why not. A missing file counts as an empty one. */
export function parseFile<K extends FileKind>(
  kind: K,
  path: string,
  bytes: Uint8Array = new Uint8Array(),
): { located: Located<Files[K]> | null; findings: Finding[] } {
  const text = new TextDecoder().decode(bytes);
  const gift = giftOfPath(path);
  const forGift = gift === undefined ? {} : { gift };
  const parsed = kind === "lock" ? parseJson(path, text) : parseYaml(path, text);
  if (!parsed.ok) return { located: null, findings: parsed.findings.map((it) => ({ ...it, ...forGift })) };

  const { located } = parsed;
  const checked = checkShape(kind, located.value);
  if (checked.ok)
    return { located: { file: path, value: checked.value, place: located.place }, findings: [] };
  return {
    located: null,
    findings: checked.misfits.map(({ code, path: at, at: which, message, fix }) => ({
      code,
      severity: "error",
      place: located.place(at, which),
      message,
      fix,
      ...forGift,
    })),
  };
}

function setIfRead<T>(map: Map<string, T>, key: string, value: T | null): void {
  if (value !== null) map.set(key, value);
}
